--- Values of options that are fields between commas; what is wrong with one is wrong usage.
local csv = require "lamina.util.csv"
local failure = require "lamina.util.failure"

local values = {}

--- The fields as a list; `option` is its name in failures.
function values.fields(word, option)
  return csv.fields(word, function(message)
    failure.raise("usage", ("%s: %s"):format(option, message))
  end)
end

--- Fields KEY=VALUE as a table, keys in lower case. `complain(message)` raises.
function values.pairs(fields, complain)
  local map = {}
  for _, field in ipairs(fields) do
    local key, value = field:match("^%s*([^=]+)=(.*)$")
    if not key then complain(("KEY=VALUE expected, not '%s'"):format(field)) end
    key = key:lower()
    if map[key] then complain(("'%s' comes twice"):format(key)) end
    map[key] = value
  end
  return map
end

return values
