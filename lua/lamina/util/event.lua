--- A bus between those who work and those who show: the worker tells, the screen listens.
--
--   local bus = event.new()
--   local stop = bus:on(function(name, data) … end)
--   bus:emit("step.started", { id = 3 })
local event = {}

local Bus = {}
Bus.__index = Bus

function event.new()
  return setmetatable({ listeners = {} }, Bus)
end

--- Adds a listener; the answered function takes it off again.
function Bus:on(listener)
  self.listeners[#self.listeners + 1] = listener
  return function()
    for i, other in ipairs(self.listeners) do
      if other == listener then return table.remove(self.listeners, i) end
    end
  end
end

--- Tells everyone, in the order they came; one may leave while it is told.
function Bus:emit(name, data)
  for _, listener in ipairs { table.unpack(self.listeners) } do listener(name, data or {}) end
end

return event
