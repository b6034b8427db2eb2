--- What a base image sets, for recipes whose instructions have variables of it in their words.
local failure = require "lamina.util.failure"
local image_config = require "lamina.image.config"

local base = {}

--- A function that answers the variables of an image of the store, nil where it isn't there.
function base.lookup(store)
  return function(ref)
    local ok, image = pcall(store.images.resolve, store.images, ref)
    if not ok and failure.is(image) then return nil end
    if not ok then error(image, 0) end
    local values = {}
    local config = image.config.config or {}
    for _, entry in ipairs(config.Env or {}) do
      local name = type(entry) == "string" and entry:match("^([^=]*)=")
      if name then values[name] = image_config.env_get(config.Env, name) end
    end
    return values
  end
end

return base
