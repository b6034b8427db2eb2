--- Images written as an archive that Docker, old and new, and OCI tools read.
--
-- Layers are the bytes they came as, or the canonical tar of what is in the store, made while it
-- is written. Names are sorted and times 0: the same images give the same bytes.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local image_descriptor = require "lamina.image.descriptor"
local image_manifest = require "lamina.image.manifest"
local json = require "lamina.core.json"
local digest = require "lamina.core.digest"
local layer = require "lamina.core.layer"
local media_type = require "lamina.image.media_type"
local reference = require "lamina.image.reference"
local sched = require "lamina.util.sched"

local save = {}

local function blob_name(of)
  return "blobs/sha256/" .. image_descriptor.hex(of)
end

--- Adds a blob to be written: bytes, or a function of the descriptor to write to.
local function add(plan, of, size, content)
  plan.entries[blob_name(of)] = { size = size, content = content }
end

--- Writes a layer's canonical tar, which must be the one that is promised.
local function write_layer(store, diff_id, fd)
  local info = sched.job(layer.pack, store.layers:path(diff_id),
    { form = "overlay", userxattr = store.userxattr, output = fd, compression = "none" })
  if info.diff_id == diff_id then return end
  failure.raise("corrupt", ("layer %s is not what it was (now %s)"):format(diff_id, info.diff_id),
    { hint = "`lamina fsck --deep` looks for more" })
end

local function copy_blob(store, of, fd)
  local source <close> = failure.check(fs.open(store.blobs:path(of), "r"))
  local hasher, out = digest.new(), require("lamina.commit.archive.tar").new(fd)
  for chunk in function() return failure.check(source:read(1 << 20)) end do
    if chunk == "" then break end
    hasher:update(chunk)
    out:write(chunk)
  end
  if "sha256:" .. hasher:hex() == of then return end
  failure.raise("corrupt", ("blob %s is damaged"):format(of), { hint = "lamina fsck --deep" })
end

--- The layer's descriptor as this store can write it: its kept blob's, or its own tar's.
local function layer_descriptor(store, diff_id)
  local kept = store.layers:blob_of(diff_id)
  if kept then return kept end
  local row = store.layers:get(diff_id)
    or failure.raise("corrupt", ("layer %s is missing"):format(diff_id), { hint = "lamina fsck" })
  return image_descriptor.new(media_type.layer, diff_id, row.tar_size)
end

local function add_layer(store, plan, diff_id, of)
  add(plan, of.digest, of.size, function(fd)
    if of.digest == diff_id and not store.blobs:has(diff_id) then
      return write_layer(store, diff_id, fd)
    end
    return copy_blob(store, of.digest, fd)
  end)
end

--- Whether every layer of the stored manifest can be written as it says.
local function can_keep(manifest, layers)
  if #manifest.layers ~= #layers then return false end
  for i, of in ipairs(manifest.layers) do
    if of.digest ~= layers[i].digest then return false end
  end
  return true
end

--- The manifest as it came, or a new one where a layer is no longer there in that form.
local function manifest_bytes(store, image, config, layers)
  local bytes = store.blobs:get(image.manifest, image_manifest.limit)
  local manifest = image_manifest.parse(bytes, "manifest of " .. image.id)
  if can_keep(manifest, layers) then return bytes, manifest end
  bytes = image_manifest.encode {
    config = image_descriptor.new(media_type.config, image.id, #config), layers = layers,
  }
  return bytes, image_manifest.parse(bytes)
end

local function familiar_names(names)
  local list = json.array {}
  for i, name in ipairs(names) do list[i] = reference.familiar(reference.parse(name)) end
  return list
end

--- The index's entries for one image: one a name, or one without.
local function index_entries(plan, manifest, bytes, image, names)
  local function entry(annotations)
    table.insert(plan.manifests, {
      mediaType = manifest.mediaType or media_type.manifest, size = #bytes,
      digest = "sha256:" .. digest.sha256(bytes), annotations = annotations,
      platform = { architecture = image.config.architecture, os = image.config.os,
        variant = image.config.variant },
    })
  end
  for _, name in ipairs(names) do
    entry { ["io.containerd.image.name"] = name,
      ["org.opencontainers.image.ref.name"] = reference.parse(name).tag }
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

local function add_image(store, plan, image, names)
  local config = store.images:config_bytes(image.id)
  local layers = {}
  for i, diff_id in ipairs(image.layers) do
    layers[i] = layer_descriptor(store, diff_id)
    add_layer(store, plan, diff_id, layers[i])
  end
  local bytes, manifest = manifest_bytes(store, image, config, layers)
  add(plan, image.id, #config, config)
  add(plan, "sha256:" .. digest.sha256(bytes), #bytes, bytes)
  index_entries(plan, manifest, bytes, image, names)
  docker_entries(plan, image, layers, names)
end

--- The images asked for, each once, with the names to give them. A name means that name alone, an
-- id all that the image has.
local function chosen(store, texts)
  local list, by_id = {}, {}
  for _, text in ipairs(texts) do
    local image = store.images:resolve(text)
    local entry = by_id[image.id]
    if not entry then
      entry = { image = image, names = {}, has = {} }
      list[#list + 1], by_id[image.id] = entry, entry
    end
    local ok, ref = pcall(reference.parse, text)
    local name = ok and not ref.digest and reference.format(ref)
    local names = image.names
    for _, known in ipairs(image.names) do
      if known == name then names = { name } end
    end
    for _, one in ipairs(names) do
      if not entry.has[one] then table.insert(entry.names, one) end
      entry.has[one] = true
    end
  end
  return list
end

local function file(plan, name, value)
  local bytes = failure.check(json.encode(value))
  plan.entries[name] = { size = #bytes, content = bytes }
end

-- Which files besides blobs a format has.
local formats = {
  docker = { docker = true }, oci = {}, ["oci-dir"] = { is_folder = true },
  ["docker-dir"] = { docker = true, is_folder = true },
}
save.formats = { "docker", "docker-dir", "oci", "oci-dir" }

--- Whether a format is a directory and not an archive.
function save.is_folder(format)
  return formats[format].is_folder or false
end

--- Writes images, named as `images:resolve` takes them, into a sink (tar.lua, folder.lua).
function save.run(store, texts, format, sink)
  local plan = { entries = {}, manifests = json.array {}, docker = json.array {},
    repositories = {} }
  for _, entry in ipairs(chosen(store, texts)) do
    add_image(store, plan, entry.image, entry.names)
  end
  file(plan, "oci-layout", { imageLayoutVersion = "1.0.0" })
  plan.entries["index.json"] = nil
  local index = image_manifest.encode_index(plan.manifests)
  plan.entries["index.json"] = { size = #index, content = index }
  if formats[format].docker then
    file(plan, "manifest.json", plan.docker)
    if next(plan.repositories) then file(plan, "repositories", plan.repositories) end
  end
  save.write(plan.entries, sink)
end

--- Writes the entries in the order of their names.
function save.write(entries, sink)
  local names = {}
  for name in pairs(entries) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local entry = entries[name]
    if type(entry.content) == "string" then
      sink:file(name, entry.content)
    else
      sink:stream(name, entry.size, entry.content)
    end
  end
  sink:finish()
end

return save
