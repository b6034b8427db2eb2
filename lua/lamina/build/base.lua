--- What names a base image, and what it sets, for recipes whose instructions have variables of it
-- in their words.
local failure = require "lamina.util.failure"

local base = {}

--- How many digits of an id name an image at least: as many as listings show. Fewer are a name, so
-- that what a build gives doesn't depend on what else is in the store.
base.least_digits = 12

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
    local ok, image = pcall(store.images.resolve, store.images, ref, nil, base.least_digits)
    if not ok and failure.is(image) then return nil end
    if not ok then error(image, 0) end
    return base.variables((image.config.config or {}).Env or {})
  end
end

return base
