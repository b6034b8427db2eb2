--- One name of a path against one part of a pattern: `*`, `?`, `[a-z]`, `[^a]`, `\` quotes.
--
--   local fits = name.compile("*.md")    -- a text that must be equal, or a list of tokens
--   name.matches(fits, "a.md")           -> true
--
-- Only the last star is ever tried again: at most length of part times length of name.
local failure = require "lamina.util.failure"
local text = require "lamina.util.text"

local name = {}

local function bad(pattern, why)
  failure.raise("invalid-input", ("pattern '%s': %s"):format(pattern:sub(1, 200), why))
end

--- One character of a class at a place, and the place behind it. "]" and "-" are none by
-- themselves, as in Go's filepath.Match.
local function class_character(list, at, pattern)
  if list[at] == "]" or list[at] == "-" then
    bad(pattern, ("'%s' in '[…]' stands for itself only behind '\\'"):format(list[at]))
  end
  if list[at] == "\\" then at = at + 1 end
  if not list[at] then bad(pattern, "an unclosed '['") end
  return list[at], at + 1
end

--- A class from behind its "[", and the place behind its "]".
local function class(list, at, pattern)
  local negated = list[at] == "^"
  local ranges = {}
  if negated then at = at + 1 end
  while list[at] ~= "]" or #ranges == 0 do
    local low, high
    low, at = class_character(list, at, pattern)
    high = low
    if list[at] == "-" then high, at = class_character(list, at + 1, pattern) end
    ranges[#ranges + 1] = { low, high }
  end
  return { negated = negated, ranges = ranges }, at + 1
end

--- One token of a pattern's characters at a place, and the place behind it: "*", "?", a class, or
-- { literal = "x" }.
function name.token(list, at, pattern)
  local char = list[at]
  if char == "*" or char == "?" then return char, at + 1 end
  if char == "[" then return class(list, at + 1, pattern) end
  if char == "\\" then
    at = at + 1
    char = list[at] or bad(pattern, "nothing is behind the '\\'")
  end
  return { literal = char }, at + 1
end

--- Whether a token that isn't a star fits a character.
function name.fits(token, char)
  if token == "?" then return char ~= "/" end
  if token.literal then return token.literal == char end
  local inside = false
  for _, range in ipairs(token.ranges) do
    inside = inside or (range[1] <= char and char <= range[2])
  end
  return inside ~= token.negated
end

function name.compile(part)
  if not part:find("[*?%[\\]") then return part end
  local tokens, list, at = {}, text.characters(part), 1
  while at <= #list do
    local token
    token, at = name.token(list, at, part)
    if token ~= "*" or tokens[#tokens] ~= "*" then tokens[#tokens + 1] = token end
  end
  return tokens
end

--- Whether a compiled part fits a whole name; `list` are the name's characters.
function name.matches(tokens, whole, list)
  if type(tokens) == "string" then return tokens == whole end
  local at, token, star, resume = 1, 1, nil, nil
  while at <= #list do
    local want = tokens[token]
    if want == "*" then
      star, resume, token = token, at, token + 1
    elseif want and name.fits(want, list[at]) then
      at, token = at + 1, token + 1
    elseif star then
      resume = resume + 1
      at, token = resume, star + 1
    else
      return false
    end
  end
  while tokens[token] == "*" do token = token + 1 end
  return token > #tokens
end

return name
