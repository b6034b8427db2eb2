--- The part of Go's templates that `--format` needs.
--
--   {{.Field}}  {{.Config.Env}}  {{json .}}  {{.Names | json}}  {{index .Labels "key"}}
--   {{join .Cmd " "}}  {{len .Layers}}  {{upper .Tag}}  {{lower .Tag}}
--
-- What a template puts in is escaped; \t and \n in its own text are a tab and a new line.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local text = require "lamina.util.text"

local template = {}

local function fail(message, hint)
  failure.raise("usage", "--format: " .. message, { hint = hint })
end

local function is_null(value)
  return value == nil or type(value) == "userdata"
end

local function encode(value)
  local json = require "lamina.core.json"
  if value == nil then value = json.null end
  return failure.check(json.encode(value))
end

local show

--- Go's way to print a map or a list.
local function show_table(value)
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  if #value > 0 or #keys == 0 then
    for i, item in ipairs(value) do parts[i] = show(item) end
    return "[" .. table.concat(parts, " ") .. "]"
  end
  table.sort(keys)
  for i, key in ipairs(keys) do parts[i] = key .. ":" .. show(value[key]) end
  return "map[" .. table.concat(parts, " ") .. "]"
end

function show(value)
  if is_null(value) then return "<no value>" end
  return type(value) == "table" and show_table(value) or tostring(value)
end

local functions = {}

functions.json = encode

function functions.len(value)
  if type(value) == "string" then return #value end
  if type(value) ~= "table" then fail("len needs a list, a map or text") end
  local n = 0
  for _ in pairs(value) do n = n + 1 end
  return n
end

function functions.join(list, separator)
  if type(list) ~= "table" then return is_null(list) and "" or show(list) end
  local parts = {}
  for i, item in ipairs(list) do parts[i] = show(item) end
  return table.concat(parts, separator or " ")
end

function functions.index(value, ...)
  for _, key in ipairs { ... } do
    if type(value) ~= "table" then return nil end
    value = value[math.type(key) == "integer" and key + 1 or key]
  end
  return value
end

function functions.upper(value) return show(value):upper() end

function functions.lower(value) return show(value):lower() end

--- Words of an action: fields, strings, numbers, names and "|".
local function words_of(action)
  local words, at = {}, 1
  while true do
    at = action:find("%S", at)
    if not at then return words end
    local word = action:match('^"[^"]*"', at) or action:match("^|", at)
      or action:match("^[^%s|\"]+", at) or fail(("a quote isn't closed in '%s'"):format(action))
    words[#words + 1] = word
    at = at + #word
  end
end

--- The value at a path such as ".Config.Env". What isn't there on the first level is a mistake.
local function field(row, path)
  local value, level = row, 1
  for name in path:gmatch("[^.]+") do
    if type(value) ~= "table" then return nil end
    if level == 1 and value[name] == nil then
      local names = {}
      for known in pairs(row) do names[#names + 1] = known end
      table.sort(names)
      local near = check.suggest(name, names)
      fail(("there is no field '.%s'"):format(name), near and ("did you mean '.%s'?"):format(near)
        or "there are ." .. table.concat(names, ", ."))
    end
    value, level = value[name], level + 1
  end
  return value
end

local function operand(word, row)
  if word == "." then return row end
  if word:sub(1, 1) == "." then return field(row, word) end
  if word:sub(1, 1) == '"' then return word:sub(2, -2) end
  return math.tointeger(tonumber(word)) or fail(("'%s' isn't understood"):format(word),
    "fields begin with a dot; functions are json, join, index, len, upper, lower")
end

--- Evaluates words[from..to], with the value that was piped in as the last argument.
local function command(words, from, to, row, piped)
  local fn = functions[words[from]]
  if not fn then
    if to > from then fail(("'%s' is no function"):format(words[from])) end
    return operand(words[from], row)
  end
  local arguments = {}
  for i = from + 1, to do arguments[#arguments + 1] = operand(words[i], row) end
  local n = to - from
  if piped then n, arguments[n + 1] = n + 1, piped[1] end
  if n == 0 then fail(("'%s' needs an argument"):format(words[from])) end
  return fn(table.unpack(arguments, 1, n))
end

local function evaluate(action, row)
  local words = words_of(action)
  local from, piped = 1, nil
  for i = 1, #words + 1 do
    if words[i] == "|" or i > #words then
      if i == from then fail(("'{{%s}}' is incomplete"):format(action)) end
      piped = { (command(words, from, i - 1, row, piped)) }
      from = i + 1
    end
  end
  return piped[1]
end

local escapes = { t = "\t", n = "\n", ["\\"] = "\\" }

--- Splits a template into text and actions: { "text", { action }, … }.
function template.parse(source)
  local parts, at = {}, 1
  while at <= #source do
    local open, _, action = source:find("{{%-?(.-)%-?}}", at)
    if not open and source:find("{{", at, true) then fail("'{{' without '}}'") end
    local plain = source:sub(at, (open or #source + 1) - 1)
    if plain ~= "" then parts[#parts + 1] = (plain:gsub("\\([tn\\])", escapes)) end
    if not open then break end
    parts[#parts + 1] = { action }
    at = select(2, source:find("}}", open, true)) + 1
  end
  return parts
end

--- Renders parsed parts for one value.
function template.render(parts, row)
  local out = {}
  for i, part in ipairs(parts) do
    out[i] = type(part) == "string" and part or text.escape(show(evaluate(part[1], row)))
  end
  return table.concat(out)
end

return template
