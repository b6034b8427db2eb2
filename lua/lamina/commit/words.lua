--- The text of one --change instruction, taken apart as a Dockerfile's is.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"

local words = {}

--- Where the quoted part that begins at `at` ends; an open quote goes on to the end.
local function past_quotes(text, at)
  local quote = text:sub(at, at)
  at = at + 1
  while at <= #text and text:sub(at, at) ~= quote do
    if quote == '"' and text:sub(at, at) == "\\" then at = at + 1 end
    at = at + 1
  end
  return at + 1
end

local function past_word(text, at)
  while at <= #text and not text:find("^%s", at) do
    local byte = text:sub(at, at)
    if byte == "'" or byte == '"' then
      at = past_quotes(text, at)
    else
      at = at + (byte == "\\" and 2 or 1)
    end
  end
  return at
end

--- Splits at blanks that no quote or backslash protects; quotes stay in the words.
function words.split(text)
  local list, at = {}, text:find("%S")
  while at do
    local behind = past_word(text, at)
    list[#list + 1] = text:sub(at, behind - 1)
    at = text:find("%S", behind)
  end
  return list
end

local function is_list_of_strings(value)
  for _, word in ipairs(value) do
    if type(word) ~= "string" then return false end
  end
  return true
end

--- The list of a JSON form, or nil for text that is none (SEMANTICS 9).
function words.json_form(text)
  if text:sub(1, 1) ~= "[" then return nil end
  local value = json.decode(text)
  if type(value) ~= "table" or not json.is_array(value) then return nil end
  if is_list_of_strings(value) then return value end
  failure.raise("invalid-input", "only strings may stand in a JSON list: " .. text)
end

--- The pairs of ENV and LABEL: `name=value …`, or `name value` where the first word has no "="
-- (SEMANTICS 11).
function words.pairs(text)
  local list = {}
  local split = words.split(text)
  if split[1] and not split[1]:find("=", 1, true) then
    local name, value = text:match("^%s*(%S+)%s+(.-)%s*$")
    if not name then failure.raise("invalid-input", ("'%s' needs a value"):format(text)) end
    return { { name, value } }
  end
  for i, word in ipairs(split) do
    local name, value = word:match("^([^=]+)=(.*)$")
    if not name then failure.raise("invalid-input", ("'%s' is not NAME=VALUE"):format(word)) end
    list[i] = { name, value }
  end
  return list
end

--- Cuts `--name=value` words from the front: the flags and the rest (SEMANTICS 7).
function words.flags(text)
  local flags = {}
  while true do
    local name, value, behind = text:match("^%s*%-%-([%w-]+)=?(%S*)%s*()")
    if not name then return flags, text end
    flags[name], text = value, text:sub(behind)
  end
end

return words
