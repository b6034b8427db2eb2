--- What `docker save` writes: manifest.json names configurations and layers by their paths.
--
-- Layers may repeat, and may be links to one another; they have no digests of their own but in
-- newer archives, where their paths are those of an OCI layout.
local config_check = require "lamina.image.config_check"
local digest = require "lamina.core.digest"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local reference = require "lamina.image.reference"

local docker = {}

docker.file = "manifest.json"

--- A list of strings, where null is an empty one.
local function text_list(input, value, what)
  if value == nil or value == json.null then return {} end
  if not json.is_array(value) then input:refuse("manifest.json: %s: a list expected", what) end
  for _, item in ipairs(value) do
    if type(item) ~= "string" then
      input:refuse("manifest.json: %s: a list of strings expected", what)
    end
  end
  return value
end

--- Names with a digest say nothing new: they are left out as Docker does.
local function names_of(input, entry)
  local names = {}
  for _, text in ipairs(text_list(input, entry.RepoTags, "RepoTags")) do
    local ref = reference.parse(text)
    if not ref.digest then names[#names + 1] = reference.format(ref) end
  end
  return names
end

--- A path that holds a digest promises it.
local function promised(name)
  local hex = name:match("^blobs/sha256/(%x+)$") or name:match("^(%x+)%.json$")
  return hex and #hex == 64 and "sha256:" .. hex:lower() or nil
end

local function layers_of(input, entry)
  local paths, layers = text_list(input, entry.Layers, "Layers"), {}
  if #paths > manifest.most_layers then
    input:refuse("manifest.json: more layers than the limit of %d", manifest.most_layers)
  end
  for i, path in ipairs(paths) do
    layers[i] = { path = input:check_name(path), digest = promised(path), follow = true }
  end
  return layers
end

local function image_of(input, entry)
  if type(entry) ~= "table" or type(entry.Config) ~= "string" then
    input:refuse("manifest.json: objects with Config and Layers expected")
  end
  local bytes = input:read(entry.Config, config_check.limit, true)
  local expected, got = promised(entry.Config), "sha256:" .. digest.sha256(bytes)
  if expected and expected ~= got then
    input:refuse("'%s' is damaged: its digest is %s", entry.Config, got)
  end
  return { config = bytes, names = names_of(input, entry), layers = layers_of(input, entry) }
end

--- The images of an archive: { config = bytes, names =, layers = { { path, digest, follow } } }.
function docker.images(input)
  local document, err = json.decode(input:read(docker.file, manifest.limit),
    { limit = manifest.limit, strict = true })
  if document == nil then input:refuse("manifest.json: %s", err.message) end
  if not json.is_array(document) or #document == 0 then
    input:refuse("manifest.json: a list of images expected")
  end
  local images = {}
  for i, entry in ipairs(document) do images[i] = image_of(input, entry) end
  return images
end

return docker
