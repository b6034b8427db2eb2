local fs = require "lamina.core.fs"
local helper = require "support.helper"
local lock = require "lamina.store.lock"
local sched = require "lamina.util.sched"

describe("lamina.store.lock", function()
  local path

  before_each(function() path = helper.tmpdir() .. "/lock" end)
  after_each(helper.cleanup)

  it("lets other tasks work while it waits, and takes the lock when it is free", function()
    local order = {}
    sched.run(function()
      local held = assert(fs.lock(path, "exclusive"))
      local waiting <close> = sched.spawn(function()
        local _mine <close> = assert(lock.wait(path, "shared"))
        order[#order + 1] = "taken"
      end)
      sched.sleep(5)
      order[#order + 1] = "released"
      held:release()
      waiting:wait()
    end)
    assert.same({ "released", "taken" }, order)
  end)

  it("stops waiting when its task is cancelled", function()
    sched.run(function()
      local _held <close> = assert(fs.lock(path, "exclusive"))
      local waiting = sched.spawn(function() lock.wait(path, "exclusive") end)
      sched.sleep(5)
      waiting:cancel()
    end)
    assert(fs.lock(path, "exclusive", { wait = false })):release()
  end)

  it("answers what keeps it from the file", function()
    sched.run(function()
      local held, err = lock.wait(path .. "/nowhere/lock", "shared")
      assert.is_nil(held)
      assert.equal("ENOENT", err.errno)
    end)
  end)

  it("works where there is no task", function()
    assert(lock.wait(path, "exclusive")):release()
  end)
end)
