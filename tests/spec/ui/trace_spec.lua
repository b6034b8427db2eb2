local json = require "lamina.core.json"
local trace = require "lamina.ui.trace"

local function new_view()
  local screen = { seconds = 100, text = "" }
  return trace.new {
    now = function() return screen.seconds end,
    write = function(words) screen.text = screen.text .. words end,
  }, screen
end

local function find(events, name, ph, tid)
  for _, event in ipairs(events) do
    if event.name == name and event.ph == (ph or "X") and event.tid == (tid or event.tid) then
      return event
    end
  end
end

describe("lamina.ui.trace", function()
  it("has a step with its time, what it used, and its phases inside", function()
    local view, screen = new_view()
    view:hear("step.phase", { id = 3, phase = "look", began = 100, seconds = 0.5 })
    screen.seconds = 100.5
    view:hear("step.started", { id = 3, label = "run x", file = "recipe.lua", line = 7 })
    screen.seconds = 102
    view:hear("step.phase", { id = 3, phase = "run", began = 100.5, seconds = 1.5 })
    view:hear("step.finished", { id = 3, label = "run x", file = "recipe.lua", line = 7,
      user = 1.25, system = 0.5, memory = 4096, read = 512, written = 1024 })
    view:close()
    local events = assert(json.decode(screen.text)).traceEvents
    local step = find(events, "run x")
    assert.equal(500000, step.ts)
    assert.equal(1500000, step.dur)
    assert.same({ status = "ran", recipe = "recipe.lua", line = 7, cpu_user_seconds = 1.25,
      cpu_system_seconds = 0.5, memory_peak_bytes = 4096, read_bytes = 512,
      written_bytes = 1024 }, step.args)
    assert.equal(500000, find(events, "look").dur)
    assert.equal(step.tid, find(events, "run").tid)
    assert.equal("#3 run x", find(events, "thread_name", "M", 1).args.name)
  end)

  it("has numbers for rows, also of steps that have none", function()
    local view, screen = new_view()
    view:hear("step.cached", { id = "3.1", label = "run a" })
    view:hear("step.cached", { id = 3, label = "run b" })
    view:close()
    for _, event in ipairs(assert(json.decode(screen.text)).traceEvents) do
      assert.equal("integer", math.type(event.tid))
    end
  end)

  it("closes what was interrupted, and writes once", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "run sleep" })
    screen.seconds = 101
    view:close()
    view:close()
    local events = assert(json.decode(screen.text)).traceEvents
    assert.equal("interrupted", find(events, "run sleep").args.status)
    assert.equal(0, events[#events].args.steps)
  end)

  it("closes what ran where a build starts once more", function()
    local view, screen = new_view()
    view:hear("build.started", { total = 1 })
    view:hear("step.started", { id = 1, label = "run sleep" })
    view:hear("build.started", { total = 1 })
    view:hear("step.cached", { id = 1, label = "run sleep" })
    view:close()
    local events = assert(json.decode(screen.text)).traceEvents
    assert.equal("interrupted", find(events, "run sleep").args.status)
    assert.equal(0, events[#events - 1].args.steps)
  end)

  it("is JSON whatever a step is called", function()
    local view, screen = new_view()
    view:hear("step.cached", { id = 1, label = 'run "\27[31m\255"' })
    view:hear("step.failed", { id = 2, label = "x", message = "\0\255" })
    view:close()
    local events = assert(json.decode(screen.text)).traceEvents
    assert.equal('#1 run "\\x1b[31m\\xff"', find(events, "thread_name", "M", 1).args.name)
  end)
end)
