local failure = require "lamina.util.failure"
local helper = require "support.helper"
local parser = require "lamina.dockerfile.parser"
local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"
local translate = require "lamina.dockerfile.translate"

local function translated(text, options)
  return translate.recipe(parser.parse(text, { name = "Dockerfile" }), options)
end

--- The plan of a Dockerfile.
local function plan_of(text, args)
  local made = translated(text)
  return sched.run(recipe.evaluate, { text = made.text, lines = made.lines, bases = made.bases,
    name = "Dockerfile", args = args })
end

local function refused(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.is_true(failure.is(err), tostring(err))
  return tostring(err), err.hint
end

describe("a Dockerfile's translation", function()
  for _, case in ipairs(dofile "tests/golden/dockerfile/translation.lua") do
    local what, text, expected = table.unpack(case)
    it("writes " .. what, function()
      local made = translated(text)
      assert.equal((expected:gsub("{{", "[["):gsub("}}", "]]")), made.text)
      assert.is_truthy(load(made.text, "=recipe", "t"))
      assert.equal(select(2, made.text:gsub("\n", "")), #made.lines)
    end)
  end

  it("has a line of the Dockerfile for each of its own", function()
    local made = translated "# a\n\nFROM x\nRUN a \\\n b\n\n# c\nENV d=e\n"
    assert.same({ 1, 2, 3, 4, 4, 6, 7, 8 }, made.lines)
  end)

  it("says which targets its stages are", function()
    local made = translated "FROM a AS Build\nFROM b\nFROM c AS default\nFROM d AS x\nFROM e"
    assert.same({ ["0"] = "build", ["1"] = "1", ["2"] = "2", ["3"] = "x", ["4"] = "default",
      build = "build", default = "2", x = "x" }, made.targets)
    made = translated "FROM a\nFROM b AS last"
    assert.same({ ["0"] = "0", ["1"] = "last", last = "last" }, made.targets)
  end)

  it("tells mistakes with the Dockerfile's line", function()
    assert.equal("Dockerfile:3: bad substitution in '${}'",
      (refused(plan_of, "FROM a\n# x\nENV a=${}")))
    assert.equal("Dockerfile:2: bad substitution in '${}'", (refused(plan_of, "ARG A=1\nFROM ${}")))
    assert.equal("Dockerfile:2: RUN before the first FROM", (refused(plan_of, "ARG a\nRUN x")))
    assert.equal("Dockerfile:1: there is no FROM in the file", (refused(plan_of, "ARG a")))
    assert.equal("Dockerfile:4: cache: mode: an octal mode up to 7777 expected",
      (refused(plan_of, "FROM a\n\n# c\nRUN --mount=type=cache,target=/c,mode=17777 x")))
  end)

  it("tells which variables left a FROM without a name", function()
    local undeclared = "no ARG before the first FROM declares 'NOPE'"
    local function valueless(name)
      return ("the build argument '%s' has no value: ARG %s=… or --build-arg %s=… gives it one")
        :format(name, name, name)
    end
    for text, told in pairs {
      ["FROM a\nARG NOPE=1\nFROM $NOPE"] = { "3: FROM $NOPE", undeclared },
      ["ARG A\n\nFROM $A"] = { "3: FROM $A", valueless "A" },
      ["ARG A=\nARG B\nFROM ${NOPE:-$B}$A$NOPE"] = { "3: FROM ${NOPE:-$B}$A$NOPE", undeclared,
        valueless "B", valueless "A" },
      ["ARG A\nFROM b AS b\nONBUILD RUN x\nFROM $A AS c"] = { "4: FROM $A", valueless "A" },
    } do
      local message, hints = refused(plan_of, text)
      assert.equal(("Dockerfile:%s: the image's name is empty"):format(told[1]), message)
      assert.same({ table.unpack(told, 2) }, hints)
    end
    assert.equal("Dockerfile:2: FROM $A: the image's name is empty",
      (refused(plan_of, "ARG A=x\nFROM $A", { A = "" })))
  end)

  it("keeps the order that heredocs of one COPY are written in", function()
    local function names(text)
      local list = {}
      for i, pair in ipairs(plan_of("FROM a\n" .. text).steps[2].inline) do list[i] = pair[1] end
      return list
    end
    assert.same({ "b", "c", "a" }, names "COPY <<b x <<c <<a /x/\nb\nc\na\n")
    assert.same({ "a", "b" }, names "COPY <<a <<b /x/\na\nb\n")
  end)

  it("writes long commands as Lua would, when it may", function()
    local made = translated("FROM a\nRUN one && \\\n    two \\\n  && three\n",
      { is_idiomatic = true })
    assert.equal('return from "a"\n  :run [[\n    one && \\\n    two \\\n    && three\n  ]]\n',
      made.text)
  end)

  it("keeps what could end a comment or act on a terminal out of the text", function()
    local made = translated "# a\rb\u{202e}c\nFROM a\nRUN \u{202e} \r x\nCMD [\"]]\\n\u{9b}\"]\n"
    assert.is_truthy(load(made.text))
    assert.is_nil(made.text:find("[\r\127-\255]"))
    local plan = plan_of "FROM a\nRUN \u{202e}\rx"
    assert.equal("\u{202e}\rx", plan.steps[2].command)
  end)

  it("takes more stages and arguments than Lua has local variables", function()
    local lines = {}
    for i = 1, 300 do lines[#lines + 1] = ("ARG A%d=%d"):format(i, i) end
    for i = 1, 300 do
      local base = i == 1 and "a:$A300" or "s" .. i - 1
      lines[#lines + 1] = ("FROM %s AS s%d\nRUN %d"):format(base, i, i)
    end
    local plan = plan_of(table.concat(lines, "\n"))
    assert.equal("a:300", plan.steps[1].ref)
    assert.equal("300", plan.steps[#plan.steps].command)
  end)
end)

describe("what a translation means", function()
  local function refs(plan)
    local list = {}
    for _, step in ipairs(plan.steps) do list[#list + 1] = step.ref end
    return table.concat(list, " ")
  end

  it("global arguments are seen by FROM and by stages that ask (SEMANTICS 17, 18)", function()
    local text = "ARG V=1\nARG W\nFROM a:$V$W\nARG V\nARG W\nARG X"
    local plan = plan_of(text)
    assert.equal("a:1", refs(plan))
    assert.equal("1", plan.steps[2].default)
    assert.is_nil(plan.steps[3].default)
    assert.equal("a:2x", refs(plan_of(text, { V = "2", W = "x" })))
    assert.equal("a:", refs(plan_of "FROM a:$V\nARG V=1"))
    assert.equal("a:2", refs(plan_of "ARG V=1\nARG V=2\nFROM a:$V"))
    assert.equal("a:1", refs(plan_of "ARG V=1\nARG V\nFROM a:$V"))
  end)

  it("a value of a global argument isn't expanded again in a stage", function()
    local plan = plan_of "ARG V='$x'\nFROM a\nARG V"
    assert.equal("\\$x", plan.steps[2].default)
  end)

  it("platform arguments are there, and can be given (SEMANTICS 19)", function()
    local text = "FROM --platform=$BUILDPLATFORM a:$TARGETOS-$TARGETARCH"
    local plan = plan_of(text)
    assert.matches("^linux/%w+$", plan.steps[1].platform)
    assert.matches("^a:linux%-%w+$", plan.steps[1].ref)
    assert.equal("a:linux-riscv64", refs(plan_of(text, { TARGETARCH = "riscv64" })))
  end)

  it("an argument may choose a stage or an image", function()
    local text = "ARG K=one\nFROM a AS s-one\nFROM b AS s-two\nFROM s-$K\nRUN x"
    local function base_of(args)
      local plan = plan_of(text, args)
      local step
      for _, target in ipairs(plan.targets) do
        if target.name == "default" then step = plan.steps[target.step] end
      end
      while step.input do step = plan.steps[step.input] end
      return step.ref
    end
    assert.equal("a", base_of())
    assert.equal("b", base_of { K = "two" })
    assert.equal("s-three", base_of { K = "three" })
  end)

  it("a stage's name means the last one of that name (SEMANTICS 43)", function()
    local plan = plan_of "FROM a AS s\nFROM s AS s\nRUN x\nFROM b\nCOPY --from=S c d"
    assert.equal("run", plan.steps[plan.steps[#plan.steps].from].op)
  end)

  it("stages are only copied from where they are before (DF-05)", function()
    local text, hint = refused(plan_of, "FROM a AS b\nCOPY --from=b x y")
    assert.equal("Dockerfile:2: a stage can't copy from itself", text)
    assert.equal("it begins in line 1", hint)
    assert.equal("Dockerfile:2: stage 'c' comes later than what copies from it",
      (refused(plan_of, "FROM a AS b\nCOPY --from=c x y\nFROM a AS c")))
    for _, number in ipairs { "2", "-1", "9999999999999999999" } do
      text, hint = refused(plan_of, "FROM a\nFROM b\nCOPY --from=" .. number .. " x y")
      assert.equal("Dockerfile:3: there is no stage " .. number, text)
      assert.equal("the stages are 0 to 1", hint)
    end
    assert.equal("a b", refs(plan_of "FROM a\nCOPY --from=b x y"))
    assert.equal("0", refs(plan_of "FROM 0 AS zero"))
    assert.equal("itself", refs(plan_of "FROM itself AS itself"))
  end)

  it("very many stages that begin with variables are refused (DF-05)", function()
    local lines = { "ARG X" }
    for i = 1, 5000 do lines[i + 1] = ("FROM $X AS s%d"):format(i) end
    assert.matches("^Dockerfile:%d+: too many stages begin with a variable",
      (refused(translated, table.concat(lines, "\n"))))
  end)

  it("writes very long stages in pieces, which mean the same", function()
    local lines = { "FROM a", "# first" }
    for i = 1, 5000 do lines[i + 2] = i % 7 == 0 and "RUN a \\\n b" or "RUN " .. i end
    local text = table.concat(lines, "\n")
    assert.matches("\nfinal = final\n  :run", translated(text).text)
    local plan = plan_of(text)
    assert.equal(5001, #plan.steps)
    for i = 2, 5001 do assert.equal(i - 1, plan.steps[i].input) end
    assert.equal(5000 + 5000 // 7 + 2, plan.steps[5001].line)
    assert.equal("5000", plan.steps[5001].command)
  end)

  it("as many words as an instruction has are taken", function()
    local words = {}
    for i = 1, 1000 do words[i] = tostring(i) end
    local plan = plan_of(("FROM a\nEXPOSE %s\nVOLUME /%s"):format(table.concat(words, " "),
      table.concat(words, " /")))
    assert.same(words, plan.steps[2].ports)
    assert.equal(1000, #plan.steps[3].paths)
  end)

  it("a chain of 1e4 stages stands (DF-05)", function()
    local lines = { "FROM a AS s0" }
    for i = 1, 10000 do lines[i + 1] = ("FROM s%d AS s%d"):format(i - 1, i) end
    local plan = plan_of(table.concat(lines, "\n"))
    assert.equal(10001, #plan.steps)
  end)
end)

describe("the corpus", function()
  -- Steps that no instruction of a stage stands for.
  local not_instructions = { image = true, scratch = true, stage = true, ["local"] = true }

  local files = {}
  local pipe <close> = assert(io.popen "ls tests/golden/corpus/*.Dockerfile")
  for file in pipe:lines() do files[#files + 1] = file end

  it("is there", function() assert.is_true(#files >= 37) end)

  for _, file in ipairs(files) do
    it("is planned whole: " .. file:match("[^/]*$"), function()
      local text = helper.read(file)
      local expected, froms = {}, {}
      local seen_from = false
      for _, instruction in ipairs(parser.parse(text).instructions) do
        local name = instruction.instruction
        seen_from = seen_from or name == "FROM"
        if name == "FROM" then froms[instruction.line] = true end
        if seen_from and name ~= "FROM" then
          expected[#expected + 1] = name:lower() .. " " .. instruction.line
        end
      end
      local actual = {}
      for _, step in ipairs(plan_of(text).steps) do
        -- a step in the line of a FROM is a trigger's
        if not not_instructions[step.op] and not froms[step.line] then
          actual[#actual + 1] = step.op .. " " .. step.line
        end
      end
      assert.same(expected, actual)
    end)
  end
end)
