--- Images written as an archive that Docker, old and new, and OCI tools read.
--
--   local plan <close> = save.plan(store, chosen.entries(store, { "debian" }),
--     { format = "docker" })
--   plan:write(tar.new(fd))
--
-- An entry is { names =, images = { { id =, config = bytes, manifest = bytes or nil, layers = diff
-- IDs, annotations =, platform =, attestations = } }, index = bytes or nil }: several images are
-- for several platforms. They needn't be in the store, their layers are.
--
-- Layers are the bytes they came as, or the canonical tar of what is in the store. Names are sorted
-- and times 0: the same images give the same bytes.
local attestation = require "lamina.image.attestation"
local config_check = require "lamina.image.config_check"
local digest = require "lamina.core.digest"
local documents = require "lamina.image.documents"
local failure = require "lamina.util.failure"
local image_descriptor = require "lamina.image.descriptor"
local image_manifest = require "lamina.image.manifest"
local json = require "lamina.core.json"
local oci = require "lamina.archive.oci"
local outgoing = require "lamina.store.outgoing"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"

local save = {}

local Plan = {}
Plan.__index = Plan

local function blob_name(of)
  return "blobs/sha256/" .. image_descriptor.hex(of)
end

--- Adds a file to be written: bytes, or a function of the descriptor to write to.
local function add(plan, name, size, content)
  plan.entries[name] = { size = size, content = content }
end

local function add_bytes(plan, bytes)
  local of = "sha256:" .. digest.sha256(bytes)
  add(plan, blob_name(of), #bytes, bytes)
  return of
end

local function familiar_names(names)
  local list = json.array {}
  for i, name in ipairs(names) do list[i] = reference.familiar(reference.parse(name)) end
  return list
end

local function text_or_nil(value)
  return type(value) == "string" and value or nil
end

local function platform_of(image)
  local config = image.platform or config_check.parse(image.config)
  return config.os and config.architecture and { os = config.os,
    architecture = config.architecture, variant = text_or_nil(config.variant) } or nil
end

--- The index's entries for one document: one a name, or one without. Podman takes the image's name
-- from ref.name, Docker and containerd from their own annotation.
local function index_entries(plan, of, names)
  local function entry(annotations)
    table.insert(plan.manifests, { mediaType = of.mediaType, size = of.size, digest = of.digest,
      platform = of.platform, annotations = annotations })
  end
  for _, name in ipairs(names) do
    entry { ["io.containerd.image.name"] = name, ["org.opencontainers.image.ref.name"] = name }
  end
  if #names == 0 then entry(nil) end
end

--- What `docker load` reads: manifest.json and, older still, repositories.
local function docker_entries(plan, image, layers, names)
  local paths = json.array {}
  for i, of in ipairs(layers) do paths[i] = blob_name(of.digest) end
  table.insert(plan.docker, { Config = blob_name(image.id), RepoTags = familiar_names(names),
    Layers = paths })
  for _, name in ipairs(#layers > 0 and names or {}) do
    local ref = reference.parse(name)
    local tags = plan.repositories[reference.repository(ref)] or {}
    tags[ref.tag] = image_descriptor.hex(layers[#layers].digest)
    plan.repositories[reference.repository(ref)] = tags
  end
end

--- Adds what one image is made of; answers its manifest's descriptor and its layers'.
local function add_image(plan, image)
  local layers = {}
  for i, diff_id in ipairs(image.layers) do
    local blob = plan.layers:get(diff_id)
    layers[i] = blob.of
    add(plan, blob_name(blob.of.digest), blob.of.size, blob.write)
  end
  add_bytes(plan, image.config)
  local bytes, kind = documents.manifest(image, layers)
  local of = image_descriptor.new(kind, add_bytes(plan, bytes), #bytes)
  of.platform = platform_of(image)
  return of, layers
end

--- Adds what is said of an image to the archive and to the entries of its index.
local function add_attestations(plan, image, of, list)
  local fit, left_out = attestation.of_manifest(image.attestations, of.digest)
  for _, one in ipairs(fit) do
    add_bytes(plan, one.config)
    for _, bytes in ipairs(one.blobs) do add_bytes(plan, bytes) end
    add_bytes(plan, one.manifest)
    list[#list + 1] = attestation.entry(one)
  end
  plan.left_out = plan.left_out + left_out
end

--- Adds an image, or an index of several; docker's own documents know one only: this machine's.
local function add_entry(plan, entry)
  local list, platforms, layers = {}, {}, {}
  for i, image in ipairs(entry.images) do
    list[i], layers[i] = add_image(plan, image)
    platforms[i] = list[i].platform or { os = "unknown", architecture = "unknown" }
  end
  for i, image in ipairs(entry.images) do add_attestations(plan, image, list[i], list) end
  local of = list[1]
  if #list > 1 or entry.index then
    local bytes, kind = documents.index(entry.index, list)
    of = image_descriptor.new(kind, add_bytes(plan, bytes), #bytes)
  end
  index_entries(plan, of, entry.names)
  local own = platform.best(platform.host(), platforms) or 1
  docker_entries(plan, entry.images[own], layers[own], entry.names)
end

local function add_json(plan, name, value)
  local bytes = failure.check(json.encode(value))
  add(plan, name, #bytes, bytes)
end

local function add_documents(plan, format)
  add_json(plan, "oci-layout", oci.layout)
  local index = image_manifest.encode_index(plan.manifests)
  add(plan, "index.json", #index, index)
  if format ~= "docker" then return end
  add_json(plan, "manifest.json", plan.docker)
  if next(plan.repositories) then add_json(plan, "repositories", plan.repositories) end
end

-- How layers are compressed that aren't kept as they came.
local default_compressions = { docker = "none", oci = "gzip", ["oci-dir"] = "gzip" }

--- Finds out what is to be written for entries (see the head of this file). options: format
-- ("docker", "oci", "oci-dir"), compression (of all layers; nil: as they came), level.
function save.plan(store, entries, options)
  local layers = outgoing.new(store, { compression = options.compression,
    level = options.level, default = default_compressions[options.format] })
  local plan = setmetatable({ entries = {}, manifests = json.array {}, docker = json.array {},
    repositories = {}, layers = layers, left_out = 0 }, Plan)
  local diff_ids = {}
  for _, entry in ipairs(entries) do
    for _, image in ipairs(entry.images) do
      table.move(image.layers, 1, #image.layers, #diff_ids + 1, diff_ids)
    end
  end
  layers:prepare(diff_ids)
  for _, entry in ipairs(entries) do add_entry(plan, entry) end
  add_documents(plan, options.format)
  return plan
end

--- Writes the entries into a sink (tar.lua, folder.lua), in the order of their names.
function Plan:write(sink)
  local names = {}
  for name in pairs(self.entries) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local entry = self.entries[name]
    if type(entry.content) == "string" then
      sink:file(name, entry.content)
    else
      sink:stream(name, entry.size, entry.content)
    end
  end
  sink:finish()
end

--- Takes away what was made for it.
function Plan:__close()
  self.layers:__close()
end

return save
