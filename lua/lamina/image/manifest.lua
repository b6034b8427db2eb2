--- Manifests and indexes: made, and read strictly when they come from outside.
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local media_type = require "lamina.image.media_type"

local manifest = {}

manifest.limit = 4 << 20 -- bytes; SECURITY 7.8
manifest.most_layers = 500

--- An OCI image manifest as bytes; config and layers are descriptors.
function manifest.encode(parts)
  return json.encode { schemaVersion = 2, mediaType = media_type.manifest, config = parts.config,
    layers = json.array(parts.layers), annotations = parts.annotations }
end

--- An OCI index as bytes.
function manifest.encode_index(manifests, annotations)
  return json.encode { schemaVersion = 2, mediaType = media_type.index,
    manifests = json.array(manifests), annotations = annotations }
end

local function refuse(what, why)
  failure.raise("invalid-input", ("%s: %s"):format(what, why))
end

local function check_list(list, what)
  if not json.is_array(list) then refuse(what, "a list of descriptors expected") end
  if #list > manifest.most_layers then
    refuse(what, ("more than the limit of %d"):format(manifest.most_layers))
  end
  for i, item in ipairs(list) do descriptor.check(item, ("%s %d"):format(what, i)) end
end

--- What a document is by its members, where its media type doesn't tell.
local function kind_of(document, what)
  local is_manifest, is_index = document.layers ~= nil, document.manifests ~= nil
  if is_manifest and is_index then refuse(what, "both a manifest and an index") end
  if not is_manifest and not is_index then refuse(what, "neither a manifest nor an index") end
  return is_manifest and "manifest" or "index"
end

--- Reads the bytes of one; `expected` is the media type that its descriptor gives, if any.
-- Answers the document with `kind` "manifest" or "index". Duplicate keys, documents that are both
-- (CVE-2021-41190), and a media type that isn't the descriptor's are refused.
function manifest.parse(bytes, what, expected)
  what = what or "manifest"
  local document, err = json.decode(bytes, { limit = manifest.limit, strict = true })
  if document == nil then refuse(what, err.message) end
  if type(document) ~= "table" or json.is_array(document) then
    refuse(what, "an object expected")
  end
  if document.schemaVersion ~= 2 then refuse(what, "schemaVersion 2 expected") end
  local kind = kind_of(document, what)
  local given = document.mediaType
  if given ~= nil and media_type.kind(given) ~= kind then
    refuse(what, ("the media type '%s' is not that of its content"):format(tostring(given)))
  end
  if expected and given and given ~= expected then
    refuse(what, ("'%s' where the descriptor says '%s'"):format(given, expected))
  end
  if not descriptor.is_text_map(document.annotations) then
    refuse(what, "annotations are strings")
  end
  if kind == "manifest" then
    descriptor.check(document.config, what .. ": config")
    check_list(document.layers, what .. ": layer")
  else
    check_list(document.manifests, what .. ": manifest")
  end
  document.kind = kind
  return document
end

return manifest
