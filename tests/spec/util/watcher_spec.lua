local helper = require "support.helper"
local sched = require "lamina.util.sched"
local watcher = require "lamina.util.watcher"

describe("lamina.util.watcher", function()
  after_each(helper.cleanup)

  --- Watches `paths`, calls change() in another task, and answers once the watcher has noticed.
  local function notices(paths, change)
    return sched.run(function()
      local watched <close> = watcher.new()
      watched:watch(paths)
      local other <close> = sched.spawn(function()
        sched.sleep(1)
        change()
      end)
      watched:wait()
      other:wait()
      return true
    end)
  end

  it("notices files that come, change, go and are renamed", function()
    local dir = helper.tmpdir()
    local function path(name) return dir .. "/" .. name end
    assert.is_true(notices({ dir }, function() helper.write(path "a", "x") end))
    assert.is_true(notices({ dir }, function() helper.write(path "a", "y") end))
    assert.is_true(notices({ dir }, function() assert(os.rename(path "a", path "b")) end))
    assert.is_true(notices({ dir }, function() assert(os.remove(path "b")) end))
  end)

  it("remembers what happened before it waited", function()
    local dir = helper.tmpdir()
    sched.run(function()
      local watched <close> = watcher.new()
      watched:watch { dir }
      helper.write(dir .. "/a", "x")
      sched.sleep(20)
      watched:watch { dir }
      watched:wait()
    end)
  end)

  it("looks from time to time where a directory can't be watched", function()
    assert.is_true(notices({ helper.tmpdir() .. "/missing" }, function() end))
  end)

  it("leaves nothing open when its task is cancelled", function()
    sched.run(function()
      local task = sched.spawn(function()
        local watched <close> = watcher.new()
        watched:watch { helper.tmpdir() }
        watched:wait()
      end)
      sched.sleep(1)
      task:cancel()
    end)
    assert.is_false(require("luv").loop_alive() or false)
  end)
end)
