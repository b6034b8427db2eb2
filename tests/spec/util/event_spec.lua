local event = require "lamina.util.event"

describe("lamina.util.event", function()
  it("tells every listener in the order they came", function()
    local bus, heard = event.new(), {}
    bus:on(function(name, data) heard[#heard + 1] = "a " .. name .. data.id end)
    bus:on(function(name, data) heard[#heard + 1] = "b " .. name .. data.id end)
    bus:emit("step.started", { id = 3 })
    assert.same({ "a step.started3", "b step.started3" }, heard)
  end)

  it("lets a listener leave while it is told", function()
    local bus, heard, stop = event.new(), {}, nil
    stop = bus:on(function() heard[#heard + 1] = "a" stop() end)
    bus:on(function() heard[#heard + 1] = "b" end)
    bus:emit("x")
    bus:emit("x")
    assert.same({ "a", "b", "b" }, heard)
  end)
end)
