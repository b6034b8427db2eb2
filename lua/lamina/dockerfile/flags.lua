--- Flags of an instruction: cut from its beginning, then read by the instruction's rows.
--
--   flags.cut('--from=build --link a b')  -> { "--from=build", "--link" }, "a b"
--   flags.read(row.flags, words, complain) -> { from = "build", link = true }
--
-- A row is { name =, kind =, choices = {…} }; the key in the result is the name with "_" for "-".
-- Kinds are "string", "boolean" and "list", which may be there several times; built-in instructions
-- also have "stage", what --from names, and "mount", a list of what --mount says.
local check = require "lamina.util.check"

local flags = {}

local keys = {} -- by name

--- What a flag's value goes by.
function flags.key(name)
  local key = keys[name] or name:gsub("-", "_")
  keys[name] = key
  return key
end

--- One word with quotes and backslashes; what flags are quoted with is "\" whatever the
-- directive says (SEMANTICS 7). Answers the word and the place behind it.
local function quoted_word(text, at)
  local out, quote = {}, nil
  while at <= #text do
    local char = text:sub(at, at)
    if not quote and char:find("%s") then break end
    if char == "\\" then
      at = at + 1
      out[#out + 1] = text:sub(at, at)
    elseif quote and char == quote then
      quote = nil
    elseif not quote and (char == "'" or char == '"') then
      quote = char
    else
      out[#out + 1] = char
    end
    at = at + 1
  end
  return table.concat(out), at
end

--- The words with "--" at the beginning of a text, and the text behind them. "--" alone ends
-- them and is dropped.
function flags.cut(text)
  local words, at = {}, text:find("%S") or #text + 1
  while text:find("^%-%-", at) do
    local _, last = text:find("^[^%s'\"\\]+", at)
    local word = text:sub(at, last)
    if last < #text and not text:find("^%s", last + 1) then
      word, last = quoted_word(text, at)
      last = last - 1
    end
    at = text:find("%S", last + 1) or #text + 1
    if word == "--" then break end
    words[#words + 1] = word
  end
  return words, text:sub(at)
end

local function names_of(rows)
  local names = {}
  for i, row in ipairs(rows) do names[i] = "--" .. row.name end
  return names
end

local function find(rows, name, complain, is_command)
  for _, row in ipairs(rows) do
    if row.name == name then return row end
  end
  local names = names_of(rows)
  local near = check.suggest("--" .. name, names)
  local hint = near and ("did you mean '%s'?"):format(near)
    or is_command and "if it belongs to the command, write -- before it"
    or #names > 0 and "known are " .. table.concat(names, ", ") or "it takes none"
  complain(("unknown flag '--%s'"):format(name), hint)
end

local truths = { ["true"] = true, ["false"] = false }

local convert = {}

function convert.boolean(row, value, complain)
  if value == nil then return true end
  local truth = truths[value:lower()]
  if truth == nil then
    complain(("--%s is true or false, not '%s'"):format(row.name, value))
  end
  return truth
end

function convert.string(row, value, complain)
  if value == nil then
    complain(("--%s needs a value"):format(row.name), ("write --%s=VALUE"):format(row.name))
  end
  for _, choice in ipairs(row.choices or {}) do
    if choice == value then return value end
  end
  if row.choices then
    complain(("--%s can't be '%s'"):format(row.name, value),
      "it is one of " .. table.concat(row.choices, ", "))
  end
  return value
end

convert.list, convert.stage, convert.mount = convert.string, convert.string, convert.string

local is_many = { list = true, mount = true }

--- The values of the flags by name (SEMANTICS 8). `complain(message, hint)` raises; what follows
-- may be a command with words of its own that look like flags.
function flags.read(rows, words, complain, is_command)
  local values = {}
  for _, word in ipairs(words) do
    local at = word:find("=", 3, true)
    local name, value = word:sub(3, at and at - 1), at and word:sub(at + 1)
    local row = find(rows, name, complain, is_command)
    local key = flags.key(row.name)
    value = convert[row.kind](row, value, complain)
    if is_many[row.kind] then
      values[key] = values[key] or {}
      table.insert(values[key], value)
    elseif values[key] ~= nil then
      complain(("--%s is given twice"):format(name))
    else
      values[key] = value
    end
  end
  return values
end

return flags
