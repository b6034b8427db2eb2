local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina explain", function()
  local run, dir

  --- What is said of a recipe after another one was built.
  local function explain(recipe, ...)
    helper.write(dir .. "/c/recipe.lua", recipe)
    local words = { "explain", ... }
    words[#words + 1] = dir .. "/c"
    local status, out, err = run(table.unpack(words))
    assert.equal(0, status, err)
    return out
  end

  local function build(recipe)
    helper.write(dir .. "/c/recipe.lua", recipe)
    local status, _, err = run("build", "-q", dir .. "/c")
    assert.equal(0, status, err)
  end

  before_each(function()
    run, dir = helper.store(), helper.tmpdir()
    assert(run("import", fixtures.busybox_tar(), "busybox") == 0)
    assert(helper.sh("umask 022; mkdir -p " .. dir .. "/c/src; cd " .. dir
      .. "/c/src; echo 1 >a; echo 1 >b; ln -s a l") == 0)
  end)

  after_each(helper.cleanup)

  it("says when nothing would run", function()
    local recipe = 'return from "busybox":run "true"'
    build(recipe)
    assert.equal("every step is cached: nothing would run\n", explain(recipe))
    assert.equal("null\n", explain(recipe, "--json"))
  end)

  it("says when nothing like it was made before", function()
    local said = explain 'return from "busybox":run "true"'
    assert.equal(('step 2 (run "true"), %s/c/recipe.lua:1 would run:\n'):format(dir)
      .. "  nothing like it was made before\n", said)
  end)

  it("names the command and the variable that differ", function()
    build 'return from "busybox":env { A = "1", B = "x" }:run "true"'
    assert.matches('\n  variable A was "1", is "2"\n$',
      explain 'return from "busybox":env { A = "2", B = "x" }:run "true"')
    assert.matches('\n  variable B is gone: it was "x"\n$',
      explain 'return from "busybox":env { A = "1" }:run "true"')
    assert.matches('\n  variable C is new: "y"\n$',
      explain 'return from "busybox":env { A = "1", B = "x", C = "y" }:run "true"')
    assert.matches('the command was %["/bin/sh","%-c","true"%], is %["/bin/sh","%-c","true all"%]',
      explain 'return from "busybox":env { A = "1", B = "x" }:run "true all"')
  end)

  it("compares with the command that is most alike", function()
    local recipe = [[local b = from "busybox"
      return merge { b:run "echo made >/one", b:run "mkdir -p /two/deep", b:run "touch /three" }]]
    build(recipe)
    for command, was in pairs { ["echo made >/1"] = "echo made >/one",
      ["mkdir /two"] = "mkdir -p /two/deep", ["touch /four"] = "touch /three" } do
      local changed = recipe:gsub(was:gsub("%p", "%%%0"), command)
      assert.matches(('was ["/bin/sh","-c","%s"], is ["/bin/sh","-c","%s"]'):format(was, command),
        explain(changed), 1, true)
    end
  end)

  it("explains the first step that would run, the ones before it being cached", function()
    build 'return from "busybox":run "echo 1":run "echo 2":run "echo 3"'
    local out = explain 'return from "busybox":run "echo 1":run "echo two":run "echo 3"'
    assert.matches('^step 3 %(run "echo two"%)', out)
  end)

  it("names the file and the attribute that differ", function()
    local recipe = 'return from "busybox":copy("src", "/src/")'
    build(recipe)
    for script, reason in pairs {
      ["echo 2 >a"] = "file /src/a: content has changed",
      ["echo 222 >a"] = "file /src/a: size was 2, is 4",
      ["chmod 755 a"] = "file /src/a: mode was 644, is 755",
      ["rm a; touch b"] = "file /src/a: isn't there any more",
      ["echo >new"] = "file /src/new: is new",
      ["ln -sf b l"] = "file /src/l: target was a, is b",
      ["rm l; mkdir l"] = "file /src/l: type was link, is dir",
    } do
      helper.sh("umask 022; rm -rf " .. dir .. "/c/src; mkdir " .. dir .. "/c/src; cd " .. dir
        .. "/c/src; echo 1 >a; echo 1 >b; ln -s a l; " .. script)
      assert.equal(("step 2 (copy \"src\" \"/src/\"), %s/c/recipe.lua:1 would run:\n  %s\n")
        :format(dir, reason), explain(recipe), script)
    end
  end)

  it("names the base image, and a step whose result differs", function()
    local recipe = 'return from "busybox":run "true"'
    build(recipe)
    run("run", "--name", "other", "busybox", "touch", "/x")
    run("commit", "other", "busybox")
    assert.matches("\n  the image that it begins with is another one than then\n", explain(recipe))
    local answer = json.decode(explain(recipe, "--json"))
    assert.equal(2, answer.step.id)
    assert.equal(1, #answer.reasons)
  end)

  it("changes nothing", function()
    local recipe = 'return from "busybox":copy("src", "/src/")'
    build(recipe)
    helper.write(dir .. "/c/src/a", "2")
    local before = explain(recipe)
    assert.equal(before, explain(recipe))
    assert.equal(0, (run("fsck")))
  end)
end)
