--- How many tasks do something at the same time.
--
--   local slot <close> = slots:take()     -- waits for a free one
--
-- Tasks are cancelled all together when one fails, so a slot that is handed to a task in the
-- moment it is cancelled is missed by nobody.
local sched = require "lamina.util.sched"

local slots = {}

local Slots = {}
Slots.__index = Slots

function slots.new(count)
  return setmetatable({ free = count, queue = {} }, Slots)
end

local function wait(self)
  sched.suspend(function(wake)
    self.queue[#self.queue + 1] = wake
    return setmetatable({}, { __close = function()
      for i, other in ipairs(self.queue) do
        if other == wake then return table.remove(self.queue, i) end
      end
    end })
  end)
end

local function leave(self)
  local wake = table.remove(self.queue, 1)
  if wake then return wake() end
  self.free = self.free + 1
end

function Slots:take()
  if self.free > 0 then
    self.free = self.free - 1
  else
    wait(self)
  end
  return setmetatable({}, { __close = function() leave(self) end })
end

return slots
