--- The kinds of values that settings have: how each is read and told.
--
--   kind.read(row, value)   -> the value as the program takes it; nil, what was expected, …
--   kind.word(row, word)    -> the same of a variable's text
--   kind.format(row, value) -> a text for people
local duration = require "lamina.util.duration"
local json = require "lamina.core.json"
local size = require "lamina.util.size"

local kind = {}

local kinds = {}

local function between(row, format)
  if row.least and row.most then
    return (" from %s to %s"):format(format(row.least), format(row.most))
  end
  return row.least and (" from %s on"):format(format(row.least)) or ""
end

local function is_within(row, number)
  return number >= (row.least or number) and number <= (row.most or number)
end

kinds.boolean = { expected = function() return "true or false" end }

function kinds.boolean.read(_, value)
  if type(value) == "boolean" then return value end
end

kinds.integer = {}

function kinds.integer.expected(row)
  return "a whole number" .. between(row, tostring)
end

function kinds.integer.read(row, value)
  if math.type(value) == "integer" and is_within(row, value) then return value end
end

function kinds.integer.word(word)
  return word:match("^%d+$") and math.tointeger(tonumber(word, 10)) or word
end

kinds.choice = {}

function kinds.choice.expected(row)
  return "one of " .. table.concat(row.choices, ", ")
end

function kinds.choice.read(row, value)
  for _, choice in ipairs(row.choices) do
    if value == choice then return value end
  end
end

kinds.size = { format = size.format }

function kinds.size.expected(row)
  return "a size as 500MB, 64MiB or 10GB" .. between(row, size.format)
end

function kinds.size.read(row, value)
  local bytes = value
  if type(value) == "string" then bytes = size.parse(value) end
  if math.type(bytes) == "integer" and bytes >= 0 and is_within(row, bytes) then return bytes end
end

kinds.duration = {}

function kinds.duration.format(ms)
  return duration.format(ms * 1000000)
end

function kinds.duration.expected(row)
  return "a duration as 30s, 1m30s or 500ms" .. between(row, kinds.duration.format)
end

--- Milliseconds; a number alone is seconds.
function kinds.duration.read(row, value)
  if type(value) ~= "string" and math.type(value) ~= "integer" then return nil end
  local nanoseconds = duration.parse(value)
  local ms = nanoseconds and nanoseconds // 1000000
  if ms and is_within(row, ms) then return ms end
end

-- One in the caller's home stays as it is written: not everybody has one (kind.expand).
kinds.path = { expected = function() return "a path that begins with / or ~/" end }

function kinds.path.read(_, value)
  if type(value) == "string" and value:find("^~?/") then return value end
end

local function list_of(read)
  return function(_, value)
    if type(value) ~= "table" or not json.is_array(value) then return nil end
    local list = json.array {}
    for i, item in ipairs(value) do
      list[i] = type(item) == "string" and read(item) or nil
      if not list[i] then return nil, item end
    end
    return list
  end
end

local function format_list(list)
  return table.concat(list, ", ")
end

local function without_slash(url)
  return url:match("^(https?://[%w.%-:%[%]]+)/?$")
end

kinds.urls = { read = list_of(without_slash), format = format_list,
  expected = function() return "a list of http(s)://HOST[:PORT]" end }

-- What Docker's own registry is called elsewhere.
local other_names = { ["index.docker.io"] = "docker.io", ["registry-1.docker.io"] = "docker.io" }

local function as_it_is(text)
  return text ~= "" and text or nil
end

kinds.texts = { read = list_of(as_it_is), format = format_list,
  expected = function() return "a list of texts" end }

--- A registry as names of images have it, in lower case; nil when it can't be one.
function kind.host(word)
  local name = word:lower():gsub(":%d+$", "")
  if name:find("^%w[%w.-]*$") or name:find("^%[[%x:]+%]$") then
    return other_names[word:lower()] or word:lower()
  end
end

kinds.hosts = { read = list_of(kind.host), format = format_list,
  expected = function() return "a list of HOST[:PORT]" end }

--- The value of a file, converted; nil, what was expected, and what is wrong: it, or one of a list.
function kind.read(row, value)
  local own = kinds[row.kind]
  local converted, wrong = own.read(row, value)
  if converted ~= nil then return converted end
  if wrong == nil then wrong = value end
  return nil, own.expected(row), wrong
end

--- The value of a variable. Paths are as the shell gives them, a bare number has the row's unit.
function kind.word(row, word)
  if row.kind == "path" then return word end
  if row.unit and word:find("^%d+$") then word = word .. row.unit end
  local own = kinds[row.kind]
  return kind.read(row, own.word and own.word(word) or word)
end

--- The value as a file may have it.
function kind.plain(row, value)
  local is_number = row.kind == "size" or row.kind == "duration"
  return is_number and kind.format(row, value) or value
end

--- The value with a home in the place of "~"; nil where it needs one and there is none.
function kind.expand(row, value)
  local below = row.kind == "path" and value:match("^~(/.*)$")
  if not below then return value end
  local home = os.getenv "HOME"
  return home and home:sub(1, 1) == "/" and home .. below or nil
end

function kind.format(row, value)
  local format = kinds[row.kind].format or tostring
  return format(value)
end

return kind
