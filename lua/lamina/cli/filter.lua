--- `--filter key=value`, checked against the keys a command knows.
local check = require "lamina.util.check"
local duration = require "lamina.util.duration"
local failure = require "lamina.util.failure"
local text = require "lamina.util.text"

local filter = {}

local function unknown(command, key, known)
  local near = check.suggest(key, known)
  failure.raise("usage", ("%s: unknown filter '%s'"):format(command, key), {
    hint = near and ("did you mean '%s'?"):format(near)
      or ("filters are %s"):format(table.concat(known, ", ")) })
end

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then return true end
  end
  return false
end

--- Answers { key = { values } } for the keys that were given.
function filter.parse(command, words, known)
  local filters = {}
  for _, word in ipairs(words) do
    local key, value = word:match("^([^=]+)=(.*)$")
    if not key then
      failure.raise("usage", ("%s: a filter is KEY=VALUE, not '%s'"):format(command, word))
    end
    if not contains(known, key) then unknown(command, key, known) end
    filters[key] = filters[key] or {}
    table.insert(filters[key], value)
  end
  return filters
end

--- Whether labels have all that is asked for: { "key", "key=value" }.
function filter.has_labels(labels, wanted)
  for _, word in ipairs(wanted) do
    local key, value = word:match("^([^=]*)=(.*)$")
    local found = (labels or {})[key or word]
    if found == nil or (value and found ~= value) then return false end
  end
  return true
end

--- Refuses the value of a filter.
function filter.invalid(command, key, value, expected, hint)
  failure.raise("usage", ("%s: filter '%s' is %s, not '%s'"):format(command, key, expected, value),
    { hint = hint })
end

--- A filter that is true or false.
function filter.boolean(command, key, value)
  if check.booleans[value] ~= nil then return check.booleans[value] end
  filter.invalid(command, key, value, "true or false")
end

--- A filter that is one of a list.
function filter.choice(command, key, value, choices)
  if contains(choices, value) then return value end
  filter.invalid(command, key, value, table.concat(choices, ", "))
end

--- A filter that is a point in time, or how long ago it is; the last of its values counts. Seconds
-- since the epoch of "24h", "2024-01-02T15:04:05Z" or "2024-01-02"; nil where there are no values.
function filter.time(command, key, values)
  if not values then return nil end
  local word = values[#values]
  local nanoseconds = duration.parse(word)
  if nanoseconds then return os.time() - nanoseconds // 1000000000 end
  return text.parse_time(word) or text.parse_time(word .. "T00:00:00Z")
    or filter.invalid(command, key, word, "a duration or a time",
      ("%s=24h, %s=2024-01-02 or %s=2024-01-02T15:04:05Z"):format(key, key, key))
end

return filter
