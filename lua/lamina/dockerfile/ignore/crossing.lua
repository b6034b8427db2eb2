--- Patterns in which `**` is a piece of a part: **foo, foo**, a**b. There it doesn't care for
-- names: at the end it is any text, elsewhere `(any text/)?`, and what begins with it and has
-- nothing else special is any text with that end.
--
-- All that a path could have reached is followed at once, so time is bounded by length of pattern
-- times length of path.
local name = require "lamina.dockerfile.ignore.name"
local text = require "lamina.util.text"

local crossing = {}

local Crossing = {}
Crossing.__index = Crossing

--- Makes the matcher of a cleaned pattern.
function crossing.new(pattern)
  local list, tokens, at = text.characters(pattern), {}, 1
  local is_end = pattern:find("^%*%*[^*?%[%]\\/]+$") ~= nil
  while at <= #list do
    local token
    if list[at] == "*" and list[at + 1] == "*" then
      at = at + 2
      if list[at] == "/" then at = at + 1 end
      token = (at > #list or is_end and #tokens == 0) and "any" or "dirs"
    else
      token, at = name.token(list, at, pattern)
    end
    tokens[#tokens + 1] = token
  end
  return setmetatable({ tokens = tokens }, Crossing)
end

--- Adds a state and what can be reached from it without a character. A negative state is one
-- inside the text that "dirs" stands for, which has to end with a slash.
local function add(self, states, state)
  while not states[state] do
    states[state] = true
    local token = self.tokens[state]
    if token ~= "*" and token ~= "dirs" and token ~= "any" then return end
    state = state + 1
  end
end

function Crossing:start()
  local states = {}
  add(self, states, 1)
  return states
end

local function step(self, states, char)
  local after = {}
  for state in pairs(states) do
    local token = self.tokens[math.abs(state)]
    if token == "any" or token == "*" and char ~= "/" then
      add(self, after, state)
    elseif token == "dirs" then
      after[-math.abs(state)] = true
      if char == "/" then add(self, after, math.abs(state) + 1) end
    elseif token and token ~= "*" and name.fits(token, char) then
      add(self, after, state + 1)
    end
  end
  return after
end

--- Like Parts:advance. `is_first` says that no name is before this one.
function Crossing:advance(states, _, characters, is_first)
  if not is_first then states = step(self, states, "/") end
  for _, char in ipairs(characters) do
    if next(states) == nil then return nil, false end
    states = step(self, states, char)
  end
  return next(states) and states or nil, states[#self.tokens + 1] or false
end

return crossing
