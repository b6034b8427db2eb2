--- A regular expression (expression.lua) as a matcher of paths.
--
-- It is made a list of instructions, of which all that can be reached are followed at once: time is
-- bounded by the length of the expression times that of the path. An instruction is
--
--   { take = } { here = }   an atom (atom.lua); goes on behind it where that is true
--   { to = { n, m } }       goes on there
--   { is_end = true }       it matches if the path ends here
local atom = require "lamina.dockerfile.ignore.atom"

local regular = {}

local Regular = {}
Regular.__index = Regular

--- Adds an instruction, or any number of times what it takes.
local function add(code, instruction, is_many)
  local at = #code + 1
  if is_many then
    code[at], code[at + 1], code[at + 2] = { to = { at + 1, at + 3 } }, instruction, { to = { at } }
  else
    code[at] = instruction
  end
end

local any = { take = function() return true end }

--- The only group that there is: (.*/)?
local function add_directories(code)
  local at = #code + 1
  code[at] = { to = { at + 1, at + 5 } }
  add(code, { take = atom.is_no_line_end }, true)
  add(code, { take = atom.one "/" })
end

local function is_count(list, at)
  if list[at] ~= "{" then return false end
  return table.concat(list, "", at, math.min(at + 11, #list)):find("^{%d+,?%d*}") ~= nil
end

--- Adds an alternative from a place on; answers the place behind it. One that isn't held at its end
-- goes on with any text.
local function add_alternative(code, list, at)
  if list[at] ~= "^" then add(code, any, true) end
  while list[at] and list[at] ~= "|" do
    if list[at] == "(" then
      add_directories(code)
      at = at + 6
    elseif is_count(list, at) then
      atom.bad "counts in braces can't be had"
    else
      local instruction
      instruction, at = atom.read(list, at)
      local is_many = list[at] == "*"
      add(code, instruction, is_many)
      if is_many then at = at + 1 end
    end
  end
  if list[at] then add(code, any, true) end
  code[#code + 1] = { is_end = true }
  return at + 1
end

--- The matcher of an expression's characters.
function regular.new(list)
  local code, begins, at = {}, {}, 1
  repeat
    begins[#begins + 1] = #code + 1
    at = add_alternative(code, list, at)
  until at > #list + 1
  return setmetatable({ code = code, begins = begins }, Regular)
end

--- The states before the first name: instructions, and the character before them.
function Regular:start()
  return { at = self.begins }
end

--- Calls visit(n) for each instruction that takes a character or ends, reached from some.
local function reach(self, from, before, behind, visit)
  local seen, waiting = {}, table.move(from, 1, #from, 1, {})
  while #waiting > 0 do
    local n = table.remove(waiting)
    local instruction = self.code[n]
    if not seen[n] then
      seen[n] = true
      if instruction.to then
        table.move(instruction.to, 1, #instruction.to, #waiting + 1, waiting)
      elseif not instruction.here then
        visit(n, instruction)
      elseif instruction.here(before, behind) then
        waiting[#waiting + 1] = n + 1
      end
    end
  end
end

local function step(self, states, char)
  local after = {}
  reach(self, states.at, states.before, char, function(n, instruction)
    if instruction.take and instruction.take(char) then after[#after + 1] = n + 1 end
  end)
  return { at = after, before = char }
end

--- Like Parts:advance of parts.lua. `is_first` says that no name is before this one.
function Regular:advance(states, _, list, is_first)
  if not is_first then states = step(self, states, "/") end
  for _, char in ipairs(list) do
    if #states.at == 0 then return nil, false end
    states = step(self, states, char)
  end
  local matches = false
  reach(self, states.at, states.before, nil, function(_, instruction)
    matches = matches or instruction.is_end or false
  end)
  return #states.at > 0 and states or nil, matches
end

return regular
