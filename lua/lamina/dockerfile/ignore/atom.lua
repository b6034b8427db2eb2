--- What matches one character in a regular expression, or stands for a place in it, as Go has them.
--
--   atom.read({ "[", "a", "-", "c", "]", "$" }, 1)  -> { take = function(char) }, 6
--   atom.read({ "\\", "b" }, 1)                     -> { here = function(before, behind) }, 3
--
-- `take` answers whether it takes a character; `here` whether it is between two, nil where the text
-- begins or ends.
local failure = require "lamina.util.failure"

local atom = {}

function atom.bad(why)
  failure.raise("invalid-input", "to Docker, a regular expression: " .. why)
end

local function is_digit(char) return char:find("^%d$") ~= nil end
local function is_blank(char) return char:find("^[\t\n\f\r ]$") ~= nil end
local function is_word(char) return char ~= nil and char:find("^[%w_]$") ~= nil end
function atom.is_no_line_end(char) return char ~= "\n" end

local function negated(fits)
  return function(char) return not fits(char) end
end

--- What takes one character only.
function atom.one(wanted)
  return function(char) return char == wanted end
end

local function is_boundary(before, behind) return is_word(before) ~= is_word(behind) end
local function is_begin(before) return before == nil end
local function is_end(_, behind) return behind == nil end

-- What a letter behind a backslash stands for: a class, a character, a place.
local classes = { d = is_digit, s = is_blank, w = is_word, D = negated(is_digit),
  S = negated(is_blank), W = negated(is_word) }
local characters = { a = "\a", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v" }
local places = { A = is_begin, z = is_end, b = is_boundary,
  B = function(before, behind) return not is_boundary(before, behind) end }

local function escaped(char)
  if char and #char == 1 and not char:find("%w") then return char end
  return characters[char] or atom.bad(("'\\%s' means nothing"):format(char or ""))
end

-- Names of classes within a class: [[:alpha:]].
local posix = { alnum = "%w", alpha = "%a", blank = "[ \t]", cntrl = "%c", digit = "%d",
  graph = "[!-~]", lower = "%l", print = "[ -~]", punct = "%p", space = "%s", upper = "%u",
  word = "[%w_]", xdigit = "%x", ascii = "[%z\1-\127]" }

--- A class that has a name, at a place; nil where none is there.
local function named_class(list, at)
  if list[at] ~= "[" then return nil end
  local text = table.concat(list, "", at, math.min(at + 11, #list))
  local hat, name = text:match("^%[:(%^?)(.-):%]")
  if not name then return nil end
  local pattern = posix[name] or atom.bad(("there is no class '%s'"):format(name))
  local function fits(char) return #char == 1 and char:find("^" .. pattern) ~= nil end
  return hat == "" and fits or negated(fits), at + #hat + #name + 4
end

local function class_character(list, at)
  if list[at] == "\\" then return escaped(list[at + 1]), at + 2 end
  return list[at], at + 1
end

--- One item of a class: a function, and the place behind it.
local function class_item(list, at)
  local named, behind = named_class(list, at)
  if named then return named, behind end
  local class = list[at] == "\\" and classes[list[at + 1]]
  if class then return class, at + 2 end
  local low, high
  low, at = class_character(list, at)
  if list[at] ~= "-" or list[at + 1] == "]" then return atom.one(low), at end
  high, at = class_character(list, at + 1)
  if not high or high < low then atom.bad(("%s-%s is no range"):format(low, high or "")) end
  return function(char) return low <= char and char <= high end, at
end

--- A class behind its "[".
local function class(list, at)
  local is_negated, items = list[at] == "^", {}
  if is_negated then at = at + 1 end
  while list[at] ~= "]" or #items == 0 do
    if not list[at] then atom.bad("a ']' is missing") end
    items[#items + 1], at = class_item(list, at)
  end
  return function(char)
    for _, fits in ipairs(items) do
      if fits(char) then return not is_negated end
    end
    return is_negated
  end, at + 1
end

--- The atom at a place of a list of characters, and the place behind it.
function atom.read(list, at)
  local char, behind = list[at], list[at + 1]
  if char == "[" then
    local take, after = class(list, at + 1)
    return { take = take }, after
  elseif char == "." then
    return { take = atom.is_no_line_end }, at + 1
  elseif char == "^" or char == "$" then
    return { here = char == "^" and is_begin or is_end }, at + 1
  elseif char ~= "\\" then
    return { take = atom.one(char) }, at + 1
  elseif places[behind] then
    return { here = places[behind] }, at + 2
  end
  return { take = classes[behind] or atom.one(escaped(behind)) }, at + 2
end

return atom
