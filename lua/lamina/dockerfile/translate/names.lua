--- Names of Lua variables for stages and build arguments: near what they are called, never one
-- that the recipe language or Lua has, never two the same.
--
-- Lua has room for 200 local variables: when there are more names, they are fields of tables.
local literal = require "lamina.dockerfile.translate.literal"

local names = {}

local most_locals = 150

local reserved = {}
for word in ([[arg assert bind cache context diff error exists expand from git glob http image
  instruction ipairs json math merge next pairs pcall platform print read require secret select
  shell ssh string table target_platform tmpfs tonumber tostring type use utf8 yaml _G stages
  args]]):gmatch("%S+") do
  reserved[word] = true
end

local Names = {}
Names.__index = Names

--- `count` says how many names there will be.
function names.new(count)
  return setmetatable({ taken = {}, last = {}, is_crowded = count > most_locals }, Names)
end

local function sanitized(name)
  name = name:gsub("[^%w_]", "_")
  return name:find("^%d") and "_" .. name or name
end

local function unique(self, name, suffix)
  local candidate, count = name, self.last[name] or 1 -- many may be called the same
  if reserved[name] or not literal.is_name(name) then candidate = name .. suffix end
  while self.taken[candidate] or reserved[candidate] do
    count = count + 1
    candidate = ("%s_%d"):format(name, count)
  end
  self.taken[candidate], self.last[name] = true, count
  return candidate
end

--- What declares and what reads the variable of a stage or argument: "local x", "x".
function names.declare(self, name, suffix, holder)
  local variable = unique(self, sanitized(name), suffix)
  if not self.is_crowded then return "local " .. variable, variable end
  local field = holder .. "." .. variable
  return field, field
end

--- The lines that make the tables, nil when none is needed.
function names.tables(self)
  return self.is_crowded and "local args, stages = {}, {}" or nil
end

return names
