--- Variables in words, as Dockerfiles and recipes expand them (SEMANTICS 23-27).
--
--   words.expand("$HOME/${x:-y}", lookup)   -> one text; quotes are removed
--   words.split("$PORTS 80", lookup)        -> several words: what was not quoted is split
--
-- lookup(name) answers a value, or nil for an unset variable. Options: `escape` ("\" or "`"), or
-- `dialect`, one of word/scan.lua: scan.recipe knows no quotes.
local failure = require "lamina.util.failure"
local pattern = require "lamina.util.word.pattern"
local scan = require "lamina.util.word.scan"

local words = {}

local longest = 1 << 20

local evaluate

local function variable(node, lookup)
  local value, op = lookup(node.name), node.op
  if not op then return value or "" end
  if op == "/" then
    return pattern.replace(value or "", evaluate(node.pattern, lookup),
      evaluate(node.word, lookup), node.is_all)
  end
  local word = evaluate(node.word, lookup)
  if op == "#" or op == "%" then
    local is_long = word:sub(1, 1) == op
    return pattern.trim(value or "", is_long and word:sub(2) or word, op == "%", is_long)
  end
  local is_set = value ~= nil and (#op == 1 or value ~= "")
  op = op:sub(-1)
  if op == "+" then return is_set and word or "" end
  if is_set then return value end
  if op == "-" then return word end
  if word == "" then word = value and "it is empty" or "it is not set" end
  failure.raise("invalid-input", ("%s: %s"):format(node.name, word))
end

--- Calls add(text, is_quoted) for each piece. More than 1 MiB is refused (DF-03).
local function each(nodes, lookup, add)
  local size = 0
  for _, node in ipairs(nodes) do
    local text = node.text or variable(node, lookup)
    size = size + #text
    if size > longest then
      failure.raise("invalid-input", "a word expands to more than 1 MiB")
    end
    add(text, node.is_quoted)
  end
end

function evaluate(nodes, lookup)
  local out = {}
  each(nodes, lookup, function(text) out[#out + 1] = text end)
  return table.concat(out)
end

local function dialect_of(options)
  return options and options.dialect or scan.docker(options and options.escape or "\\")
end

--- The text with variables expanded and quotes removed; raises a failure "invalid-input".
function words.expand(text, lookup, options)
  if not text:find("[$'\"\\`]") then return text end
  return evaluate(scan.nodes(text, dialect_of(options)), lookup)
end

--- Like expand, then split at blanks that are not quoted.
function words.split(text, lookup, options)
  local list, current = {}, {}
  local function finish()
    local word = table.concat(current)
    if word ~= "" then list[#list + 1] = word end
    current = {}
  end
  each(scan.nodes(text, dialect_of(options)), lookup, function(part, is_quoted)
    if is_quoted then
      current[#current + 1] = part
      return
    end
    for blanks, word in part:gmatch("(%s*)(%S*)") do
      if blanks ~= "" then finish() end
      current[#current + 1] = word
    end
  end)
  finish()
  return list
end

return words
