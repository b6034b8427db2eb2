--- What an index offers, and which of it serves a platform.
local platform = require "lamina.image.platform"

local index = {}

--- What accompanies an image and is none: build attestations.
function index.is_attestation(of)
  return (of.platform and of.platform.os == "unknown")
    or (of.annotations or {})["vnd.docker.reference.type"] ~= nil
end

--- The platforms of a list of descriptors.
function index.platforms(list)
  local platforms = {}
  for i, of in ipairs(list) do
    platforms[i] = of.platform or { os = "unknown", architecture = "unknown" }
  end
  return platforms
end

--- The descriptors that are images, or indexes of some.
function index.images(list)
  local images = {}
  for _, of in ipairs(list) do
    if not index.is_attestation(of) then images[#images + 1] = of end
  end
  return images
end

--- The one of them that serves a platform best. Nil, and what there is instead, where none does.
function index.choose(list, wanted)
  local images = index.images(list)
  local best = platform.best(wanted, index.platforms(images))
  if not best and #images == 1 and not images[1].platform then best = 1 end
  if best then return images[best] end
  local known = {}
  for i, of in ipairs(index.platforms(images)) do known[i] = platform.format(of) end
  return nil, ("no image for %s (there are: %s)"):format(platform.format(wanted),
    table.concat(known, ", "))
end

return index
