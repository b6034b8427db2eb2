--- An image of a registry as `docker image inspect` would show it, without getting its layers.
local config_check = require "lamina.image.config_check"
local digest = require "lamina.core.digest"
local json = require "lamina.core.json"
local pull = require "lamina.registry.pull"
local reference = require "lamina.image.reference"

return function(name, platform)
  local ref = reference.parse(name)
  local images, _, top = pull.look(ref, { platform = platform })
  local image = images[1]
  local config, size = config_check.parse(image.config), 0
  for _, of in ipairs(image.layers) do size = size + of.size end
  return {
    Id = "sha256:" .. digest.sha256(image.config), Size = size,
    RepoTags = json.array { not ref.digest and reference.familiar(ref) or nil },
    RepoDigests = json.array { reference.repository(ref) .. "@" .. top.digest },
    Created = config.created or "", Author = config.author or "", Config = config.config or {},
    Architecture = config.architecture or "", Variant = config.variant, Os = config.os or "",
    RootFS = { Type = "layers", Layers = json.array(image.diff_ids) },
    Descriptor = { digest = image.digest },
  }
end
