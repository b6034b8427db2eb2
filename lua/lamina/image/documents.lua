--- Documents for somebody else: as they came where they still say what is so, else written anew.
local descriptor = require "lamina.image.descriptor"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"

local documents = {}

--- Whether every layer of a manifest is written as it says.
local function has_layers(document, layers)
  if #document.layers ~= #layers then return false end
  for i, of in ipairs(document.layers) do
    if of.digest ~= layers[i].digest then return false end
  end
  return true
end

--- The manifest of an image { id =, config = bytes, manifest = bytes or nil, annotations = } whose
-- layers go out under these descriptors: its bytes and its media type.
function documents.manifest(image, layers)
  local known = image.manifest and manifest.parse(image.manifest, "manifest of " .. image.id)
  if known and has_layers(known, layers) then
    return image.manifest, known.mediaType or media_type.manifest
  end
  local list = {}
  for i, of in ipairs(layers) do
    list[i] = descriptor.new(media_type.oci(of.mediaType), of.digest, of.size)
  end
  return manifest.encode {
    config = descriptor.new(media_type.config, image.id, #image.config), layers = list,
    annotations = known and known.annotations or image.annotations,
  }, media_type.manifest
end

local function digests_of(list)
  local digests = {}
  for i, of in ipairs(list) do digests[i] = of.digest end
  table.sort(digests)
  return table.concat(digests, " ")
end

--- The index of manifests that go out under these descriptors; `given` is the one that came.
function documents.index(given, list)
  local known = given and manifest.parse(given)
  if known and digests_of(known.manifests) == digests_of(list) then
    return given, known.mediaType or media_type.index
  end
  return manifest.encode_index(list), media_type.index
end

return documents
