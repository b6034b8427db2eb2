--- The JSON form of an instruction: ["a", "b"] (SEMANTICS 9, DF-04).
--
--   json_form.parse('["a", "b"]')  -> { "a", "b" }
--   json_form.parse('[a]')         -> nil: not JSON, so it is the shell form
--   json_form.parse('["a", 1]')    -> nil, message: JSON, but of more than strings
local json = require "lamina.core.json"

local json_form = {}

local named = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

--- `\uXXXX` behind the "u"; half a surrogate pair becomes U+FFFD.
local function unicode(text, at)
  local digits = text:match("^%x%x%x%x", at)
  if not digits then return nil end
  local code, behind = tonumber(digits, 16), at + 4
  if code >= 0xD800 and code <= 0xDBFF then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", behind) or "0", 16)
    if low >= 0xDC00 and low <= 0xDFFF then
      return utf8.char(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), behind + 6
    end
  end
  if code >= 0xD800 and code <= 0xDFFF then code = 0xFFFD end
  return utf8.char(code), behind
end

--- A string from behind its quote: its text and the place behind; nil when it is none.
local function string_at(text, at)
  local plain = text:match('^([^"\\\0-\31]*)"', at)
  if plain then return plain, at + #plain + 1 end
  local out = {}
  while true do
    local stop = text:find('["\\\0-\31]', at)
    if not stop then return nil end
    out[#out + 1] = text:sub(at, stop - 1)
    local char = text:sub(stop, stop)
    if char == '"' then return table.concat(out), stop + 1 end
    if char ~= "\\" then return nil end
    char, at = text:sub(stop + 1, stop + 1), stop + 2
    if char == "u" then
      out[#out + 1], at = unicode(text, at)
      if not at then return nil end
    else
      if not named[char] then return nil end
      out[#out + 1] = named[char]
    end
  end
end

local function skip(text, at)
  if (text:byte(at) or 0) > 32 then return at end
  return text:find("[^ \t\r\n]", at) or #text + 1
end

--- The strings of an array, nil where it is something else.
local function strings(text)
  local list, at = {}, skip(text, 2)
  if text:sub(at, at) == "]" then return skip(text, at + 1) > #text and list or nil end
  while text:sub(at, at) == '"' do
    local value, behind = string_at(text, at + 1)
    if not value then return nil end
    list[#list + 1] = value
    at = skip(text, behind)
    local char = text:sub(at, at)
    if char == "]" then return skip(text, at + 1) > #text and list or nil end
    if char ~= "," then return nil end
    at = skip(text, at + 1)
  end
end

function json_form.parse(text)
  if text:byte() ~= 91 then return nil end -- "["
  local list = strings(text)
  if list then return list end
  if json.decode(text) ~= nil then
    return nil, "the JSON form is a list of strings and nothing else"
  end
  return nil
end

return json_form
