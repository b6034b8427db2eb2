--- Steps that a stage begins with, and the contexts that files come from.
local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"
local state = require "lamina.build.state"

local source = {}

local function wanted_platform(step, resolver)
  return step.platform and platform.parse(step.platform) or resolver.options.platform
end

function source.scratch(step, _, resolver)
  return state.scratch(wanted_platform(step, resolver))
end

local function check_platform(image, wanted, ref)
  local has = { os = image.config.os or "linux", architecture = image.config.architecture,
    variant = image.config.variant }
  if not has.architecture or platform.matches(wanted, has) then return end
  failure.raise("not-found", ("'%s' in the store is for %s, not %s"):format(ref,
    platform.format(has), platform.format(wanted)))
end

--- An image of the store; there is nowhere else to look yet.
function source.image(step, _, resolver)
  local wanted = wanted_platform(step, resolver)
  local image = resolver.store.images:resolve(step.ref)
  if step.platform then check_platform(image, wanted, step.ref) end
  resolver.options.keeper:need(image.layers)
  local at = state.from_image(image, wanted)
  local triggers = (image.config.config or {}).OnBuild or {}
  if #triggers == 0 or step.files_only then return at end
  return require("lamina.build.trigger").apply(step, at, resolver, triggers)
end

source["local"] = function(step, _, resolver)
  return resolver.contexts:get(step.path or ".", step.exclude)
end

return source
