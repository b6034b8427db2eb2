--- The patterns of ${x#pattern}, ${x%pattern} and ${x/pattern/word} (SEMANTICS 25).
--
-- `*` is any text and `?` one character, but for line ends; a backslash quotes. There are no
-- brackets. Work is bounded by length of pattern times length of value: no star is tried twice.
local failure = require "lamina.util.failure"
local text = require "lamina.util.text"

local pattern = {}

-- Characters of the pattern times those of the value.
local most_work = 1 << 26

local any = {} -- what `?` stands for

--- A pattern as parts between its stars: lists of characters.
local function parts_of(glob)
  local parts, part, is_quoted = {}, {}, false
  for _, char in ipairs(text.characters(glob)) do
    if is_quoted then
      part[#part + 1], is_quoted = char, false
    elseif char == "\\" then
      is_quoted = true
    elseif char == "*" then
      parts[#parts + 1], part = part, {}
    else
      part[#part + 1] = char == "?" and any or char
    end
  end
  if is_quoted then part[#part + 1] = "\\" end
  parts[#parts + 1] = part
  return parts
end

local function reversed(list)
  local other = {}
  for i, item in ipairs(list) do other[#list + 1 - i] = item end
  return other
end

local function fits(value, at, part)
  if at + #part - 1 > #value then return false end
  for i, want in ipairs(part) do
    local char = value[at + i - 1]
    if want ~= char and (want ~= any or char == "\n") then return false end
  end
  return true
end

--- The first place from `at` on where a part fits; a star before it passes no line end.
local function find_first(value, at, part)
  while at + #part - 1 <= #value do
    if fits(value, at, part) then return at end
    if value[at] == "\n" then return nil end
    at = at + 1
  end
end

--- The last such place.
local function find_last(value, at, part)
  local found, last = nil, at
  while last + #part - 1 <= #value do
    if fits(value, last, part) then found = last end
    if value[last] == "\n" then break end
    last = last + 1
  end
  return found
end

--- Where a match that begins at a place ends (the place behind it), as long or as short as can be;
-- nil when none begins there, and then whether none can begin later either.
local function match_at(value, at, parts, is_long)
  if not fits(value, at, parts[1]) then return nil, false end
  at = at + #parts[1]
  for i = 2, #parts do
    local find = is_long and i == #parts and find_last or find_first
    at = find(value, at, parts[i])
    if not at then return nil, true end
    at = at + #parts[i]
  end
  return at
end

local function check_work(value, glob)
  if #value * (#glob + 1) > most_work then
    failure.raise("invalid-input", "a pattern and the value it is tried on are too long")
  end
end

--- The value without its shortest (longest) beginning that the pattern matches.
function pattern.trim(value, glob, is_end, is_long)
  check_work(value, glob)
  local list, parts = text.characters(value), parts_of(glob)
  if is_end then
    list, parts = reversed(list), reversed(parts)
    for i, part in ipairs(parts) do parts[i] = reversed(part) end
  end
  local stop = match_at(list, 1, parts, is_long)
  if not stop then return value end
  local rest = table.move(list, stop, #list, 1, {})
  return table.concat(is_end and reversed(rest) or rest)
end

--- The value with the first (every) match replaced, the longest one at each place.
function pattern.replace(value, glob, by, is_all)
  check_work(value, glob)
  local list, parts, out = text.characters(value), parts_of(glob), {}
  local at, copied, last = 1, 1, nil
  while at <= #list + 1 do
    local stop, is_hopeless = match_at(list, at, parts, true)
    if is_hopeless and not value:find("\n", 1, true) then break end
    if stop and not (stop == at and last == at) then -- no empty one right behind another
      out[#out + 1] = table.concat(list, "", copied, at - 1) .. by
      copied, last = stop, stop
      if not is_all then break end
      at = math.max(stop, at + 1)
    else
      at = at + 1
    end
  end
  return table.concat(out) .. table.concat(list, "", copied, #list)
end

return pattern
