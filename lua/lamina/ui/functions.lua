--- The functions that templates know, and how Go prints values.
--
-- What comes out of the row is escaped when it is printed (SEC-02), the template's own text isn't.
-- So functions that mix the two answer a `Ready` text: escaped already where it has to be.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local text = require "lamina.util.text"

local functions = {}

local known = {}

local Ready = {}

local function ready(words)
  return setmetatable({ text = words }, Ready)
end

local function is_ready(value)
  return type(value) == "table" and getmetatable(value) == Ready
end

local function is_null(value)
  return value == nil or value == json.null
end

local function fail(message)
  failure.raise("usage", "--format: " .. message)
end

-- These print values; others look at them, and take a text as it is.
local printers = { print = true, println = true, printf = true }

--- Calls a function by its name.
function functions.call(name, ...)
  if printers[name] then return known[name](...) end
  local arguments = table.pack(...)
  for i = 1, arguments.n do
    if is_ready(arguments[i]) then arguments[i] = arguments[i].text end
  end
  return known[name](table.unpack(arguments, 1, arguments.n))
end

function functions.has(name)
  return known[name] ~= nil
end

function functions.list()
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

--- A map's keys in order; nil for a list.
function functions.keys(value)
  if #value > 0 or json.is_array(value) then return nil end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

--- A value as Go prints it: [a b], map[a:1], <no value>.
function functions.show(value)
  if is_null(value) then return "<no value>" end
  if type(value) ~= "table" then return tostring(value) end
  local keys, parts = functions.keys(value), {}
  for i, key in ipairs(keys or value) do
    parts[i] = keys and key .. ":" .. functions.show(value[key]) or functions.show(value[i])
  end
  return (keys and #keys > 0 and "map[" or "[") .. table.concat(parts, " ") .. "]"
end

--- A value ready for a terminal.
function functions.print(value)
  return is_ready(value) and value.text or text.escape(functions.show(value))
end

--- Go's truth: not empty, not zero.
function functions.is_true(value)
  if is_ready(value) then return value.text ~= "" end
  if type(value) == "table" then return next(value) ~= nil end
  return not (is_null(value) or value == false or value == 0 or value == "")
end

function known.json(value)
  if value == nil then value = json.null end
  return text.escape_json(failure.check(json.encode(value)))
end

function known.len(value)
  if type(value) == "string" then return #value end
  if type(value) ~= "table" then fail("len needs a list, a map or text") end
  return #(functions.keys(value) or value)
end

--- Fails unless a separator is text.
local function check_separator(name, separator)
  if type(separator) ~= "string" then fail(name .. " needs a text as separator") end
end

function known.join(list, separator)
  separator = separator == nil and " " or separator
  check_separator("join", separator)
  if type(list) ~= "table" then return is_null(list) and "" or functions.show(list) end
  local parts = {}
  for i, item in ipairs(list) do parts[i] = functions.print(item) end
  return ready(table.concat(parts, separator))
end

function known.split(value, separator)
  local list, at, s = json.array {}, 1, functions.show(value)
  check_separator("split", separator)
  if separator == "" then fail("split needs a text and a separator") end
  for from, to in function() return s:find(separator, at, true) end do
    list[#list + 1], at = s:sub(at, from - 1), to + 1
  end
  list[#list + 1] = s:sub(at)
  return list
end

function known.index(value, ...)
  for _, key in ipairs { ... } do
    if type(value) ~= "table" then return nil end
    value = value[math.type(key) == "integer" and key + 1 or key]
  end
  return value
end

function known.upper(value) return functions.show(value):upper() end

function known.lower(value) return functions.show(value):lower() end

function known.print(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = functions.print((select(i, ...))) end
  return ready(table.concat(parts, " "))
end

function known.println(...)
  return ready(known.print(...).text .. "\n")
end

--- Whether a verb's width is one that Lua's format takes as well: "-12", "5", none.
local function is_width(word)
  return word:find("^%-?$") ~= nil or word:find("^%-?[1-9]%d?$") ~= nil
end

--- Go's verbs that scripts use: %s %v %d %q.
function known.printf(format, ...)
  local arguments, at = table.pack(...), 0
  return ready((functions.show(format):gsub("%%([%-%d]*)(.)", function(width, verb)
    if verb == "%" then return "%" end
    if not verb:find("[svdq]") or not is_width(width) then
      fail(("printf: %%%s%s?"):format(width, verb))
    end
    at = at + 1
    local word = verb == "q" and functions.call("json", arguments[at])
      or functions.print(arguments[at])
    return ("%" .. width .. "s"):format(word)
  end)))
end

known["not"] = function(value) return not functions.is_true(value) end

known["and"] = function(...)
  local list = table.pack(...)
  for i = 1, list.n do
    if not functions.is_true(list[i]) then return list[i] end
  end
  return list[list.n]
end

known["or"] = function(...)
  local list = table.pack(...)
  for i = 1, list.n do
    if functions.is_true(list[i]) then return list[i] end
  end
  return list[list.n]
end

function known.eq(value, ...)
  for _, other in ipairs { ... } do
    if value == other then return true end
  end
  return false
end

function known.ne(a, b) return a ~= b end

--- Whether a value is less than another; only numbers and texts have an order.
local function is_less(a, b)
  local kind = type(a)
  if kind ~= type(b) or kind ~= "number" and kind ~= "string" then
    fail "lt and gt compare two numbers or two texts"
  end
  return a < b
end

function known.lt(a, b) return is_less(a, b) end

function known.gt(a, b) return is_less(b, a) end

return functions
