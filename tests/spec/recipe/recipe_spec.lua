local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local plan = require "lamina.plan.plan"
local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"

--- The plan of a recipe's text.
local function evaluate(text, more)
  local options = { name = "recipe.lua", text = text }
  for key, value in pairs(more or {}) do options[key] = value end
  return sched.run(recipe.evaluate, options)
end

--- The failure that a recipe ends with.
local function refuse(text, more)
  local ok, err = pcall(evaluate, text, more)
  assert.is_false(ok, "the recipe was taken")
  assert.is_true(failure.is(err), tostring(err))
  return err
end

local function ops(made)
  local list = {}
  for i, step in ipairs(made.steps) do list[i] = step.op end
  return table.concat(list, " ")
end

describe("a recipe", function()
  after_each(helper.cleanup)

  it("becomes a plan: steps in their order, inputs before users", function()
    local made = evaluate [[
      local base = from "debian"
      local git = base:run "apt-get update":run { "apt-get", "install", "git" }
      return image(git, { name = "bombo/debian:git01", cmd = { "git", "--version" } })]]
    assert.equal("image run run cmd", ops(made))
    assert.equal("apt-get update", made.steps[2].command)
    assert.same({ "apt-get", "install", "git" }, made.steps[3].command)
    assert.equal(2, made.steps[3].input)
    assert.same({ { name = "default", step = 4, names = { "bombo/debian:git01" } } },
      made.targets)
  end)

  it("may begin with a byte-order mark; a file with nothing in it is empty", function()
    assert.equal("image", ops(evaluate "\239\187\191return from 'a'"))
    for _, text in ipairs { "", " \n", "\239\187\191", "\239\187\191\n" } do
      assert.equal("recipe.lua: the file is empty", tostring(refuse(text)))
    end
  end)

  it("knows the line of each method in a chain", function()
    local made = evaluate 'return from "a"\n  :run "x"\n  :env { A = "1" }\n\n  :run "y"'
    local lines = {}
    for i, step in ipairs(made.steps) do lines[i] = step.line end
    assert.same({ 1, 2, 3, 5 }, lines)
  end)

  it("tells the lines of what it was translated from", function()
    local made = evaluate('local a = from "a"\nreturn a:run "x"', { lines = { 10, 20 },
      name = "Dockerfile" })
    assert.equal(10, made.steps[1].line)
    assert.equal(20, made.steps[2].line)
    assert.equal("Dockerfile", made.steps[2].file)
    local err = refuse('local a = from "a"\nreturn a:rnu "x"', { lines = { 10, 20 } })
    assert.equal(20, err.line)
  end)

  it("grows any number of stages from one, which stays as it was", function()
    local made = evaluate [[
      local base = from "a":run "1"
      return { left = base:run "2", right = base:run "3", base = base }]]
    assert.equal("image run run run", ops(made))
    assert.equal(2, made.steps[3].input)
    assert.equal(2, made.steps[4].input)
    assert.equal(2, made.targets[1].step)
  end)

  it("leaves out what no target needs", function()
    local made = evaluate 'local unused = from "x":run "y" return from "a"'
    assert.equal("image", ops(made))
  end)

  it("takes values, lists and pairs in the forms a person writes", function()
    local made = evaluate [[
      return from "a":env { B = "2", A = 1 }:env { { "Z", "1" }, { "A", true } }
        :expose(80, "443/udp"):volume { "/a", "/b" }:user(1000)
        :copy({ ["b.txt"] = "two", ["a.txt"] = "one" }, "/etc/")]]
    assert.same({ { "A", "1" }, { "B", "2" } }, made.steps[2].pairs)
    assert.same({ { "Z", "1" }, { "A", "true" } }, made.steps[3].pairs)
    assert.same({ "80", "443/udp" }, made.steps[4].ports)
    assert.same({ "/a", "/b" }, made.steps[5].paths)
    assert.equal("1000", made.steps[6].name)
    assert.same({ { "a.txt", "one" }, { "b.txt", "two" } }, made.steps[7].inline)
  end)

  it("copies from stages, contexts and images", function()
    local made = evaluate [[
      local b = from "builder":run "make"
      return from "a":copy("x", "/x", { from = b })
        :copy("y", "/y", { from = context { path = "sub", exclude = "*.o" } })
        :copy("z", "/z", { from = "busybox" })]]
    assert.equal("image run image copy local copy image copy", ops(made))
    assert.equal(2, made.steps[4].from)
    assert.same({ "*.o" }, made.steps[5].exclude)
    assert.equal(5, made.steps[6].from)
    assert.equal("busybox", made.steps[7].ref)
  end)

  it("mounts caches, files, memory and secrets", function()
    local made = evaluate [[
      local b = from "b"
      return from "a":run("make", { network = "none", mounts = {
        cache("/root/.ccache", { sharing = "locked", mode = "0700" }), tmpfs { target = "/t",
        size = "64m" }, bind { from = b, target = "/src" }, secret { id = "token" } } })]]
    local mounts = made.steps[#made.steps].mounts
    assert.same({ type = "cache", target = "/root/.ccache", sharing = "locked", mode = 448 },
      mounts[1])
    assert.same({ type = "tmpfs", target = "/t", size = 64 << 20 }, mounts[2])
    assert.equal("b", made.steps[mounts[3].from].ref)
    assert.same({ type = "secret", id = "token" }, mounts[4])
  end)

  it("gives arguments as texts, and says which it asked for", function()
    local text = [[
      local v = arg("VERSION", 7)
      if arg "MISSING" == nil then return from("x:" .. v) end]]
    local made = evaluate(text)
    assert.equal("x:7", made.steps[1].ref)
    assert.same({ "MISSING", "VERSION" }, made.arguments)
    assert.same({ { "VERSION", "7" } }, made.declared)
    assert.equal("x:9", evaluate(text, { args = { VERSION = "9" } }).steps[1].ref)
  end)

  it("sets and unsets the configuration in image()", function()
    local made = evaluate [[
      return image(from "a", { entrypoint = { "/e" }, cmd = { "c" }, user = false,
        env = { A = "1", B = false }, labels = { l = "v" }, names = { "x", "y" } })]]
    assert.equal("image entrypoint cmd unset env label unset", ops(made))
    assert.same({ "x", "y" }, made.targets[1].names)
    assert.equal("B", made.steps[4].name)
    assert.equal("user", made.steps[7].field)
  end)

  it("knows the place of image(…) behind return, where Lua has left it", function()
    local err = refuse 'local a = from "a"\n\nreturn image(a, { naem = "x" })'
    assert.equal("recipe.lua:3: image: unknown option 'naem'", tostring(err))
    assert.equal("did you mean 'name'?", err.hint)
  end)

  it("reuses functions as steps", function()
    local made = evaluate [[
      local function install(s, name) return s:run("apt-get install -y " .. name) end
      return from "a":with(install, "git"):with(install, "curl")]]
    assert.equal("apt-get install -y curl", made.steps[3].command)
  end)

  it("groups steps into one layer", function()
    local made = evaluate [[
      return from "a":layer(function(s) return s:run "x":run "y" end):squash()]]
    assert.equal("image run run layer layer", ops(made))
    assert.equal(1, made.steps[4].lower)
    assert.equal(3, made.steps[4].input)
    assert.is_nil(made.steps[5].lower)
  end)

  it("builds several targets, with a default", function()
    local made = evaluate 'local a = from "a" return { app = a, test = a:run "t", default = "app" }'
    assert.equal("app", made.default)
    assert.equal("app", made.targets[1].name)
    assert.equal("test", made.targets[2].name)
  end)

  it("merges stages and takes differences", function()
    local made = evaluate [[
      local a = from "a"
      return merge { a:run "x", diff(a, a:run "y") }]]
    assert.equal("image run run diff merge", ops(made))
    assert.same({ 2, 4 }, made.steps[5].inputs)
  end)

  it("reads, finds and tests files of the context, and nothing outside", function()
    local dir = helper.tmpdir()
    assert(os.execute("mkdir -p " .. dir .. "/c/sub; ln -s ../secret " .. dir .. "/c/out"))
    helper.write(dir .. "/secret", "secret")
    helper.write(dir .. "/c/sub/b.txt", "bee")
    helper.write(dir .. "/c/sub/a.txt", "ay")
    local made = evaluate([[
      local found = glob "sub/*.txt"
      return from(read(found[2]) .. #found .. tostring(exists "none") .. tostring(exists "sub"))]],
      { context = dir .. "/c" })
    assert.equal("bee2falsetrue", made.steps[1].ref)
    assert.same({ "none", "sub", "sub/*.txt", "sub/b.txt" }, made.reads)
    for _, path in ipairs { "../secret", "out", "/secret", dir .. "/secret" } do
      local err = refuse(('return from(read %q)'):format(path), { context = dir .. "/c" })
      assert.not_matches("^secret", err.message, path)
    end
  end)

  it("requires Lua files beside it, once, and no others (LUA-13)", function()
    local dir = helper.tmpdir()
    helper.write(dir .. "/recipe.lua", [[
      local a, b = require "lib.tools", require "lib.tools"
      assert(a == b)
      return from(a.name)]])
    fs.mkdir(dir .. "/lib")
    helper.write(dir .. "/lib/tools.lua", 'return { name = "debian" }')
    assert.equal("debian", evaluate(nil, { file = dir .. "/recipe.lua", name = false })
      .steps[1].ref)
    for name, why in pairs { ["../x"] = "no module's name", ["/etc/passwd"] = "no module's name",
      os = "os.lua", ["lamina.core.fs"] = "lamina/core/fs.lua" } do
      local err = refuse(nil, { file = helper.write(dir .. "/bad.lua",
        ('return require %q'):format(name)), name = "bad.lua" })
      assert.matches(why, err.message, 1, true)
    end
    helper.write(dir .. "/loop.lua", 'return require "loop"')
    local err = refuse(nil, { file = helper.write(dir .. "/bad.lua", 'return require "loop"'),
      name = "bad.lua" })
    assert.matches("requires itself", err.message)
    assert.equal("loop.lua", err.file)
  end)

  it("decodes JSON and YAML, with the line of the recipe for what is wrong with them", function()
    local made = evaluate [[
      local a = json.decode '{"name":"debian","none":null}'
      local b = yaml.decode "tags: [bookworm, trixie]\n"
      assert(yaml.decode "~" == nil and json.decode "false" == false)
      return from(a.name .. ":" .. b.tags[2])]]
    assert.equal("debian:trixie", made.steps[1].ref)
    for text, why in pairs { ["yaml.decode 'a: *b'"] = "yaml.decode: yaml: line 1, column 4: no",
      ["json.decode '['"] = "json.decode: json: line 1", ["yaml.decode {}"] = "yaml.decode" } do
      local err = refuse("\nlocal value = " .. text .. "\nreturn from(value)")
      assert.matches(why, err.message, 1, true)
      assert.equal(2, err.line)
    end
  end)

  it("hands on what is printed", function()
    local said = {}
    evaluate('print("a", 1, nil) print {} return from "x"',
      { say = function(line) said[#said + 1] = line end })
    assert.same({ "a\t1\tnil", "table" }, said)
  end)
end)

describe("a wrong recipe", function()
  -- text, message, hint
  for _, case in ipairs {
    { "local x = = 3", "unexpected symbol near '='" },
    { "\n\nreturn from 'x':rnu 'y'", "a stage has no method 'rnu'", "did you mean 'run'?" },
    { "\n\nreturn frm 'x'", "unknown name 'frm'", "did you mean 'from'?" },
    { "\n\nlocal s = from 'x'\n\ns.run('y')", "run: a stage expected before it",
      "write stage:run(…), with a colon" },
    { "from 'x'.name = 1", "a stage can't be changed (field 'name')" },
    { "return from 'x':run(true)", "run: a string expected, got boolean" },
    { "return from 'x':run {}", "run: the command is empty" },
    { "return from 'x':run('y', { netwrk = 1 })", "run: unknown option 'netwrk'",
      "did you mean 'network'?" },
    { "return from 'x':copy 'a'", "copy: the destination: a string expected, got nothing" },
    { "return from 'x':copy(from 'y', '/')", "copy: paths expected" },
    { "return from 'x':env { 'A' }", "env: a pair { name, value } expected, got string" },
    { "return from 'x':run('y', { mounts = { cache('/c', { shring = 'x' }) } })",
      "cache: unknown option 'shring'", "did you mean 'sharing'?" },
    { "return from 'x':run('y', { mounts = { tmpfs { size = 'many' } } })",
      'tmpfs: size: a size like 1048576 or "64m" expected' },
    { "return from 'x':run('y', { mounts = { { type = 'cache', target = '/c', mode = -1 } } })",
      "run: mounts: mode: an octal mode up to 7777 expected" },
    { "return from 'x':run('y', { mounts = { { type = 'bind', from = { op = 'local' } } } })",
      "run: mounts: from: a stage, a context or an image's name expected, got table" },
    { "return from 'x':with(5)", "with: a function expected, got number" },
    { "return from 'x':with(function() end)", "with: the function answered nil, not a stage" },
    { "return from 'x':copy({ 'a', nil, 'b' }, '/')", "copy: the sources: the list has a hole" },
    { "return from 'x':copy({ 'a', { 'b' } }, '/')", "copy: a pair { name, value } expected" },
    { "return", "the recipe returned nothing" },
    { "return {}", "the recipe returned no target" },
    { "return { a = 5 }", "target 'a': an image or a stage expected, got number" },
    { "return { a = from 'x', default = 'b' }",
      "the default target 'b' isn't among the targets" },
    { "return from(5)", "from: an image's name or a stage expected, got number" },
    { "return from '\255'", "the recipe isn't UTF-8" },
    { "error 'mine'", "mine" },
    { "error {}", "the recipe raised a table" },
    { "local a\na.b = 1", "attempt to index a nil value (local 'a')" },
    { "return from 'x':run '\\255'", "a text of the plan isn't UTF-8" },
  } do
    it(("is told its mistake: %s"):format(case[2]), function()
      local err = refuse(case[1])
      assert.matches(case[2], err.message, 1, true)
      assert.equal("recipe.lua", err.file)
      assert.is_truthy(err.line)
      if case[3] then assert.equal(case[3], err.hint) end
      assert.equal(1, err.status)
    end)
  end

  it("names the line of the method, not of the chain", function()
    assert.equal("recipe.lua:3: user: a string expected, got boolean",
      tostring(refuse "return from 'x'\n  :run 'y'\n  :user(true)"))
  end)
end)

describe("the sandbox", function()
  it("ends loops, however they are hidden (LUA-01, LUA-02)", function()
    for _, text in ipairs {
      "while true do end", "repeat until false", "::a:: goto a", "for i = 1, math.huge do end",
      "while true do pcall(function() while true do end end) end",
      "xpcall(error, function() while true do end end)",
      "local x <close> = setmetatable({}, { __close = function() while true do end end })",
      "return setmetatable({}, { __index = function() while true do end end }).x",
      "table.sort({ 3, 2, 1 }, function() while true do end end)",
      "('x'):gsub('x', function() while true do end end)",
      "coroutine.wrap(function() while true do end end)()",
      "local function f() return f() end return f()",
    } do
      local err = refuse(text)
      assert.matches("too many instructions", err.message, 1, true, text)
      assert.matches("recipe.lua:1", err.message, 1, true)
    end
  end)

  it("ends what eats memory (LUA-03)", function()
    for _, text in ipairs {
      "return ('x'):rep(1e10)", "local s = 'x' for i = 1, 40 do s = s .. s end",
      "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) end",
      "local t = {} while true do t[#t + 1] = t end",
      "local function f() return 1 + f() end return f()",
    } do
      local err = refuse(text)
      assert.is_truthy(err.message:find "not enough memory" or err.message:find "overflow"
        or err.message:find "too large", text .. ": " .. err.message)
    end
  end)

  it("has neither the machine nor the means to get at it (LUA-05, LUA-06)", function()
    for _, name in ipairs { "io", "os", "debug", "package", "dofile", "loadfile",
      "collectgarbage" } do
      local err = refuse(("return %s"):format(name))
      assert.matches("unknown name", err.message, 1, true)
    end
    assert.equal("scratch", ops(evaluate [[
      assert(string.dump == nil and math.randomseed == nil and getmetatable("") == false)
      local parts = { "\27Lua" }
      assert(load(parts[1]) == nil and load(function() return table.remove(parts) end) == nil)
      assert(not pcall(setmetatable, {}, { __gc = print }))
      assert(not pcall(load "return io"))
      return from "scratch"]]))
  end)

  it("gives the same plan every time (LUA-11)", function()
    local text = [[
      local s = from(tostring({}) .. tostring(print) .. math.random(1000))
      local set = {}
      for i = 1, 50 do set["k" .. i] = i end
      for k in pairs(set) do s = s:run(k) end
      local k = next(set)
      return s:run(k)]]
    local first = plan.encode(evaluate(text))
    for _ = 1, 5 do assert.equal(first, plan.encode(evaluate(text))) end
    assert.not_matches("0x", first)
  end)

  it("refuses to print addresses", function()
    assert.matches("addresses", refuse("return string.format('%p', {})").message)
    assert.matches("addresses", refuse("return ('%-20p'):format({})").message)
  end)

  it("isn't led astray by values that lie (LUA-09, LUA-12)", function()
    for _, text in ipairs {
      "error(setmetatable({}, { __tostring = function() while true do end end }))",
      "error(setmetatable({}, { __tostring = function() return 5 end }))",
      "return setmetatable({}, { __index = function() return 'x' end })",
      "return from(setmetatable({}, { __name = 'lamina.stage' }))",
      "local s = from 'x' return s.run(5)", "return from 'x':run(('x'):rep(1 << 20)):run({})",
      "error(('x'):rep(1 << 20))",
    } do
      local err = refuse(text)
      assert.is_true(#err.message <= 4096, text)
    end
  end)
end)
