local fixtures = require "support.fixtures"
local helper = require "support.helper"

local prelude = [=[
  local log = require "lamina.store.log"
  local function show(name)
    store.logs:each(name, function(e) print(e.stream, e.is_whole, #e.line, e.line:sub(1, 60)) end)
  end
]=]

local function output(text) return fixtures.output(prelude .. text) end

describe("lamina.store.log", function()
  after_each(helper.cleanup)

  it("keeps lines as they came, with their stream and whether they ended", function()
    assert.equal("stdout\ttrue\t3\tone\nstderr\ttrue\t0\t\nstdout\tfalse\t5\to 1 x\n", output [[
      local writer <close> = store.logs:writer()
      writer:add("stdout", "one", true)
      writer:add("stderr", "", true)
      writer:add("stdout", "o 1 x", false)
      show(writer:finish())]])
  end)

  it("makes no file for a step that says nothing", function()
    assert.equal("nil\t0\n", output [[
      local writer <close> = store.logs:writer()
      print(writer:finish(), #fs.list(store.logs.dir))]])
  end)

  it("stops at its limit and says what is missing (ESC-11)", function()
    local out = output [[
      local path = store:temp("set") .. "/config.yaml"
      assert(fs.write(path, "limits: { log-size: 100kB }"))
      require("luv").os_setenv("LAMINA_CONFIG", path)
      local writer <close> = store.logs:writer()
      for _ = 1, 20 do writer:add("stdout", ("x"):rep(9999), true) end
      local name = writer:finish()
      assert(fs.stat(store.logs:path(name)).size < 101000)
      show(name)]]
    assert.equal(9, select(2, out:gsub("stdout\ttrue\t9999", "")))
    assert.matches("note\ttrue\t%d+\tthe log of a step ends after 100kB: 110000 bytes more", out)
  end)

  it("is given up rather than waited for, where its task is cancelled", function()
    assert.equal("nil\t0\n", output [[
      local writer <close> = store.logs:writer()
      writer:add("stdout", "text", true)
      local _alone <close> = assert(fs.lock(store.root .. "/gc.lock", "exclusive"))
      print(writer:finish(true), #fs.list(store.logs.dir))]])
  end)

  it("is kept by a lease until something names it, and swept when nothing does", function()
    assert.equal("1 1 0\n", output [[
      local gc = require "lamina.store.gc"
      local function count() return #fs.list(store.logs.dir) end
      local writer <close> = store.logs:writer()
      writer:add("stdout", "text", true)
      local name = writer:finish()
      gc.sweep(store)
      local first = count()
      store.cache:put("key", { log = name, created = 1 })
      assert(store.db:run "delete from leases")
      gc.sweep(store)
      local second = count()
      assert(store.db:run "delete from cache")
      gc.sweep(store)
      print(first .. " " .. second .. " " .. count())]])
  end)
end)
