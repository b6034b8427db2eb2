--- Whether a text is a Dockerfile or a recipe, where its file's name doesn't say it.
--
-- What stands first tells. A line of a recipe never begins with "#", and an instruction is followed
-- by words where a recipe calls a function: `from "busybox"` is Lua, `FROM busybox` isn't. An
-- instruction may be misspelt, or be one that can't come first: its author still hears of
-- a Dockerfile's mistake, and not of Lua's.
local check = require "lamina.util.check"
local instructions = require "lamina.dockerfile.instructions"

local guess = {}

local looked_at = 65536 -- bytes

--- The first line that isn't blank.
local function first_line(text)
  text = text:sub(1, looked_at):gsub("^\239\187\191", "")
  return text:match("[^\r\n]*%S[^\r\n]*") or ""
end

--- In capitals, which Lua's words are not: near an instruction is enough, and quotes, lists and
-- braces may follow as they do in a Dockerfile.
local function is_in_capitals(word, rest)
  return not word:find("%l") and not rest:find("^[=,]")
    and (instructions.find(word) or check.suggest(word, instructions.names)) ~= nil
end

local function is_in_any_case(word, rest)
  return rest ~= "" and not rest:find("^[\"'%[({=,]") and instructions.find(word) ~= nil
end

function guess.is_dockerfile(text)
  local line = first_line(text)
  if line:find("^%s*#") then return true end
  local word, rest = line:match("^%s*(%a+)%f[%s\0]%s*(.*)$")
  return word ~= nil and (is_in_capitals(word, rest) or is_in_any_case(word, rest))
end

return guess
