--- Variables in words, as Dockerfiles expand them (SEMANTICS 23-27).
--
--   words.expand("$HOME/${x:-y}", lookup)   -> one text; quotes are removed
--   words.split("$PORTS 80", lookup)        -> several words: what was not quoted is split
--
-- lookup(name) answers a value, or nil for an unset variable. `escape` is "\" or "`".
local failure = require "lamina.util.failure"

local words = {}

local deepest, longest = 100, 1 << 20
local unended = "unexpected end of statement while looking for "

local Scanner = {}
Scanner.__index = Scanner

local function refuse(text, why)
  failure.raise("invalid-input", ("%s in '%s'"):format(why, text:sub(1, 200)))
end

function Scanner:refuse(why)
  refuse(self.text, why)
end

function Scanner:peek()
  return self.text:sub(self.at, self.at)
end

function Scanner:next()
  local char = self:peek()
  self.at = self.at + 1
  return char
end

-- A glob as a Lua pattern: `*` and `?` only, the rest literal.
local function to_pattern(glob, greedy)
  local out, i = {}, 1
  while i <= #glob do
    local char = glob:sub(i, i)
    if char == "*" then
      out[#out + 1] = greedy and ".*" or ".-"
    elseif char == "?" then
      out[#out + 1] = "."
    else
      if char == "\\" and i < #glob then
        i = i + 1
        char = glob:sub(i, i)
      end
      out[#out + 1] = char:gsub("%W", "%%%0")
    end
    i = i + 1
  end
  return table.concat(out)
end

--- Whether a glob matches a whole text, in time proportional to both: no backtracking beyond the
-- last star.
local function glob_matches(glob, value)
  local tokens, i = {}, 1
  while i <= #glob do
    local char = glob:sub(i, i)
    if char == "\\" and i < #glob then
      i = i + 1
      tokens[#tokens + 1] = { glob:sub(i, i) }
    else
      tokens[#tokens + 1] = char
    end
    i = i + 1
  end
  local at, token, star, resume = 1, 1, nil, nil
  while at <= #value do
    local want = tokens[token]
    local literal = type(want) == "table" and want[1] or want
    if want == "*" then
      star, resume, token = token, at, token + 1
    elseif want == "?" or literal == value:sub(at, at) then
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

--- The value without the shortest or longest beginning (or end) that the glob matches.
local function trim(value, glob, from_end, want_longest)
  local first, last, step = 0, #value, 1
  if want_longest then first, last, step = #value, 0, -1 end
  for length = first, last, step do
    local part = from_end and value:sub(#value - length + 1) or value:sub(1, length)
    if glob_matches(glob, part) then
      return from_end and value:sub(1, #value - length) or value:sub(length + 1)
    end
  end
  return value
end

local function replace(value, glob, by, all)
  local pattern = to_pattern(glob, true)
  if pattern == "" then return value end
  return (value:gsub(pattern, function() return by end, all and nil or 1))
end

--- The text of an operator's operand up to `stops`, expanded; the stop is taken.
function Scanner:operand(stops)
  return self:scan(stops)
end

--- `${name…}` behind the "${".
function Scanner:braced()
  local name = self.text:match("^[%a_][%w_]*", self.at) or self.text:match("^[%d@*#?$!-]", self.at)
  if not name then
    if self:peek() == "" then self:refuse(unended .. "'}'") end
    self:refuse("bad substitution")
  end
  self.at = self.at + #name
  local value = self.lookup(name)
  local char = self:next()
  if char == "}" then return value or "" end
  if char == "" then self:refuse(unended .. "'}'") end
  if char == ":" then return self:conditional(name, value, self:next(), true) end
  if char:find("[-+?]") then return self:conditional(name, value, char, false) end
  if char == "#" or char == "%" then return self:trimmed(value or "", char) end
  if char == "/" then return self:replaced(value or "") end
  return self:refuse(("unsupported modifier (%s) in substitution"):format(char))
end

function Scanner:conditional(name, value, operator, empty_is_unset)
  if not operator:find("^[-+?]$") then
    self:refuse(("unsupported modifier (:%s) in substitution"):format(operator))
  end
  local word = self:operand("}")
  local is_set = value ~= nil and not (empty_is_unset and value == "")
  if operator == "-" then return is_set and value or word end
  if operator == "+" then return is_set and word or "" end
  if is_set then return value end
  if word == "" then word = "is not allowed to be unset" end
  failure.raise("invalid-input", ("%s: %s"):format(name, word))
end

function Scanner:trimmed(value, operator)
  local want_longest = self:peek() == operator
  if want_longest then self.at = self.at + 1 end
  self.raw = true
  local glob = self:operand("}")
  self.raw = false
  return trim(value, glob, operator == "%", want_longest)
end

function Scanner:replaced(value)
  local all = self:peek() == "/"
  if all then self.at = self.at + 1 end
  self.raw = true
  local glob = self:operand("/")
  self.raw = false
  local by = self:operand("}")
  return replace(value, glob, by, all)
end

function Scanner:dollar()
  if self:peek() == "{" then
    self.at = self.at + 1
    self.depth = self.depth + 1
    if self.depth > deepest then self:refuse("nested too deeply") end
    local value = self:braced()
    self.depth = self.depth - 1
    return value
  end
  local name = self.text:match("^[%a_][%w_]*", self.at) or self.text:match("^[%d@*#?$!-]", self.at)
  if not name then return "$" end
  self.at = self.at + #name
  return self.lookup(name) or ""
end

function Scanner:single_quoted()
  local stop = self.text:find("'", self.at, true)
  if not stop then self:refuse(unended .. "matching single-quote") end
  local text = self.text:sub(self.at, stop - 1)
  self.at = stop + 1
  return text
end

function Scanner:double_quoted()
  local out = {}
  while true do
    local char = self:next()
    if char == "" then
      self:refuse(unended .. "matching double-quote")
    elseif char == '"' then
      return table.concat(out)
    elseif char == "$" then
      out[#out + 1] = self:dollar()
    elseif char == self.escape then
      local escaped = self:next()
      local known = escaped == '"' or escaped == "$" or escaped == self.escape
      out[#out + 1] = known and escaped or char .. escaped
    else
      out[#out + 1] = char
    end
  end
end

--- Takes characters until one of `stops` (or the end, without stops), expanded.
function Scanner:scan(stops)
  local out, size = {}, 0
  local function add(text, is_quoted)
    size = size + #text
    if size > longest then self:refuse("expands to more than 1 MiB") end
    out[#out + 1] = text
    if self.on_text then self.on_text(text, is_quoted) end
  end
  while true do
    local char = self:next()
    if char == "" then
      if stops then self:refuse(unended .. ("'%s'"):format(stops)) end
      return table.concat(out)
    elseif char == stops then
      return table.concat(out)
    elseif char == "'" then
      add(self:single_quoted(), true)
    elseif char == '"' then
      add(self:double_quoted(), true)
    elseif char == "$" then
      local hear = self.on_text
      self.on_text = nil
      local value = self:dollar()
      self.on_text = hear
      add(value, false)
    elseif char == self.escape then
      local escaped = self:next()
      -- in a pattern the escape keeps its meaning, save before what ends the pattern
      local keeps = self.raw and escaped ~= "/" and escaped ~= "}"
      add(keeps and char .. escaped or escaped, true)
    else
      add(char, false)
    end
  end
end

local function scanner(text, lookup, options)
  return setmetatable({ text = text, at = 1, lookup = lookup, depth = 0,
    escape = options and options.escape or "\\" }, Scanner)
end

--- The text with variables expanded and quotes removed; raises a failure "invalid-input".
function words.expand(text, lookup, options)
  if not text:find("[$'\"\\`]") then return text end
  return scanner(text, lookup, options):scan(nil)
end

--- Like expand, then split at blanks that are not quoted; an empty quoted word counts.
function words.split(text, lookup, options)
  local list, current = {}, nil
  local self = scanner(text, lookup, options)
  function self.on_text(part, is_quoted)
    if is_quoted then
      current = (current or "") .. part
      return
    end
    for char in part:gmatch(".") do
      if char:find("%s") then
        list[#list + 1] = current
        current = nil
      else
        current = (current or "") .. char
      end
    end
  end
  self:scan(nil)
  list[#list + 1] = current
  return list
end

return words
