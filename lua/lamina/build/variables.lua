--- Environment variables with an order, as versions that share what they have in common.
--
--   local one = variables.new { "A=1", "B=2" }
--   local two = one:with { { "A", "3" }, { "C", "4" } }   -- `one` stays as it was
--   two:get "A", two:list()                               -- "3", { "A=3", "B=2", "C=4" }
--
-- A Dockerfile may set a variable in each of very many lines, and every stage after a line keeps
-- what was known there (DF-03). So only one version holds the list; each other one holds in what
-- single entry it differs from a neighbour, and when it is asked the list is brought over to it.
-- Who goes from line to line pays for one entry a line.
local failure = require "lamina.util.failure"

local variables = {}

local most = 10000

local Variables = {}
Variables.__index = Variables

local function name_of(entry) return entry:match("^[^=]*") end

--- Variables of a list of NAME=VALUE.
function variables.new(list)
  list = table.move(list, 1, #list, 1, {})
  local places = {}
  for i = #list, 1, -1 do places[name_of(list[i])] = i end
  return setmetatable({ entries = list, places = places }, Variables)
end

--- Puts an entry (nil: none) into the list of `from` and hands it to `to`; `from` keeps what stood
-- there before.
local function hand_over(from, to, place, name, entry)
  local entries, places = from.entries, from.places
  from.neighbour, from.place, from.name, from.entry = to, place, name, entries[place]
  entries[place], places[name] = entry, entry and place or nil
  to.entries, to.places = entries, places
  from.entries, from.places = nil, nil
end

--- Brings the list over to this version.
local function take(self)
  local way, at = {}, self
  while at.neighbour do
    way[#way + 1] = at
    at = at.neighbour
  end
  for i = #way, 1, -1 do
    local to, from = way[i], way[i].neighbour
    local place, name, entry = to.place, to.name, to.entry
    to.neighbour, to.place, to.name, to.entry = nil, nil, nil, nil
    hand_over(from, to, place, name, entry)
  end
end

local function set(self, name, value)
  take(self)
  local place = self.places[name] or #self.entries + 1
  local entry = name .. "=" .. value
  if self.entries[place] == entry then return self end
  if place > most then
    failure.raise("invalid-input", ("more than %d variables"):format(most))
  end
  local new = setmetatable({}, Variables)
  hand_over(self, new, place, name, entry)
  return new
end

--- The same with other values; a name that is there keeps its place (SEMANTICS 29).
function Variables:with(pairs)
  for _, pair in ipairs(pairs) do self = set(self, pair[1], pair[2]) end
  return self
end

--- The same without a name.
function Variables:without(name)
  take(self)
  local rest = {}
  for _, entry in ipairs(self.entries) do
    if name_of(entry) ~= name then rest[#rest + 1] = entry end
  end
  return variables.new(rest)
end

--- The value of a variable, nil where it isn't set.
function Variables:get(name)
  take(self)
  local place = self.places[name]
  return place and self.entries[place]:sub(#name + 2) or nil
end

--- The list of NAME=VALUE. Made once a version: don't change it.
function Variables:list()
  if not self.copy then
    take(self)
    self.copy = table.move(self.entries, 1, #self.entries, 1, {})
  end
  return self.copy
end

return variables
