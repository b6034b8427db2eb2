local failure = require "lamina.util.failure"
local sched = require "lamina.util.sched"
local uv = require "luv"

local log

--- A value to close that writes down when it is.
local function note(name)
  return setmetatable({}, { __close = function() log[#log + 1] = name end })
end

describe("lamina.util.sched", function()
  before_each(function() log = {} end)

  it("answers what the function answers", function()
    assert.same({ 1, nil, 3 }, { sched.run(function(...) return ... end, 1, nil, 3) })
  end)

  it("sleeps its time after a long computation, too", function()
    sched.run(function()
      sched.sleep(1)
      local until_then = sched.now() + 0.05
      while sched.now() < until_then do log[1] = until_then end
      local began = sched.now()
      sched.sleep(40)
      assert.is_true(sched.now() - began >= 0.038)
    end)
  end)

  it("raises failures as they are", function()
    local expected = failure.new("system", "no disk")
    local _, err = pcall(sched.run, function()
      sched.sleep(1)
      error(expected, 0)
    end)
    assert.equal(expected, err)
  end)

  it("keeps the lines of a mistake", function()
    local _, err = pcall(sched.run, function() sched.sleep(1) error("oops") end)
    assert.matches("sched_spec.lua:%d+: oops\nstack traceback", err)
  end)

  it("is a plain call inside a task", function()
    assert.equal(7, sched.run(function() return sched.run(function() return 7 end) end))
  end)

  it("waits for tasks and has their values", function()
    assert.same({ 1, 2 }, { sched.run(function()
      local task = sched.spawn(function(x) sched.sleep(2) return x, 2 end, 1)
      return task:wait()
    end) })
  end)

  it("raises a task's failure where it is waited for, as often as it is", function()
    sched.run(function()
      local task = sched.spawn(function() failure.raise("system", "boom") end)
      for _ = 1, 2 do
        local ok, err = pcall(task.wait, task)
        assert.is_false(ok)
        assert.equal("boom", err.message)
      end
    end)
  end)

  it("doesn't lose a failure that nobody waited for", function()
    local ok, err = pcall(sched.run, function()
      sched.spawn(function() failure.raise("system", "lost") end)
      sched.sleep(1)
    end)
    assert.is_false(ok)
    assert.equal("lost", err.message)
  end)

  it("closes what a cancelled task holds", function()
    sched.run(function()
      local task = sched.spawn(function()
        local _held <close> = note "held"
        sched.sleep(1e6)
      end)
      sched.sleep(1)
      task:cancel()
      assert.same({ "held" }, log)
      local ok, err = pcall(task.wait, task)
      assert.is_false(ok)
      assert.is_true(failure.is(err, "interrupted"))
    end)
  end)

  it("cancels a task at the end of the block that holds it", function()
    sched.run(function()
      do
        local _task <close> = sched.spawn(function()
          local _held <close> = note "held"
          sched.sleep(1e6)
        end)
        sched.sleep(1)
      end
      assert.same({ "held" }, log)
    end)
  end)

  it("cancels what is left when the main task ends, the youngest first", function()
    sched.run(function()
      for _, name in ipairs { "old", "young" } do
        sched.spawn(function()
          local _held <close> = note(name)
          sched.sleep(1e6)
        end)
      end
      sched.sleep(1)
    end)
    assert.same({ "young", "old" }, log)
  end)

  it("runs functions in parallel within a bound", function()
    local running, most = 0, 0
    local function work(i)
      return function()
        running = running + 1
        most = math.max(most, running)
        sched.sleep(2)
        running = running - 1
        return i
      end
    end
    local functions = {}
    for i = 1, 7 do functions[i] = work(i) end
    assert.same({ 1, 2, 3, 4, 5, 6, 7 }, sched.run(sched.all, functions, 3))
    assert.equal(3, most)
  end)

  it("answers at once when there is nothing to run", function()
    assert.same({}, sched.run(sched.all, {}))
  end)

  it("cancels the others when one of them fails, before it raises", function()
    local ok, err = pcall(sched.run, function()
      local _main <close> = note "main"
      sched.all {
        function() local _held <close> = note "other" sched.sleep(1e6) end,
        function() sched.sleep(1) failure.raise("step-failed", "exit status 1") end,
      }
    end)
    assert.is_false(ok)
    assert.equal("exit status 1", err.message)
    assert.same({ "other", "main" }, log)
  end)

  it("says so when nothing can wake anyone", function()
    local ok, err = pcall(sched.run, function() sched.suspend(function() end) end)
    assert.is_false(ok)
    assert.matches("nothing can wake", err)
  end)

  it("reads lines from a pipe until its end", function()
    local pipe, lines = uv.pipe({ nonblock = true }, {}), {}
    sched.run(function()
      local reader = sched.spawn(sched.read_lines, pipe.read, function(line)
        lines[#lines + 1] = line
      end)
      for _, part in ipairs { "one\ntw", "o\n\nlast" } do
        sched.sleep(1)
        uv.fs_write(pipe.write, part, -1)
      end
      uv.fs_close(pipe.write)
      reader:wait()
    end)
    uv.fs_close(pipe.read)
    assert.same({ "one", "two", "", "last" }, lines)
  end)

  it("cuts a line that never ends (ESC-11)", function()
    local file, longest, total = io.open("/dev/zero"), 0, 0
    file:close()
    local fd = uv.fs_open("/dev/zero", "r", 0)
    pcall(sched.run, sched.read_lines, fd, function(line)
      longest, total = math.max(longest, #line), total + #line
      if total > 1e6 then error("enough") end
    end)
    uv.fs_close(fd)
    assert.is_true(longest > 0 and longest <= 128 * 1024)
  end)

  it("reads a regular file as well", function()
    local lines, fd = {}, uv.fs_open("Makefile", "r", 0)
    sched.run(function()
      sched.readable(fd)
      sched.read_lines(fd, function(line) lines[#lines + 1] = line end)
    end)
    uv.fs_close(fd)
    assert.matches("^# make ", lines[1])
  end)

  it("closes everything when a signal cancels all tasks", function()
    local ok, err = pcall(sched.run, function()
      local _signal <close> = sched.on_signal("sigusr1", function()
        sched.cancel_all(failure.new("interrupted", "stop", { status = 143 }))
      end)
      local _held <close> = note "main"
      sched.spawn(function()
        local _other <close> = note "task"
        sched.sleep(1e6)
      end)
      sched.sleep(1)
      uv.kill(uv.getpid(), "sigusr1")
      sched.sleep(1e6)
    end)
    assert.is_false(ok)
    assert.equal(143, err.status)
    assert.same({ "task", "main" }, log)
  end)

  it("runs again after it ended badly", function()
    pcall(sched.run, function() error("x") end)
    assert.equal(1, sched.run(function() sched.sleep(1) return 1 end))
  end)
end)
