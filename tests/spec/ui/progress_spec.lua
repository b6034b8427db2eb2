local helper = require "support.helper"

-- What a script below does: a step begins and ends, shown as `kind`.
local script = [=[
  local event = require "lamina.util.event"
  local progress = require "lamina.ui.progress"
  local sched = require "lamina.util.sched"
  sched.run(function()
    local bus = event.new()
    do
      local view <close> = progress.show(bus, "KIND")
      bus:emit("step.started", { id = 1, label = "run x" })
      bus:emit("step.finished", { id = 1, seconds = 2 })
    end
    bus:emit("step.started", { id = 2, label = "unseen" })
  end)
  print "answer"
]=]

describe("lamina.ui.progress", function()
  after_each(helper.cleanup)

  local function command(kind)
    local file = helper.write(helper.tmpdir() .. "/script.lua", (script:gsub("KIND", kind)))
    return "lua5.4 " .. file
  end

  local function on_terminal(environment, kind)
    local status, out = helper.sh(("env -u NO_COLOR %s script -qec %s /dev/null"):format(
      environment, helper.quote(command(kind))))
    assert.equal(0, status, out)
    return out
  end

  it("writes plain lines to standard error where there is no terminal", function()
    local status, out, err = helper.sh(command "auto")
    assert.equal(0, status, err)
    assert.equal("answer\n", out)
    assert.equal("#1 run x\n#1 DONE 2.0s\n", err)
  end)

  it("draws on a terminal, in colours", function()
    local out = on_terminal("TERM=xterm", "auto")
    assert.matches("\27[1A\27[J", out, 1, true)
    assert.matches("\27[32m#1 run x DONE 2.0s\27[0m", out, 1, true)
  end)

  it("uses no colours with NO_COLOR", function()
    local out = on_terminal("TERM=xterm NO_COLOR=1", "auto")
    assert.matches("#1 run x DONE 2.0s", out, 1, true)
    assert.is_nil(out:find("\27%[%d+m"))
    assert.matches("\27[32m", on_terminal("TERM=xterm NO_COLOR=", "auto"), 1, true)
  end)

  it("draws nothing on a dumb terminal", function()
    local out = on_terminal("TERM=dumb", "auto")
    assert.is_nil(out:find("\27", 1, true))
    assert.matches("#1 DONE 2.0s", out, 1, true)
  end)

  it("tells JSON or nothing where that is asked for", function()
    local _, out, err = helper.sh(command "json")
    assert.equal("answer\n", out)
    assert.matches('^{"event":"step.started","id":1,"label":"run x","time":"[^"]+"}\n', err)
    _, out, err = helper.sh(command "quiet")
    assert.equal("answer\n", out)
    assert.equal("", err)
  end)
end)
