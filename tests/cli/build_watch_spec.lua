local fixtures = require "support.fixtures"
local helper = require "support.helper"

--- A `lamina build --watch` in the background whose output is read as it comes.
local Watch = {}
Watch.__index = Watch

local function start(run, dir, ...)
  local out = helper.tmpdir()
  local pid = assert(io.popen(("%s >%s/log 2>&1 & echo $!"):format(
    run:line("build", "--watch", "--progress=plain", dir, ...), out))):read("n")
  return setmetatable({ log = out .. "/log", pid = pid, from = 1 }, Watch)
end

--- Waits for a text behind what was waited for last; answers all that came until then.
function Watch:wait_for(text)
  for _ = 1, 600 do
    local file = io.open(self.log, "rb")
    local shown = file and file:read("a") or ""
    if file then file:close() end
    local _, last = shown:find(text, self.from, true)
    if last then
      local part = shown:sub(self.from, last)
      self.from = last + 1
      return part
    end
    os.execute("sleep 0.05")
  end
  error(("waited in vain for %q; shown: %s"):format(text, helper.read(self.log)), 2)
end

--- Waits until it has built and looks for changes.
function Watch:idle() return self:wait_for("waiting for a change") end

--- Ends it as Ctrl-C does; answers what was shown since the last wait.
function Watch:stop()
  helper.sh(("kill -INT %d; while kill -0 %d 2>/dev/null; do sleep 0.02; done"):format(self.pid,
    self.pid))
  return helper.read(self.log):sub(self.from)
end

function Watch:__close() helper.sh("kill -KILL " .. self.pid) end

describe("lamina build --watch", function()
  local run, dir

  local function write(name, text) helper.write(dir .. "/" .. name, text) end

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    helper.sh("mkdir -p " .. dir .. "/src/deep " .. dir .. "/lib")
  end)
  after_each(helper.cleanup)

  it("builds again when a file that a step copies changes, and for no other", function()
    write("recipe.lua", 'return from "busybox":copy("src", "/src"):run "cat /src/deep/a"')
    write("src/deep/a", "first")
    local watch <close> = start(run, dir)
    assert.matches("#3 first\n", watch:idle())
    write("other", "not an input")
    write("src/deep/a", "second")
    local shown = watch:idle()
    assert.matches("#3 second\n", shown)
    helper.sh("mkdir " .. dir .. "/src/new")
    write("src/new/b", "x")
    assert.matches("#2 DONE", watch:idle())
    write("other", "not an input either")
    helper.sh("touch " .. dir .. "/src/deep/a")
    write(".dockerignore", "src/new\n")
    shown = watch:idle()
    assert.equal(1, select(2, shown:gsub("something has changed", "")))
    assert.not_matches("something has changed", watch:stop())
  end)

  it("builds again when the recipe, a module or a file that it reads changes", function()
    write("recipe.lua", 'local m = require "lib.m"\n'
      .. 'return from "busybox":run("echo " .. m .. read "words" .. #glob "src/*.c")')
    write("lib/m.lua", 'return "module "')
    write("words", "words ")
    local watch <close> = start(run, dir)
    assert.matches("#2 module words 0\n", watch:idle())
    write("lib/m.lua", 'return "changed "')
    assert.matches("#2 changed words 0\n", watch:idle())
    write("words", "texts ")
    assert.matches("#2 changed texts 0\n", watch:idle())
    write("src/a.c", "")
    assert.matches("#2 changed texts 1\n", watch:idle())
    write("recipe.lua", 'return from "busybox":run "echo new"')
    assert.matches("#2 new\n", watch:idle())
  end)

  it("tells what fails and waits until it is mended", function()
    write("recipe.lua", 'return from "busybox":run "false"')
    local watch <close> = start(run, dir)
    assert.matches("exit status 1", watch:idle())
    write("recipe.lua", "return from(")
    assert.matches("recipe.lua:1: ", watch:idle(), 1, true)
    os.remove(dir .. "/recipe.lua")
    assert.matches("recipe", watch:idle())
    write("recipe.lua", 'return from "busybox":copy("missing", "/")')
    assert.matches("'missing' isn't in the build context", watch:idle(), 1, true)
    write("missing", "there")
    assert.matches("sha256:", watch:idle())
  end)

  it("watches a Dockerfile", function()
    write("Dockerfile", "FROM busybox\nCOPY src/a /\nRUN cat /a")
    write("src/a", "one\n")
    local watch <close> = start(run, dir)
    assert.matches("one\n", watch:idle())
    write("src/a", "two\n")
    assert.matches("two\n", watch:idle())
    write("Dockerfile", "FROM busybox\nRUN echo three")
    assert.matches("three\n", watch:idle())
  end)

  it("builds again when a directory of --build-context changes", function()
    local other = helper.tmpdir()
    helper.sh("mkdir " .. other .. "/deep")
    helper.write(other .. "/deep/f", "first")
    write("Dockerfile", "FROM busybox\nRUN --mount=type=bind,from=other,target=/o cat /o/deep/f\n")
    local watch <close> = start(run, dir, "--build-context", "other=" .. other)
    assert.matches("first\n", watch:idle())
    helper.write(other .. "/deep/f", "second")
    assert.matches("second\n", watch:idle())
    watch:stop()
  end)

  it("ends on Ctrl-C with nothing left, also within a build", function()
    write("recipe.lua", 'return from "busybox":run "echo up; sleep 654321"')
    local watch <close> = start(run, dir)
    watch:wait_for("#2 up\n")
    watch:stop()
    assert.equal(1, (helper.sh("pgrep -f 'sleep 65432[1]'")))
    assert.equal("", (select(2, helper.sh("ls " .. run.root .. "/tmp"))))
  end)

  it("refuses a recipe on standard input", function()
    local status, _, err = run("build", "--watch", "-f", "-", dir)
    assert.equal(2, status)
    assert.matches("--watch needs a recipe in a file", err, 1, true)
  end)
end)
