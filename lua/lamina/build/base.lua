--- What a base image sets, for recipes whose instructions have variables of it in their words.
local failure = require "lamina.util.failure"

local base = {}

--- The values of a list of NAME=VALUE by name; the first of a name counts.
function base.variables(env)
  local values = {}
  for _, entry in ipairs(env) do
    local name, value = tostring(entry):match("^([^=]*)=(.*)$")
    if name then values[name] = values[name] or value end
  end
  return values
end

--- A function that answers the variables of an image of the store, nil where it isn't there.
function base.lookup(store)
  return function(ref)
    local ok, image = pcall(store.images.resolve, store.images, ref)
    if not ok and failure.is(image) then return nil end
    if not ok then error(image, 0) end
    return base.variables((image.config.config or {}).Env or {})
  end
end

return base
