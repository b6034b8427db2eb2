--- What image() and --label change in a finished stage's configuration.
local command = require "lamina.build.step.command"
local failure = require "lamina.util.failure"

local override = {}

local function set(field)
  return function(state, value) return state:configured { [field] = value } end
end

--- A map or list field is replaced whole by `false`, else added to.
local function add(field)
  return function(state, value)
    if value == false then return state:configured { [field] = false } end
    local all = {}
    for key, old in pairs(state.config[field] or {}) do all[key] = old end
    for key, new in pairs(value) do
      if type(key) == "number" then all[new] = {} else all[key] = new or nil end
    end
    return state:configured { [field] = all }
  end
end

return override, set, add, command, failure
