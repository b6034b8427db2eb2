--- OCI image layouts: index.json names manifests, or indexes of manifests for several platforms.
--
-- Every document is read whole, of a bounded size, and must have the digest, size and media type
-- that its descriptor promises.
local attestation = require "lamina.image.attestation"
local config_check = require "lamina.image.config_check"
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local image_index = require "lamina.image.index"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"
local walk = require "lamina.image.walk"

local oci = {}

oci.file, oci.flat_file = "index.json", "version"

oci.layout = { imageLayoutVersion = "1.0.0" } -- the file oci-layout
local containerd_name, ref_name = "io.containerd.image.name", "org.opencontainers.image.ref.name"

local function blob_name(input, of)
  return (input.is_flat and "" or "blobs/sha256/") .. descriptor.hex(of.digest)
end

local function check_bytes(input, bytes, of)
  if #bytes ~= of.size then
    input:refuse("blob %s has %d bytes, not %d", of.digest, #bytes, of.size)
  end
  local got = "sha256:" .. digest.sha256(bytes)
  if got ~= of.digest then input:refuse("blob %s is damaged: its digest is %s", of.digest, got) end
  return bytes
end

--- The bytes of a small blob.
function oci.bytes(input, of, limit)
  if of.size > limit then
    input:refuse("blob %s is over the limit of %d bytes", of.digest, limit)
  end
  return check_bytes(input, input:read(blob_name(input, of), limit), of)
end

--- The names that a descriptor in index.json carries. A bare tag names nothing by itself.
function oci.names_of(of)
  local annotations = of.annotations or {}
  local text = annotations[containerd_name]
  if text then return { reference.format(reference.parse(text)) } end
  text = annotations[ref_name]
  if not text or not text:find("[:/]") then return {} end
  local ok, ref = pcall(reference.parse, text)
  return ok and not ref.digest and { reference.format(ref) } or {}
end

--- The tag that one carries, whole: names of images are among them.
function oci.tag_of(of)
  return (of.annotations or {})[ref_name]
end

--- A descriptor for index.json that carries a tag.
function oci.tagged(of, tag)
  return { mediaType = of.mediaType, digest = of.digest, size = of.size,
    annotations = { [ref_name] = tag } }
end

local function choose(input, list, wanted)
  local of, why = image_index.choose(list, wanted)
  return of or input:refuse("%s; --platform chooses another", why)
end

--- A layer as layers.lua takes it.
function oci.layer(input, of)
  return { path = blob_name(input, of), digest = of.digest, size = of.size,
    media_type = of.mediaType }
end

local function layers_of(input, document)
  local layers = {}
  for i, of in ipairs(document.layers) do
    if not media_type.compression(of.mediaType) then
      input:refuse("layer %d: unknown media type '%s'", i, of.mediaType)
    end
    layers[i] = oci.layer(input, of)
  end
  return layers
end

--- The image of a manifest; nil where it is something else (a signature, a chart).
function oci.image_in(input, bytes, document)
  if not media_type.is_config(document.config.mediaType) then return nil end
  return { manifest = bytes, names = {}, layers = layers_of(input, document),
    config = oci.bytes(input, document.config, config_check.limit) }
end

--- The manifest or index that a descriptor stands for: its bytes, and decoded.
function oci.document(input, of)
  local bytes = oci.bytes(input, of, manifest.limit)
  return bytes, manifest.parse(bytes, ("%s: %s"):format(input.label, of.digest), of.mediaType)
end

--- What is said of an image, by the entries of its index.
function oci.attestations(input, list)
  return attestation.read(list, {
    manifest = function(of) return (oci.document(input, of)) end,
    blob = function(of) return oci.bytes(input, of, attestation.limit) end,
  }, input.label)
end

--- The image that an entry of a list of them stands for, for a platform.
local function image_of(input, of, wanted, list, depth)
  local bytes, document = oci.document(input, of)
  if document.kind == "manifest" then
    local image = oci.image_in(input, bytes, document)
    if image then
      image.attestations = oci.attestations(input, attestation.about(list, of.digest))
    end
    return image
  end
  if depth >= walk.deepest then input:refuse("indexes nested deeper than %d", walk.deepest) end
  local next = choose(input, document.manifests, wanted)
  return image_of(input, next, wanted, document.manifests, depth + 1)
end

local function check_layout(input)
  local layout, err = json.decode(input:read("oci-layout", 4096), { strict = true })
  if layout == nil then input:refuse("oci-layout: %s", err.message) end
  local version = type(layout) == "table" and layout.imageLayoutVersion
  if type(version) ~= "string" or not version:find("^1%.") then
    input:refuse("oci-layout: imageLayoutVersion 1.0.0 expected")
  end
end

--- index.json of a layout that is one.
function oci.index(input)
  check_layout(input)
  local index = manifest.parse(input:read(oci.file, manifest.limit), input.label .. ": index.json")
  if index.kind ~= "index" then input:refuse("index.json: an index expected") end
  return index
end

--- The descriptors of index.json to load: of those with one name but several platforms, the best;
-- where a platform was asked for, only those that serve.
local function chosen(input, index, wanted, is_asked)
  local list, by_name = {}, {}
  for _, of in ipairs(index.manifests) do
    local name, fits = oci.names_of(of)[1], not of.platform or platform.matches(wanted, of.platform)
    local other = name and by_name[name]
    if not image_index.is_attestation(of) and (fits or not is_asked) then
      if not other then
        list[#list + 1] = of
        if name then by_name[name] = #list end
      elseif fits and platform.best(wanted, image_index.platforms { list[other], of }) ~= 1 then
        list[other] = of
      end
    end
  end
  if #list == 0 and #index.manifests > 0 then choose(input, index.manifests, wanted) end
  return list
end

--- The images of a layout: { config = bytes, manifest = bytes, names =, layers = { { path, digest,
-- size, media_type } } }, each once. `asked` is a platform, or nil for this machine's.
function oci.images(input, asked)
  local index = oci.index(input)
  local wanted, images, by_digest = asked or platform.host(), {}, {}
  for _, of in ipairs(chosen(input, index, wanted, asked ~= nil)) do
    local image = image_of(input, of, wanted, index.manifests, 1)
    if image then
      local first = by_digest[of.digest] or image
      if first == image then images[#images + 1], by_digest[of.digest] = image, image end
      local names = oci.names_of(of)
      table.move(names, 1, #names, #first.names + 1, first.names)
    end
  end
  if #images == 0 then input:refuse("it holds no image") end
  return images
end

--- The image of a directory as `skopeo copy … dir:` and `podman save --format docker-dir` write it:
-- manifest.json is its manifest, and the blobs lie beside it.
function oci.flat(input)
  local bytes = input:read("manifest.json", manifest.limit)
  local document = manifest.parse(bytes, input.label .. ": manifest.json")
  if document.kind ~= "manifest" then
    input:refuse("manifest.json: one image's manifest expected")
  end
  input.is_flat = true
  return { oci.image_in(input, bytes, document) or input:refuse("it holds no image") }
end

return oci
