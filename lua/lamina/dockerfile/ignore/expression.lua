--- The regular expression that a pattern becomes in the reference, for what reaches it by accident.
--
-- Docker's matcher rewrites a pattern with a wildcard as a regular expression of Go's, character
-- by character. Most come to what they look like, and parts.lua and crossing.lua match these. In
-- others more of the expression shows: a class also takes "/", a "*" within it ends it, "|"
-- separates alternatives, and a backslash before a letter is a class or a place, not that letter.
--
--   expression.of("a[b/]c")  -> { "^", "a", "[", "b", "/", "]", "c", "$" }, nil for all others
local text = require "lamina.util.text"

local expression = {}

--- Whether nothing of a pattern is read in another way than it looks: its classes have letters and
-- digits or ranges of these, and what a backslash quotes is neither one of them nor a slash.
local function is_plain(pattern)
  local rest = pattern:gsub("\\[^%w/\128-\255]", ""):gsub("(%w)%-(%w)", function(low, high)
    return low <= high and low .. high or nil
  end)
  return not rest:gsub("%[[%w_\128-\255]+%]", ""):find("[%[\\{|}^]")
end

-- Characters that mean something to an expression and nothing to a pattern. The reference means to
-- quote { | } as well, and doesn't.
local quoted = {}
for char in (".+()$"):gmatch(".") do quoted[char] = true end

local function add(out, items)
  for char in items:gmatch(".") do out[#out + 1] = char end
end

-- What a pattern is to the reference: a name, the beginning or the end of one, or an expression.
local exact, prefix, suffix, full = "exact", "prefix", "suffix", "full"

--- Rewrites "**" at a place; answers the place behind it and what the pattern is now.
local function two_stars(out, list, at, kind)
  local behind = at + (list[at + 2] == "/" and 3 or 2)
  if behind <= #list then
    add(out, "(.*/)?")
    kind = full
  elseif kind == exact then
    kind = prefix
  else
    add(out, ".*")
    kind = full
  end
  return behind, at == 1 and suffix or kind
end

--- Rewrites what begins at a place in the same way.
local function rewrite(out, list, at, kind)
  local char = list[at]
  if char == "*" and list[at + 1] == "*" then return two_stars(out, list, at, kind) end
  if char == "*" or char == "?" then
    add(out, char == "*" and "[^/]*" or "[^/]")
    return at + 1, full
  end
  if quoted[char] then out[#out + 1] = "\\" end
  out[#out + 1] = char
  if char ~= "\\" then return at + 1, (char == "[" or char == "]") and full or kind end
  out[#out + 1] = list[at + 1]
  return at + 2, full
end

--- See the head of this file. The pattern is cleaned, and one that Go's filepath.Match takes.
function expression.of(pattern)
  if is_plain(pattern) then return nil end
  local list, out, at, kind = text.characters(pattern), { "^" }, 1, exact
  while at <= #list do at, kind = rewrite(out, list, at, kind) end
  out[#out + 1] = "$"
  return kind == full and out or nil
end

return expression
