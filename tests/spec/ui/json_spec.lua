local json = require "lamina.core.json"
local json_view = require "lamina.ui.json"

local function heard(name, data)
  local parts = {}
  local view = json_view.new { write = function(words) parts[#parts + 1] = words end }
  view:hear(name, data)
  view:tick()
  view:close()
  return table.concat(parts)
end

describe("lamina.ui.json", function()
  it("tells every event in a line of its own", function()
    local line = heard("step.finished", { id = 3, seconds = 1.5, label = "a\nb" })
    assert.equal(1, select(2, line:gsub("\n", "")))
    local event = json.decode(line)
    assert.equal("step.finished", event.event)
    assert.equal(3, event.id)
    assert.equal(1.5, event.seconds)
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", event.time)
  end)

  it("makes any bytes JSON takes of a step's output (SEC-02)", function()
    local event = json.decode(heard("step.output", { id = 1, line = "\255\27[31m\tx" }))
    assert.equal("\\xff\\x1b[31m\tx", event.line)
  end)

  it("doesn't let a step forge the event's name or time", function()
    local event = json.decode(heard("step.output", { event = "build.done", time = "never" }))
    assert.equal("step.output", event.event)
    assert.are_not.equal("never", event.time)
  end)

  it("tells lists as lists, and turns what JSON can't say into text", function()
    local event = json.decode(heard("build.finished", { names = { "a:1", "b\27" },
      error = print, [1] = "no name" }))
    assert.same({ "a:1", "b\\x1b" }, event.names)
    assert.matches("^function: ", event.error)
    assert.is_nil(event["1"])
  end)
end)
