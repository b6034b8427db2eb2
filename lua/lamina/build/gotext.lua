--- How Go prints values: history texts are compared with those of other builders (SEMANTICS 88).
local gotext = {}

local named = {
  ["\a"] = "\\a", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t", ["\v"] = "\\v", ["\\"] = "\\\\",
}

local function escape(byte)
  return named[byte] or ("\\x%02x"):format(byte:byte())
end

--- %q of a string. Valid UTF-8 stays readable; anything else is shown byte by byte.
function gotext.quote(s)
  s = s:gsub('[%z\1-\31\127\\]', escape):gsub('"', '\\"')
  if not utf8.len(s) then s = s:gsub("[\128-\255]", escape) end
  return '"' .. s .. '"'
end

--- %q of a list of strings: ["a" "b"].
function gotext.quoted_list(list)
  local words = {}
  for i, word in ipairs(list) do words[i] = gotext.quote(word) end
  return "[" .. table.concat(words, " ") .. "]"
end

--- %v of a list of strings: [a b].
function gotext.list(list)
  return "[" .. table.concat(list, " ") .. "]"
end

-- What Go writes for a number that no character has.
local replacement = 0xFFFD

--- %q of a number from 0 on, which Go takes for a character.
function gotext.rune(number)
  local is_one = number <= 0x10FFFF and not (number >= 0xD800 and number <= 0xDFFF)
  local char = utf8.char(is_one and number or replacement)
  if named[char] then return "'" .. named[char] .. "'" end
  if char == "'" then return "'\\''" end
  return number < 32 and ("'\\x%02x'"):format(number) or "'" .. char .. "'"
end

return gotext
