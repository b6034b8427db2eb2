local carried = require "lamina.dockerfile.carried"
local failure = require "lamina.util.failure"
local helper = require "support.helper"
local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"

local dir

local function evaluate(text, more)
  local options = { name = "recipe.lua", text = text, beside = dir, context = dir,
    target_platform = "linux/arm64" }
  for key, value in pairs(more or {}) do options[key] = value end
  return sched.run(recipe.evaluate, options)
end

local function refuse(...)
  local ok, err = pcall(evaluate, ...)
  assert.is_false(ok)
  assert.is_true(failure.is(err), tostring(err))
  local hint = type(err.hint) == "table" and table.concat(err.hint, "; ") or err.hint
  return tostring(err), hint
end

--- The commands of a plan's run steps.
local function commands(...)
  local list = {}
  for _, step in ipairs(evaluate(...).steps) do
    if step.op == "run" then list[#list + 1] = step.command end
  end
  return list
end

--- A recipe that defines `say`, which runs what it was called with as text, and calls it.
local function say(call, spec)
  return ([[
instruction("say", { %s apply = function(stage, call)
  local words = { #call.args, table.unpack(call.args) }
  for name, value in pairs(call.flags) do
    words[#words + 1] = name .. "=" .. (type(value) == "table" and table.concat(value, "+")
      or tostring(value))
  end
  return stage:run(table.concat(words, " "))
end })
return from "scratch"]]):format(spec or "") .. call
end

describe("an instruction in a recipe", function()
  before_each(function() dir = helper.tmpdir() end)
  after_each(helper.cleanup)

  it("is a method of every stage", function()
    assert.same({ "2 a b" }, commands(say ':say { "a", "b" }'))
    assert.same({ "1 a" }, commands(say ':say "a"'))
    assert.same({ "0" }, commands(say ":say()"))
  end)

  it("gets flags by name", function()
    local flags = [[flags = { { name = "no-x", kind = "boolean" }, { name = "to", kind = "list" },
      { name = "size", choices = { "s", "m" } } },]]
    assert.same({ "1 a no_x=true size=m to=b+c" },
      commands(say(':say { "a", no_x = true, size = "m", to = { "b", "c" } }', flags)))
    assert.same({ "0 to=" }, commands(say(":say()", flags)))
    local message, hint = refuse(say(':say { size = "l" }', flags))
    assert.matches("recipe.lua:%d+: say: %-%-size can't be 'l'", message)
    assert.equal("it is one of s, m", hint)
    message, hint = refuse(say(':say { no_y = true }', flags))
    assert.matches("say: unknown option 'no_y'", message, 1, true)
    assert.equal("did you mean 'no_x'?", hint)
  end)

  it("gets its words expanded with what the stage knows", function()
    local stage = ':arg("A", "1"):env { B = "$A-2", C = "${UNSET:-x} y" }:say '
    assert.same({ "1 1 1-2 x y" }, commands(say(stage .. '{ "$A $B $C" }')))
    assert.same({ "3 7 7-2 x y" }, commands(say(stage .. '{ "$A", "$B", "$C" }'),
      { args = { A = "7" } }))
    assert.same({ "4 1 1-2 x y" }, commands(say(stage .. '{ "$A $B", "$C" }',
      'args = "list",')))
    assert.same({ "1 $A" }, commands(say(stage .. '"$A"', 'args = "command",')))
    assert.same({ "1 $A arm64" }, commands(say(':arg "TARGETARCH":say [[\\$A $TARGETARCH]]')))
    assert.same({ "1 two" }, commands(say(
      ':env { A = "one" }:env { A = "two" }:layer(function(s) return s:say "$A" end)')))
  end)

  it("knows what a base image sets when its caller does", function()
    local text = say(':say "$WHO $PATH"')
    text = text:gsub('from "scratch"', 'from "base"')
    local message, hint = refuse(text)
    assert.equal("recipe.lua:9: '$WHO' may come from the image 'base', which isn't known here",
      message)
    assert.equal("ENV or ARG before it says what it is", hint)
    local function images(ref) return ref == "base" and { WHO = "me", PATH = "/bin" } end
    assert.same({ "1 me /bin" }, commands(text, { images = images }))
    text = say(':env { X = "set" }:say "$X"')
    text = text:gsub('from "scratch"', 'from "base"')
    assert.same({ "1 set" }, commands(text))
  end)

  it("prints once, though it runs again for what the base image sets", function()
    local said = {}
    local function say_line(line) said[#said + 1] = line end
    local text = say(':say "$WHO"') .. ' , print "after"'
    text = 'print "before\\xff"\n' .. text:gsub('from "scratch"', 'from "base"')
    commands(text, { say = say_line, images = function() return { WHO = "me" } end })
    assert.same({ "before\\xff", "after" }, said)
    said = {}
    refuse(text, { say = say_line })
    assert.same({ "before\\xff" }, said)
  end)

  it("may be in a text, whose mistakes are told with the recipe's line", function()
    local text = 'local s = from "scratch"\nreturn s:dockerfile [[\nENV A=1\n%s]]'
    assert.equal("recipe.lua:2: unknown instruction 'RNU'", (refuse(text:format "RNU x")))
    assert.equal("recipe.lua:2: cache: mode: an octal mode up to 7777 expected",
      (refuse(text:format "RUN --mount=type=cache,target=/c,mode=17777 x")))
    local step = evaluate(text:format "RUN x").steps[3]
    assert.same({ "recipe.lua", 2 }, { step.file, step.line })
  end)

  it("is refused a file that leads out of its folder", function()
    for _, name in ipairs { "../own.lua", "./a/../../own.lua", "/own.lua" } do
      local message, hint = refuse(("use %q return from 'scratch'"):format(name))
      assert.equal(("recipe.lua:1: use: '%s' is no Lua file beside the recipe"):format(name),
        message)
      assert.matches("it has to be beside the recipe or Dockerfile", hint, 1, true)
    end
  end)

  it("is refused a variable that a broken word needs, at the line of the call", function()
    assert.equal("recipe.lua:9: X: missing", (refuse(say(':say "${X:?missing}"'))))
  end)

  it("takes as many words as it says", function()
    local counts = 'args = { least = 1, most = 2 },'
    assert.matches("say takes 1 arguments at least, got 0", (refuse(say(":say()", counts))), 1,
      true)
    assert.matches("say takes 2 arguments at most, got 3",
      (refuse(say(':say { "a", "b", "c" }', counts))), 1, true)
  end)

  it("makes steps that belong to where it is used", function()
    local steps = evaluate(say "\n\n:say()").steps
    assert.same({ "recipe.lua", 11 }, { steps[2].file, steps[2].line })
  end)

  it("knows where it is used", function()
    assert.same({ "say recipe.lua:5 false 0" }, commands [[
instruction("say", { apply = function(stage, call)
  local place = call.file .. ":" .. call.line
  return stage:run(table.concat({ call.name, place, tostring(call.json), #call.heredocs }, " "))
end })
return from "scratch":say()]])
  end)

  it("may use others", function()
    local text = [[
instruction("one", { apply = function(stage, call) return stage:run(call.args[1]) end })
instruction("two", { apply = function(stage, call)
  return stage:one(call.args[1]):one { call.args[1] .. "b" }
end })
return from "scratch":two "a"]]
    assert.same({ "a", "ab" }, commands(text))
    for _, step in ipairs(evaluate(text).steps) do assert.equal(5, step.line) end
  end)

  it("tells where it is, and where it is used, when it breaks", function()
    local text = [[
instruction("say", { apply = function(stage, call)
  if call.args[1] == "no" then call.fail("not that", "say yes") end
  if call.args[1] == "nil" then return nil end
  if call.args[1] == "step" then return stage:run {} end
  return stage + 1
end })
return from "scratch":say ]]
    for word, expected in pairs {
      ["'no'"] = { "recipe.lua:7: say: not that", "say yes" },
      ["'nil'"] = { "recipe.lua:1: instruction 'say': apply answered nil, not a stage",
        "end it with 'return stage'; say is used in recipe.lua:7" },
      ["'step'"] = { "recipe.lua:4: run: the command is empty", "say is used in recipe.lua:7" },
      ["'x'"] = {
        "recipe.lua:5: attempt to perform arithmetic on a lamina.stage value (local 'stage')",
        "say is used in recipe.lua:7" },
    } do
      assert.same(expected, { refuse(text .. word) })
    end
  end)

  it("can't use itself for ever", function()
    local message = refuse [[
instruction("say", { apply = function(stage) return stage:say() end })
return from "scratch":say()]]
    assert.matches("say: instructions use each other more than 50 deep", message, 1, true)
  end)

  it("keeps its steps' places right after a mistake that was caught", function()
    local steps = evaluate [[
instruction("say", { apply = function() error "x" end })
local base = from "scratch"
pcall(function() return base:say() end)

return base:run "true"]].steps
    assert.equal(5, steps[2].line)
  end)

  it("is refused when it isn't described well", function()
    for text, expected in pairs {
      ['instruction("Say", { apply = print })'] = "instruction: 'Say' is no name",
      ['instruction("../say", { apply = print })'] = "instruction: '../say' is no name",
      ['instruction("say\\n", { apply = print })'] = "instruction: 'say\n' is no name",
      ['instruction("say\\0", { apply = print })'] = "instruction: the name: a zero byte",
      ['instruction(("s"):rep(1 << 20), { apply = print })'] = "is no name",
      ['instruction("run", { apply = print })'] = "instruction: 'run' is built in",
      ['instruction("from", { apply = print })'] = "instruction: 'from' is built in",
      ['instruction("dockerfile", { apply = print })'] = "instruction: 'dockerfile' is built in",
      ['instruction("say", {})'] = "instruction 'say': there is no function 'apply'",
      ['instruction("say", { apply = 1 })'] = "apply: a function(stage, call) expected, got number",
      ['instruction("say", "x")'] = "the options: a table expected, got string",
      ['instruction("say", { apply = print, args = "wrods" })'] = "there is no form 'wrods'",
      ['instruction("say", { apply = print, args = { least = -1 } })'] = "a number from 0 on",
      ['instruction("say", { apply = print, flags = 1 })'] = "flags: a list of flags expected",
      ['instruction("say", { apply = print, flags = { { name = "--x" } } })'] =
        "'--x' is no flag's name",
      ['instruction("say", { apply = print, flags = { { name = "x", kind = "n" } } })'] =
        "there is no kind 'n'",
      ['instruction("say", { apply = print }) instruction("say", { apply = print })'] =
        "instruction: 'say' is there already",
    } do
      local message = refuse("\n" .. text .. " return from 'scratch'")
      assert.matches("^recipe.lua:2: ", message)
      assert.matches(expected, message, 1, true)
    end
  end)

  it("is called on stages only, with what it takes", function()
    assert.matches("say: a stage expected before it", (refuse(say '.say(5)')), 1, true)
    assert.matches("say: a string expected, got boolean", (refuse(say ':say { true }')), 1, true)
    assert.matches("say: the list has a hole", (refuse(say ':say { [3] = "x" }')), 1, true)
    assert.matches("unknown option 'x'", (refuse(say ':say { x = 1 }')), 1, true)
    assert.matches("zero byte", (refuse(say ':say "a\\0b"')), 1, true)
  end)

  it("has nothing that a recipe hasn't", function()
    helper.write(dir .. "/out.lua", [[
instruction("out", { apply = function(stage) return stage:run(tostring(os or io or debug)) end })]])
    assert.matches("out.lua:1: unknown name 'os'",
      (refuse 'use "./out.lua" return from "scratch":out()'), 1, true)
  end)
end)

describe("use", function()
  before_each(function() dir = helper.tmpdir() end)
  after_each(helper.cleanup)

  it("loads a file beside the recipe once", function()
    helper.write(dir .. "/say.lua", [[
print "loaded"
instruction("say", { apply = function(stage) return stage:run "said" end })
return 5]])
    local said = {}
    local plan = evaluate('local x = use "./say.lua" return from "scratch":run(use "./say.lua" + x)'
      .. ":say()", { say = function(line) said[#said + 1] = line end })
    assert.same({ { "loaded" }, "10" }, { said, plan.steps[2].command })
    assert.same({ "said" }, commands [[
use "./say.lua" use "say.lua" require "say"
return from "scratch":say()]])
  end)

  it("finds what comes with lamina by its name, and so does require", function()
    assert.matches("install %-y %-%-no%-install%-recommends git curl ",
      commands('use "apt" return from "scratch":apt { "git", "curl" }')[1])
    assert.equal(1, #commands('require "apt" return from "scratch":apt "git"'))
  end)

  it("takes what the command line gives", function()
    local given = { given = { ["/x/say.lua"] =
      'instruction("say", { apply = function(stage) return stage:run "given" end })' } }
    given.uses = { "/x/say.lua" }
    assert.same({ "given" }, commands('return from "scratch":say()', given))
    given.uses = { "apt" }
    assert.equal(1, #commands('return from "scratch":apt "git"', given))
  end)

  it("reaches no file outside, and tells what isn't there", function()
    helper.write(dir .. "/self.lua", 'use "./self.lua"')
    helper.write(dir .. "/wrong.lua", "x = = 1")
    helper.sh(("cd %s && mkfifo pipe.lua && mkdir dir.lua && ln -s /etc/passwd link.lua")
      :format(dir))
    for name, expected in pairs {
      ["../../etc/passwd"] = "is no Lua file beside the recipe",
      ["/etc/passwd"] = "is no Lua file beside the recipe",
      ["/etc/hosts.lua"] = "is no Lua file beside the recipe",
      ["../../../../../../etc/hosts.lua"] = "is no Lua file beside the recipe",
      ["./link.lua"] = "No such file", ["./pipe.lua"] = "not a regular file",
      ["./dir.lua"] = "not a regular file", ["./none.lua"] = "No such file",
      ["appt"] = "use: no instruction 'appt' comes with lamina",
      ["./self.lua"] = "'./self.lua' uses itself",
      ["./wrong.lua"] = "wrong.lua:1: unexpected symbol",
      [""] = "is no Lua file beside the recipe",
    } do
      assert.matches(expected, (refuse(("use %q"):format(name))), 1, true)
    end
  end)
end)

describe("the instruction apt", function()
  it("leaves out what its flags say", function()
    local function run(call)
      return commands('use "apt" return from "scratch":apt ' .. call)[1]
    end
    assert.equal("export DEBIAN_FRONTEND=noninteractive && apt-get update && apt-get install -y "
      .. "--no-install-recommends git && apt-get clean && rm -rf /var/lib/apt/lists/*", run '"git"')
    assert.equal("export DEBIAN_FRONTEND=noninteractive && apt-get install -y --no-upgrade git "
      .. "'x~1' && apt-get clean",
      run '{ "git", "x~1", recommends = true, no_update = true, no_upgrade = true }')
  end)

  it("takes names of packages only", function()
    local message = refuse 'use "apt" return from "scratch":apt "git; rm -rf /"'
    assert.equal("recipe.lua:1: apt: 'git;' is no package's name", message)
    assert.matches("'-o' is no package's name",
      (refuse 'use "apt" return from "scratch":apt "-o"'), 1, true)
  end)
end)

describe("stage:dockerfile", function()
  before_each(function() dir = helper.tmpdir() end)
  after_each(helper.cleanup)

  it("carries out instructions of a Dockerfile", function()
    local plan = evaluate [[
return from "scratch":dockerfile("# a comment\nENV A=1 \\\n  B='2 3'\nRUN <<EOF\nmake\nEOF\n")]]
    assert.same({ { "A", "1" }, { "B", "2 3" } }, plan.steps[2].pairs)
    assert.equal("make\n", plan.steps[3].command)
  end)

  it("knows the recipe's own instructions", function()
    assert.same({ "1 a" }, commands(say ':dockerfile "SAY a"'))
  end)

  it("tells mistakes with the lines of the text", function()
    for text, expected in pairs {
      ["ENV A=1\\nRNU x"] = "part:2: unknown instruction 'RNU'",
      ["RUN a\\n\\nFROM x"] = "part:3: FROM in a part of a Dockerfile",
      ["RUN a\\nENV x=${"] = "part:2: a '}' is missing in '${'",
      ["COPY --from=3 a b"] = "part:1: there is no stage 3",
      [""] = "part:1: the file is empty",
      ["# nothing"] = "part:1: there is no instruction in the file",
    } do
      assert.equal(expected, (refuse(
        ('return from "scratch":dockerfile("%s", { name = "part" })'):format(text))))
    end
  end)

  it("has steps at the lines of the text", function()
    local plan = evaluate 'return from "scratch":dockerfile("ENV A=1\\nUSER x", { name = "part" })'
    assert.same({ "part", 2 }, { plan.steps[3].file, plan.steps[3].line })
  end)

  it("includes files, each within others but never itself (LUA-13)", function()
    helper.write(dir .. "/one", "INCLUDE two\nRUN one\n")
    helper.write(dir .. "/two", "RUN two\n")
    assert.same({ "two", "one", "two" },
      commands 'use "include" return from "scratch":include { "one", "two" }')
    helper.write(dir .. "/two", "INCLUDE one\n")
    local message, hint = refuse 'use "include" return from "scratch":include "one"'
    assert.matches("'one' includes itself", message, 1, true)
    assert.matches("include is used in one:1; include is used in recipe.lua:1", hint, 1, true)
    for i = 1, 1000 do
      helper.write(dir .. "/part" .. i, ("INCLUDE part%d\n"):format(i + 1))
    end
    assert.matches("more than 30 within each other",
      (refuse 'use "include" return from "scratch":include "part1"'), 1, true)
  end)
end)

describe("stage:onbuild with the text of an instruction of one's own", function()
  before_each(function() dir = helper.tmpdir() end)
  after_each(helper.cleanup)

  --- The triggers of a recipe, each as the names of its files and its instruction.
  local function triggers(...)
    local list = {}
    for _, step in ipairs(evaluate(...).steps) do
      if step.op == "onbuild" then
        local files, text = carried.read(step.text)
        local names = {}
        for i, file in ipairs(files) do names[i] = file.name end
        list[#list + 1] = table.concat(names, " ") .. "|" .. text
      end
    end
    return list
  end

  local function define(name, body)
    return ("instruction(%q, { flags = { { name = 'to' } }, heredocs = true,\n"
      .. "  apply = function(stage, call) %s end })\n"):format(name, body or
        "return stage:run(table.concat(call.args))")
  end

  it("keeps plain instructions where all is known, else the text with its file", function()
    helper.write(dir .. "/say.lua", define "say")
    assert.same({ "|RUN ab", "say.lua|say $X", "say.lua|SAY --to=$X a", "say.lua|SAY a <<E\n$X\nE",
      "|RUN a", "|RUN $X", "|NONSENSE" }, triggers [[use "./say.lua" return from "scratch"
        :onbuild "SAY a b":onbuild "say $X":onbuild "SAY --to=$X a":onbuild "SAY a <<E\n$X\nE"
        :onbuild "SAY a <<'E'\n$X\nE":onbuild "RUN $X":onbuild "NONSENSE"]])
  end)

  it("keeps the files that the instruction may need as well, and no others", function()
    assert(os.execute("mkdir " .. dir .. "/sub"))
    helper.write(dir .. "/one.lua", 'use "./sub/two.lua"\n' .. define("one"))
    helper.write(dir .. "/sub/two.lua", define("other", [[return stage:dockerfile "THREE x"]]))
    helper.write(dir .. "/last.lua", define "three")
    helper.write(dir .. "/four.lua", define("four", "return stage:three(call.args)"))
    assert.same({ "one.lua sub/two.lua last.lua|ONE $X", "four.lua last.lua|FOUR $X",
      "last.lua|THREE $X", "instructions/apt.lua|APT $X" }, triggers [[
use "./four.lua" use "./one.lua" require "last" use "apt"
return from "scratch":onbuild "ONE $X":onbuild "FOUR $X":onbuild "THREE $X":onbuild "APT $X"]])
  end)

  it("doesn't tell where a file of the command line lies", function()
    for _, name in ipairs { "/home/me/say.lua", "../../say.lua", "say.lua" } do
      assert.same({ "say.lua|SAY $X" }, triggers('return from "scratch":onbuild "SAY $X"',
        { uses = { name }, given = { [name] = define "say" } }))
    end
  end)

  it("keeps of the recipe what has to be run for the instruction to be there", function()
    helper.write(dir .. "/other.lua", define "other")
    local function kept(text)
      local files = {}
      for i, step in ipairs(evaluate(text).steps) do
        for _, file in ipairs(i > 1 and carried.read(step.text) or {}) do
          files[#files + 1] = file.name .. ": " .. file.text
        end
      end
      return files
    end
    local own, later = define "say", '\nreturn from "scratch"\n  :onbuild "SAY $X"'
    assert.same({ "recipe.lua: \n" .. own }, kept("\n" .. own .. "local a = 1" .. later))
    local loop = "for _, name in ipairs { 'say' } do\n" .. own:gsub('"say"', "name") .. "end\n"
    assert.same({ "recipe.lua: " .. loop }, kept(loop .. later))
    local called = "local function make()\n" .. own .. "end\nmake()\n"
    assert.same({ "recipe.lua: " .. called }, kept(called .. "make = nil" .. later))
    local unseen = "coroutine.wrap(function() " .. own .. "end)()\n" .. later .. "\n"
    assert.same({ "recipe.lua: " .. unseen }, kept(unseen))
    local using = 'use "./other.lua"\n' .. own
    assert.same({ "recipe.lua: " .. using, "other.lua: " .. define "other" }, kept(using .. later))
    local both = own .. 'local first = from "scratch":onbuild "SAY $X"\n'
      .. define("more", "return stage:say(call.args)")
    assert.same({ "recipe.lua: " .. own, "recipe.lua: " .. both },
      kept(both .. 'return first:onbuild "MORE $X"'))
  end)

  it("is kept with its escape where that isn't a backslash", function()
    helper.write(dir .. "/say.lua", define "say")
    local function kept(text)
      local made = evaluate('use "./say.lua"\nreturn from "scratch":onbuild(' .. text
        .. ', { escape = "`" })')
      local _, instruction, escape = carried.read(made.steps[2].text)
      return instruction .. "|" .. tostring(escape)
    end
    assert.equal("SAY $X a|nil", kept "'SAY $X a'")
    assert.equal("RUN a$b|nil", kept "'SAY a`$b'")
    assert.equal("SAY $X a`b|`", kept "'SAY $X a`b'")
    assert.equal("SAY $X a\\b|`", kept "'SAY $X a\\\\b'")
  end)

  it("is read at its place, and a mistake in it told with its own as well", function()
    helper.write(dir .. "/say.lua", define("say", "return stage.x.y"))
    local function refused(text)
      return refuse(('use "./say.lua"\nreturn from "scratch"\n  :onbuild [[%s]]'):format(text))
    end
    assert.equal("recipe.lua:3: unknown flag '--tu'", (refused "SAY --tu=1"))
    assert.equal("recipe.lua:3: onbuild: it takes one instruction", (refused "SAY a\nRUN b"))
    assert.equal("recipe.lua:3: the heredoc 'E' doesn't end", (refused "SAY <<E"))
    assert.same({ "say.lua:2: a stage has no method 'x'", "say is used in recipe.lua:3" },
      { refused "SAY a" })
  end)
end)

describe("stage:onbuild with a function", function()
  it("keeps what the function does as plain instructions", function()
    local texts = {}
    for _, step in ipairs(evaluate(say [[:onbuild(function(stage)
      return stage:say "a":env { A = "b c" }:run "x\ny"
    end)]]).steps) do
      texts[#texts + 1] = step.text
    end
    assert.same({ "RUN 1 a", 'ENV A="b c"', "RUN <<'EOF'\nx\ny\nEOF" }, texts)
  end)

  it("refuses what only the later build knows, or what no Dockerfile can say", function()
    local message, hint = refuse(say ':onbuild(function(stage) return stage:say "$X" end)')
    assert.matches("'$X' isn't known before a build on this image", message, 1, true)
    assert.matches('as in onbuild "NAME $WORD"', hint, 1, true)
    assert.matches("layer can't be written in a plain Dockerfile",
      (refuse(say ':onbuild(function(stage) return stage:squash() end)')), 1, true)
    assert.matches("the function answered nil, not a stage",
      (refuse(say ":onbuild(function() end)")), 1, true)
  end)
end)
