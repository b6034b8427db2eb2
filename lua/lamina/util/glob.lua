--- Go's filepath.Match: `*` and `?` stop at a slash, `[a-z]` and `[^a]` are classes, `\` quotes.
--
-- The whole name must match. Only the last star is ever tried again, so that a hostile pattern
-- costs at most length of pattern times length of name.
local glob = {}

local bad = "bad pattern"

--- The character at a position: code point, width in bytes. A wrong byte counts as U+FFFD.
local function rune(s, at)
  local byte = s:byte(at)
  if byte < 0x80 then return byte, 1 end
  if not utf8.len(s, at, at) then return 0xFFFD, 1 end
  local code = utf8.codepoint(s, at)
  return code, #utf8.char(code)
end

--- One end of a range inside a class; nil when it is none.
local function class_rune(pattern, at)
  local c = pattern:sub(at, at)
  if c == "\\" then
    at = at + 1
    c = pattern:sub(at, at)
  elseif c == "-" or c == "]" then
    return nil
  end
  if c == "" then return nil end
  local code, width = rune(pattern, at)
  if code == 0xFFFD and width == 1 then return nil end
  return code, at + width
end

--- Reads a class from behind its "["; answers { negated=, {lo, hi}, … } and the position behind.
local function read_class(pattern, at)
  local class = { negated = pattern:sub(at, at) == "^" }
  if class.negated then at = at + 1 end
  repeat
    local low, high
    low, at = class_rune(pattern, at)
    if not low then return nil end
    high = low
    if pattern:sub(at, at) == "-" then
      high, at = class_rune(pattern, at + 1)
      if not high then return nil end
    end
    class[#class + 1] = { low, high }
  until pattern:sub(at, at) == "]"
  return class, at + 1
end

--- A pattern as a list of "*", "?", classes and literal bytes (numbers); nil if it is malformed.
local function compile(pattern)
  local items, at = {}, 1
  while at <= #pattern do
    local c = pattern:sub(at, at)
    local item = (c == "*" or c == "?") and c or c:byte()
    at = at + 1
    if c == "[" then
      item, at = read_class(pattern, at)
    elseif c == "\\" then
      item, at = pattern:byte(at), at + 1
    end
    if not item then return nil end
    items[#items + 1] = item
  end
  return items
end

local function in_class(class, code)
  for _, range in ipairs(class) do
    if range[1] <= code and code <= range[2] then return not class.negated end
  end
  return class.negated
end

--- The position behind what one item matches at a position, or nil.
local function step(item, name, at)
  local byte = name:byte(at)
  if not byte or byte == item then return byte and at + 1 end
  if type(item) == "number" or (item == "?" and byte == 47) then return nil end
  local code, width = rune(name, at)
  if item == "?" or in_class(item, code) then return at + width end
end

local function run(items, name)
  local i, at, star, star_at = 1, 1, nil, nil
  while i <= #items or at <= #name do
    if items[i] == "*" then
      star, star_at, i = i, at, i + 1
    else
      local next_at = items[i] and step(items[i], name, at)
      if next_at then
        i, at = i + 1, next_at
      elseif star and star_at <= #name and name:byte(star_at) ~= 47 then
        star_at = star_at + 1
        i, at = star + 1, star_at
      else
        return false
      end
    end
  end
  return true
end

-- A pattern is used on many names in a row: a build context, a list of images.
local last_pattern, last_items

--- Whether the whole name matches; nil, "bad pattern" when the pattern is malformed.
function glob.match(pattern, name)
  if pattern ~= last_pattern then last_pattern, last_items = pattern, compile(pattern) end
  if not last_items then return nil, bad end
  return run(last_items, name)
end

--- Whether a path holds a wildcard (a quoted one counts, as in Go).
function glob.has_wildcard(p)
  return p:find("[*?%[\\]") ~= nil
end

return glob
