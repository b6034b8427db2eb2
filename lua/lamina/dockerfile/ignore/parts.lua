--- Patterns in which `**` is a part of its own: a/**/*.md. A path is matched name by name.
--
-- States are places in the list of parts: which of them could come next. `**` is any number of
-- names, at the end of a pattern one at least.
local name = require "lamina.dockerfile.ignore.name"

local parts = {}

local Parts = {}
Parts.__index = Parts

--- Adds a state, and those that a `**` that stands for nothing leads to.
local function add(self, states, state)
  states[state] = true
  while self.list[state] == "**" and state < #self.list do
    state = state + 1
    states[state] = true
  end
end

--- Makes the matcher of a cleaned pattern.
function parts.new(pattern)
  local list = {}
  for part in pattern:gmatch("[^/]+") do
    if part ~= "**" then
      list[#list + 1] = { name.compile(part) }
    elseif list[#list] ~= "**" then
      list[#list + 1] = part
    end
  end
  local first = list[1] ~= "**" and list[1] and list[1][1]
  return setmetatable({ list = list, literal = type(first) == "string" and first or nil }, Parts)
end

--- The states before the first name.
function Parts:start()
  local states = {}
  add(self, states, 1)
  return states
end

--- The states behind a name, nil when nothing can match any more; and whether it matches there.
function Parts:advance(states, text, characters)
  local after, last = {}, #self.list
  for state in pairs(states) do
    local part = self.list[state]
    if part == "**" then
      add(self, after, state)
      if state == last then after[last + 1] = true end
    elseif part and name.matches(part[1], text, characters) then
      add(self, after, state + 1)
    end
  end
  local matches = after[last + 1] or false
  after[last + 1] = nil
  return next(after) and after, matches
end

return parts
