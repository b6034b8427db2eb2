--- What a recipe passes to its functions, checked and brought into one form. The place of the
-- call that is at work is blamed.
local check = require "lamina.util.check"
local place = require "lamina.recipe.place"
local size = require "lamina.util.size"

local argument = {}

local function kind_of(value)
  return type(value) == "nil" and "nothing" or type(value)
end

local function expected(what, wanted, value)
  place.blame(("%s: %s expected, got %s"):format(what, wanted, kind_of(value)))
end

--- A text; numbers count as what they look like.
function argument.text(value, what)
  if math.type(value) == "integer" then return tostring(value) end
  if type(value) ~= "string" then expected(what, "a string", value) end
  if value:find("\0", 1, true) then place.blame(what .. ": a zero byte is in the text") end
  return value
end

function argument.boolean(value, what)
  if type(value) ~= "boolean" then expected(what, "true or false", value) end
  return value
end

function argument.integer(value, what)
  if math.type(value) ~= "integer" then expected(what, "a whole number", value) end
  return value
end

--- Raises unless the table is a list without holes.
local function check_list(value, what)
  local count = 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" then expected(what, "a list", value) end
    count = count + 1
  end
  if count ~= #value then place.blame(what .. ": the list has a hole") end
end

--- A list of texts; a text alone is a list of one.
function argument.list(value, what)
  if type(value) ~= "table" then return { argument.text(value, what) } end
  check_list(value, what)
  local list = {}
  for i, item in ipairs(value) do list[i] = argument.text(item, what) end
  return list
end

--- The arguments of a call that takes one or more texts, or a list.
function argument.several(what, ...)
  if select("#", ...) == 1 then return argument.list((...), what) end
  return argument.list({ ... }, what)
end

--- A command: text (shell form) or list (exec form).
function argument.command(value, what)
  if type(value) ~= "table" then return argument.text(value, what) end
  return argument.list(value, what)
end

local function value_text(value, what)
  if type(value) == "boolean" then return tostring(value) end
  if math.type(value) == "float" then return tostring(value) end
  return argument.text(value, what)
end

local function sorted_keys(map, what)
  local keys = {}
  for key in pairs(map) do
    if type(key) ~= "string" then expected(what .. ": a name", "a string", key) end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function pair_of(item, what)
  if type(item) ~= "table" or #item ~= 2 then expected(what, "a pair { name, value }", item) end
  return { argument.text(item[1], what), value_text(item[2], what) }
end

--- Names and values: a table, taken in the order of its names, or a list of pairs in their own.
function argument.pairs(value, what)
  if type(value) ~= "table" then expected(what, "a table", value) end
  local list = {}
  if #value > 0 then
    check_list(value, what)
    for i, item in ipairs(value) do list[i] = pair_of(item, what) end
  else
    for i, key in ipairs(sorted_keys(value, what)) do
      list[i] = { key, value_text(value[key], what .. " " .. key) }
    end
  end
  return list
end

--- Permission bits: the digits are octal, as chmod(1) takes them, whether a text or a number.
function argument.mode(value, what)
  local mode = tonumber(argument.text(value, what):match("^[0-7]+$") or "", 8)
  if not mode or mode > 4095 then place.blame(what .. ": an octal mode up to 7777 expected") end
  return mode
end

--- Bytes of memory: a number, or a text as "64m".
function argument.size(value, what)
  return size.memory(argument.text(value, what))
    or place.blame(what .. ': a size like 1048576 or "64m" expected')
end

--- Calls `rows[key](value, what)` for each option; nil counts as no options. A key that isn't in
-- the rows is refused.
function argument.options(options, rows, what)
  if options == nil then return {} end
  if type(options) ~= "table" then expected(what .. ": the options", "a table", options) end
  local taken = {}
  for _, key in ipairs(sorted_keys(options, what .. ": the options")) do
    if not rows[key] then
      local names = sorted_keys(rows, what)
      local near = check.suggest(key, names)
      place.blame(("%s: unknown option '%s'"):format(what, key),
        near and ("did you mean '%s'?"):format(near) or "known are " .. table.concat(names, ", "))
    end
    taken[key] = rows[key](options[key], ("%s: %s"):format(what, key))
  end
  return taken
end

--- Blames a name that isn't known, and suggests the nearest.
function argument.unknown(what, name, names)
  table.sort(names)
  local near = check.suggest(tostring(name), names)
  local hint = near and ("did you mean '%s'?"):format(near)
  place.blame(("%s '%s'"):format(what, tostring(name)), hint)
end

return argument
