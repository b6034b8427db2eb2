--- .dockerignore: which paths of a context are left out (SEMANTICS 59, 60).
--
--   local patterns = ignore.parse(text)
--   local verdict = ignore.matcher(patterns)
--   verdict("a/b", false)    -> "keep" | "skip" | "prune"
--
-- The last pattern that matches a path, or a directory above it, decides; `!` takes back in. A
-- directory that is left out is pruned unless a later `!` could take back something in it. A
-- pattern is anchored at the root; `**` stands for any number of directories.
local failure = require "lamina.util.failure"
local path = require "lamina.util.path"

local ignore = {}

--- One line as a pattern { parts, negated }, nil for what is none.
local function parse_line(line)
  local negated = line:sub(1, 1) == "!"
  local text = line:gsub("^!", ""):match("^%s*(.-)%s*$")
  if text == "" then
    if negated then failure.raise("invalid-input", ".dockerignore: '!' alone excludes nothing") end
    return nil
  end
  text = path.clean(text)
  if #text > 1 then text = text:gsub("^/", "") end
  if text == "." or text == "/" then
    if negated then return nil end
    text = "**" -- everything
  end
  local parts = {}
  for part in text:gmatch("[^/]+") do
    if not (part == "**" and parts[#parts] == "**") then parts[#parts + 1] = part end
  end
  return { parts = parts, negated = negated, text = text }
end

--- Reads an ignore file: comments, blank lines and a byte-order mark mean nothing.
function ignore.parse(text)
  local patterns = {}
  text = text:gsub("^\239\187\191", "")
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    line = line:match("^%s*(.-)%s*$")
    if line ~= "" and line:sub(1, 1) ~= "#" then patterns[#patterns + 1] = parse_line(line) end
  end
  return patterns
end

--- A character class behind its "[": a test and where it ends, nil when it doesn't.
local function class(part, at)
  local negated = part:sub(at, at) == "^"
  local ranges, i = {}, negated and at + 1 or at
  while i <= #part do
    local low = part:sub(i, i)
    if low == "]" and #ranges > 0 then
      return { negated = negated, ranges = ranges }, i + 1
    end
    if low == "\\" then
      i = i + 1
      low = part:sub(i, i)
    end
    local high = low
    if part:sub(i + 1, i + 1) == "-" and part:sub(i + 2, i + 2) ~= "]" then
      i = i + 2
      high = part:sub(i, i)
      if high == "\\" then
        i = i + 1
        high = part:sub(i, i)
      end
    end
    if low == "" or high == "" then return nil end
    ranges[#ranges + 1] = { low, high }
    i = i + 1
  end
end

--- A part as a list of tokens: text to be equal, "*", "?", "**" inside a part, or a class.
local function compile(part)
  local tokens, i = {}, 1
  while i <= #part do
    local char = part:sub(i, i)
    i = i + 1
    if char == "*" then
      if tokens[#tokens] ~= "*" then tokens[#tokens + 1] = "*" end
    elseif char == "?" then
      tokens[#tokens + 1] = "?"
    elseif char == "[" then
      local set, behind = class(part, i)
      if not set then
        failure.raise("invalid-input", (".dockerignore: '%s' has an unclosed '['"):format(part))
      end
      tokens[#tokens + 1], i = set, behind
    else
      if char == "\\" and i <= #part then
        char = part:sub(i, i)
        i = i + 1
      end
      tokens[#tokens + 1] = { literal = char }
    end
  end
  return tokens
end

local function token_matches(token, char)
  if token == "?" then return true end
  if token.literal then return token.literal == char end
  local inside = false
  for _, range in ipairs(token.ranges) do
    inside = inside or (range[1] <= char and char <= range[2])
  end
  return inside ~= token.negated
end

--- Whether a part matches a name; a star gives way one character at a time, the last one only.
local function part_matches(tokens, name)
  local at, token, star, resume = 1, 1, nil, nil
  while at <= #name do
    local want = tokens[token]
    if want == "*" then
      star, resume, token = token, at, token + 1
    elseif want and token_matches(want, name:sub(at, at)) then
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

local function is_plain(part)
  return not part:find("[*?%[\\]")
end

local function compiled(pattern)
  local parts = {}
  for i, part in ipairs(pattern.parts) do
    parts[i] = part == "**" and "**" or is_plain(part) and part or compile(part)
  end
  return { parts = parts, negated = pattern.negated, count = #parts }
end

local function step_matches(part, name)
  if type(part) == "string" then return part == name end
  return part_matches(part, name)
end

--- The states after a name: which parts of the pattern could come next. "**" may stand for none
-- or any number of directories; at the end of a pattern it stands for at least one name.
local function advance(pattern, states, name)
  local after = {}
  for state in pairs(states) do
    local part = pattern.parts[state]
    if part == "**" then
      after[state] = true
      if state == pattern.count then after[pattern.count + 1] = true end
    elseif part ~= nil and step_matches(part, name) then
      after[state + 1] = true
    end
  end
  for state in pairs(after) do
    local at = state
    while pattern.parts[at] == "**" and at < pattern.count do
      at = at + 1
      after[at] = true
    end
  end
  return after
end

local function begin(pattern)
  local states = { [1] = true }
  local at = 1
  while pattern.parts[at] == "**" and at < pattern.count do
    at = at + 1
    states[at] = true
  end
  return states
end

local function names_of(text)
  local names = {}
  for name in text:gmatch("[^/]+") do names[#names + 1] = name end
  return names
end

--- Whether the pattern matches the path or a directory above it, and whether it could match
-- something below.
local function try(pattern, names)
  local states = begin(pattern)
  for _, name in ipairs(names) do
    states = advance(pattern, states, name)
    if states[pattern.count + 1] then return true, true end
    if next(states) == nil then return false, false end
  end
  return false, true
end

--- A function(path, is_dir) for paths below the root, written with "/".
function ignore.matcher(patterns)
  local list = {}
  for i, pattern in ipairs(patterns) do list[i] = compiled(pattern) end
  return function(text, is_dir)
    local names = names_of(text)
    local excluded, may_return = false, false
    for _, pattern in ipairs(list) do
      local matches, below = try(pattern, names)
      if matches then
        excluded = not pattern.negated
        if excluded then may_return = false end
      elseif pattern.negated and below then
        may_return = true
      end
    end
    if not excluded then return "keep" end
    return is_dir and not may_return and "prune" or "skip"
  end
end

return ignore
