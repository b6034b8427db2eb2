-- Users' own instructions in a Dockerfile: how each argument form is read, and what the instruction
-- is given.
local carried = require "lamina.dockerfile.carried"
local helper = require "support.helper"
local parser = require "lamina.dockerfile.parser"
local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"
local translate = require "lamina.dockerfile.translate"
local uses = require "lamina.dockerfile.uses"

local instructions = [==[
for _, form in ipairs { "words", "list", "paths", "text", "pairs", "command", "json" } do
  instruction("x" .. form, { args = form, heredocs = true, apply = function(stage, call)
    local told = { tostring(call.json) }
    for _, word in ipairs(call.args) do told[#told + 1] = "<" .. word .. ">" end
    for _, one in ipairs(call.heredocs) do
      told[#told + 1] = one.name .. "=" .. one.content:gsub("\n", "|")
    end
    return stage:run(table.concat(told, " "))
  end })
end]==]

-- What is written, and what the instruction gets; A is "b c".
local cases = {
  { [[XWORDS x "y $A" $A '$A' \$A]], "false <x> <y b c> <b c> <$A> <$A>" },
  { 'XLIST x $A "$A"', "false <x> <b> <c> <b> <c>" },
  { "XPATHS x/$A y", "false <x/b c> <y>" },
  { 'XPATHS ["x y", "$A"]', "true <x y> <b c>" },
  { "XTEXT  some  text $A ", "false <some  text b c>" },
  { 'XPAIRS A=1 B="$A 2"', "false <A> <1> <B> <b c 2>" },
  { "XPAIRS OLD some value", "false <OLD> <some value>" },
  { 'XCOMMAND echo "$A" && \\\n  more', 'false <echo "$A" &&   more>' },
  { 'XCOMMAND ["a", "$A"]', "true <a> <$A>" },
  { 'XJSON ["a", "b"]', "true <a> <b>" },
  { "XCOMMAND cat <<END\ntext $A\nEND", "false <cat <<END> END=text $A|" },
  { 'XWORDS one <<-ONE <<"TWO" two\n\ttab $A\n\tONE\nraw $A\nTWO',
    "false <one> <two> ONE=tab b c| TWO=raw $A|" },
  { "xwords lower", "false <lower>" },
}

describe("a user's own instruction", function()
  local dir

  before_each(function()
    dir = helper.tmpdir()
    helper.write(dir .. "/x.lua", instructions)
  end)
  after_each(helper.cleanup)

  local function parse(text)
    local list = uses.of(text, "Dockerfile")
    local custom = sched.run(recipe.rows, list, { name = "Dockerfile", beside = dir })
    local file = parser.parse(text, { name = "Dockerfile", custom = custom })
    file.uses = list
    return file
  end

  local function plan_of(text)
    local made = translate.recipe(parse(text))
    return sched.run(recipe.evaluate, { name = "Dockerfile", text = made.text, lines = made.lines,
      beside = dir })
  end

  it("is read by its form, and gets its words expanded", function()
    for _, case in ipairs(cases) do
      local plan = plan_of('# lamina: use=./x.lua\nFROM scratch\nARG A="b c"\n' .. case[1] .. "\n")
      local last = plan.steps[#plan.steps]
      assert.same({ case[2], "Dockerfile", 4 }, { last.command, last.file, last.line }, case[1])
    end
  end)

  it("is read with the escape of its file", function()
    local plan = plan_of("# escape=`\n# lamina: use=./x.lua\nFROM scratch\n"
      .. "XWORDS a`$b `\n  c\\d\nXCOMMAND e `\n  f\\\n")
    assert.equal("false <a$b> <c\\d>", plan.steps[2].command)
    assert.equal("false <e   f\\>", plan.steps[3].command)
  end)

  it("may be a trigger, for stages of the file and as plain instructions for others", function()
    local plan = plan_of("# lamina: use=./x.lua\nFROM scratch AS a\n"
      .. 'ONBUILD XCOMMAND ["x", "y"]\nONBUILD XWORDS <<END\ntext\nEND\nFROM a\n')
    local texts = {}
    for _, step in ipairs(plan.steps) do texts[#texts + 1] = step.text or step.command end
    assert.same({ "RUN true <x> <y>", "RUN false END=text|", "true <x> <y>", "false END=text|" },
      texts)
  end)

  -- A trigger, and what stages of the file that stand on it get; A is "b c". What the image keeps
  -- is plain where nothing in it waits for a later build.
  local triggers = {
    { [[XWORDS x "y $A" \$A]], "false <x> <y b c> <$A>" },
    { "XLIST x $A", "false <x> <b> <c>" },
    { 'XPATHS ["x y", "$A"]', "true <x y> <b c>" },
    { 'XPAIRS A=1 B="$A 2"', "false <A> <1> <B> <b c 2>" },
    { "XWORDS one <<-ONE <<'TWO'\n\ttab $A\nONE\nraw $A\nTWO",
      "false <one> ONE=tab b c| TWO=raw $A|" },
    { 'XCOMMAND echo "$A"', 'false <echo "$A">', is_plain = true },
    { "XWORDS <<'END'\n$A\nEND", "false END=$A|", is_plain = true },
  }

  it("may be a trigger with variables, which later stages know", function()
    for _, case in ipairs(triggers) do
      local plan = plan_of("# lamina: use=./x.lua\nFROM scratch AS a\nARG A=\"b c\"\nONBUILD "
        .. case[1] .. "\nFROM a\n")
      local kept, last = plan.steps[3], plan.steps[#plan.steps]
      assert.same({ "onbuild", 4 }, { kept.op, kept.line })
      local files, text = carried.read(kept.text)
      if case.is_plain then
        assert.same({}, files)
        assert.matches("^RUN ", text)
      else
        assert.same({ { name = "x.lua", text = instructions .. "\n" } }, files)
        assert.equal(case[1], text)
      end
      local _, count = case[1]:gsub("\n", "")
      assert.same({ case[2], 5 + count }, { last.command, last.line })
    end
  end)

  it("may be a trigger of a file with another escape", function()
    local function kept(text)
      return plan_of("# escape=`\n# lamina: use=./x.lua\nFROM scratch\nONBUILD " .. text .. "\n")
        .steps[2].text
    end
    assert.equal("RUN false <a$b> <c\\d>", kept "XWORDS a`$b `\n  c\\d")
    assert.equal("RUN a`b", kept "RUN a`b")
  end)

  it("is refused as built-in ones are, with its line", function()
    for text, expected in pairs {
      ["XJSON x"] = 'Dockerfile:3: XJSON takes the JSON form: ["program", "argument"]',
      ["XPAIRS =x"] = "Dockerfile:3: XPAIRS: a name is missing before '=x'",
      ["XWORDS <<END"] = "Dockerfile:3: the heredoc 'END' doesn't end",
      ["XWORDS --flag"] = "Dockerfile:3: unknown flag '--flag'",
      ["XWORD x"] = "Dockerfile:3: unknown instruction 'XWORD'",
      ["XWORDS ${"] = "Dockerfile:3: a '}' is missing in '${'",
    } do
      local ok, err = pcall(plan_of, "# lamina: use=./x.lua\nFROM scratch\n" .. text .. "\n")
      assert.is_false(ok)
      assert.equal(expected, tostring(err))
    end
    local ok, err = pcall(plan_of, "# lamina: use=./x.lua\nXWORDS x\nFROM scratch\n")
    assert.same({ false, "Dockerfile:2: XWORDS before the first FROM" }, { ok, tostring(err) })
  end)

  it("is none where the file doesn't ask for it", function()
    local ok, err = pcall(plan_of, "FROM scratch\nXWORDS x\n")
    assert.same({ false, "Dockerfile:2: unknown instruction 'XWORDS'" }, { ok, tostring(err) })
  end)
end)
