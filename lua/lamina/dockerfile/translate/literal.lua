--- Lua source for texts and tables, as a person would write them.
--
--   literal.text("it's")    -> "it's" in double quotes; long strings where they read better
--   literal.fields { { key, value } }   of sources made here
--   literal.render(source, indent, column) -> text that may go over several lines
--
-- A source is a text as literal.text makes it, { code = "…" } for any other expression, or a table
-- { values = { source, … }, keys = { [2] = "name" } }, whose keys are those of the values at the
-- same places; nil where none has one. In the fields of a table, code may be a bare text.
local safe = require "lamina.util.text"

local literal = {}

local width = 100

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch("%a+") do
  keywords[word] = true
end

function literal.is_name(text)
  return text:find("^[%a_][%w_]*$") ~= nil and not keywords[text]
end

-- What stands for a character between quotes.
local escapes = {}
for code = 0, 31 do escapes[string.char(code)] = ("\\x%02X"):format(code) end
escapes["\127"], escapes["\\"] = "\\x7F", "\\\\"
escapes["\n"], escapes["\t"], escapes["\r"] = "\\n", "\\t", "\\r"

--- Whether a text can be shown as it is. Most texts are printable ASCII, which is known fast.
local function is_safe(text, keep)
  return text:find("^[ -~]*$") ~= nil or safe.escape(text, keep) == text
end

-- Most texts: printable, without quotes, backslashes and brackets. (A pattern that is held at the
-- beginning is tried once, one that looks for what is not wanted at each character anew.)
local plain = "^[_-~#-Z !]*$"

--- A text as it stands between double quotes. What a terminal would act on is written as bytes.
local function inner(text)
  if text:find(plain) then return text end
  text = text:gsub("[%c\\]", escapes):gsub('"', '\\"')
  return is_safe(text) and text or safe.escape(text)
end

function literal.quoted(text)
  return '"' .. inner(text) .. '"'
end

--- A long string, its level such that nothing in the text ends it.
local function long(text, level)
  local is_long_line = text:find("\n", 1, true)
  while (text .. "]"):find("]" .. ("="):rep(level) .. "]", 1, true) do level = level + 1 end
  local equals = ("="):rep(level)
  return ("[%s[%s%s]%s]"):format(equals, is_long_line and "\n" or "", text, equals)
end

-- A text with more kinds of closing brackets than this is written in quotes.
local deepest_level = 8

--- Whether a long string can hold a text: it keeps no carriage return, and shows no control byte.
local function can_be_long(text)
  if not is_safe(text, "\n\t") then return false end
  return not text:find("]" .. ("="):rep(deepest_level), 1, true)
end

function literal.text(text)
  if text:find(plain) then return '"' .. text .. '"' end
  local has_double = text:find('"', 1, true)
  local is_plain = not text:find("\\", 1, true) and is_safe(text)
  if is_plain and not has_double then return '"' .. text .. '"' end
  if text:find("\n", 1, true) then
    return can_be_long(text) and long(text, 0) or literal.quoted(text)
  end
  if is_plain and not text:find("'", 1, true) then return "'" .. text .. "'" end
  if not text:find("\t", 1, true) and can_be_long(text) then return long(text, 0) end
  return literal.quoted(text)
end

--- A text over several lines that is one line: each part ends with \z, which skips the line end
-- and the blanks behind it. Blanks that begin a part go to the end of the line before.
function literal.joined(parts, indent)
  local lines, blanks = {}, ""
  for i = #parts, 1, -1 do
    local part = parts[i]
    local at = i > 1 and part:find("%S") or i > 1 and #part + 1 or 1
    lines[i] = inner(part:sub(at) .. blanks)
    blanks = part:sub(1, at - 1)
  end
  return '"' .. table.concat(lines, "\\z\n" .. (" "):rep(indent)) .. '"'
end

--- Names and values as a table.
function literal.fields(fields)
  local keys, values = {}, {}
  for i, field in ipairs(fields) do keys[i], values[i] = field[1], field[2] end
  return { keys = keys, values = values }
end

function literal.key(key)
  -- never a long string: its brackets would join the key's
  return literal.is_name(key) and key .. " = " or "[" .. literal.quoted(key) .. "] = "
end

--- How much of a text counts for the width: its first line.
local function first_width(text)
  return (text:find("\n", 1, true) or #text + 1) - 1
end

local function in_one_line(node)
  if type(node) == "string" then return node end
  local values, keys = node.values, node.keys
  if not values then return node.code end
  if #values == 0 then return "{}" end
  local parts = {}
  for i = 1, #values do
    local key, value = keys and keys[i], in_one_line(values[i])
    parts[i] = key and literal.key(key) .. value or value
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

--- The source as text; what is too wide for one line gets a line for each item.
function literal.render(node, indent, column)
  if type(node) == "string" then return node end
  local text = in_one_line(node)
  if column + #text <= width then return text end
  if not node.values or column + first_width(text) <= width then return text end
  local lines, keys = { "{" }, node.keys or {}
  for i, value in ipairs(node.values) do
    local key = keys[i] and literal.key(keys[i]) or ""
    lines[#lines + 1] = (" "):rep(indent + 2) .. key
      .. literal.render(value, indent + 2, indent + 2 + #key) .. ","
  end
  lines[#lines + 1] = (" "):rep(indent) .. "}"
  return table.concat(lines, "\n")
end

--- A call: method and sources of its arguments. One text or table needs no parentheses.
function literal.call(method, arguments, indent)
  local column = indent + #method + 1
  if #arguments == 1 then
    local first = arguments[1]
    if type(first) == "string" then return method .. " " .. first end
    local one = literal.render(first, indent, column)
    return first.code and method .. "(" .. one .. ")" or method .. " " .. one
  end
  local parts = {}
  for i, argument in ipairs(arguments) do
    local one = literal.render(argument, indent, column)
    parts[i] = one
    local last_break = one:find("\n", 1, true) and one:find("\n[^\n]*$")
    column = last_break and #one - last_break + 2 or column + #one + 2
  end
  return method .. "(" .. table.concat(parts, ", ") .. ")"
end

return literal
