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
  self.listeners = table.move(self.listeners, 1, #self.listeners, 1, {})
  table.insert(self.listeners, listener)
  return function()
    local rest = {}
    for _, other in ipairs(self.listeners) do
      if other ~= listener then rest[#rest + 1] = other end
    end
    self.listeners = rest
  end
end

--- Tells everyone, in the order they came; one may leave while it is told: the list is never
-- changed, only replaced.
function Bus:emit(name, data)
  data = data or {}
  for _, listener in ipairs(self.listeners) do listener(name, data) end
end

return event
