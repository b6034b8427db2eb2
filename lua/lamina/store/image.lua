--- Images: configuration and manifest as blobs, under an id and any number of names.
--
-- The id is the digest of the configuration's bytes as they came (SEMANTICS 86). A name is a row of
-- its own: giving it to another image leaves the first one as <none> (SEMANTICS 96).
local config_check = require "lamina.image.config_check"
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local reference = require "lamina.image.reference"
local resolve = require "lamina.store.resolve"
local unchanged = require "lamina.store.unchanged"

local image = {}

local Images = {}
Images.__index = Images

function image.new(store)
  return setmetatable({ store = store, db = store.db }, Images)
end

--- A row as callers see it. `config` is decoded when it is first asked for.
local Image = {}

function Image.__index(self, key)
  if key ~= "config" then return nil end
  local config = config_check.parse(self.store.blobs:get(self.id))
  rawset(self, "config", config)
  return config
end

--- The names that are its own, and no index's.
local function names_of(db, id)
  local names = {}
  for i, row in ipairs(failure.check(db:rows([[select name from names where image = ?
    and index_id is null order by name]], id))) do
    names[i] = row.name
  end
  return names
end

local function layer_list(text)
  local list = {}
  for hex in text:gmatch("%x+") do list[#list + 1] = "sha256:" .. hex end
  return list
end

--- `index` is the id of the index through which it was found, whose names are meant then.
local function wrap(self, row, index)
  return setmetatable({ store = self.store, id = row.id, manifest = row.manifest,
    created = row.created, stored = row.stored, size = row.size, layers = layer_list(row.layers),
    names = index and self.store.indexes:names(index) or names_of(self.db, row.id),
    index = index }, Image)
end

--- The manifest of an image that is made here: layers uncompressed, or the blobs they came as.
local function make_manifest(self, config, config_bytes, annotations)
  local layers = {}
  for i, diff_id in ipairs(config.rootfs.diff_ids) do
    local row = self.store.layers:get(diff_id)
    local kept = self.store.layers:blob_of(diff_id)
    if kept then kept.mediaType = media_type.oci(kept.mediaType) end
    layers[i] = kept or descriptor.new(media_type.layer, diff_id, row and row.tar_size or 0)
  end
  return manifest.encode {
    config = descriptor.new(media_type.config, "sha256:" .. digest.sha256(config_bytes),
      #config_bytes),
    layers = layers, annotations = annotations,
  }
end

local function total_size(self, diff_ids)
  local sum = 0
  for _, diff_id in ipairs(diff_ids) do
    local row = self.store.layers:get(diff_id)
    if not row then failure.raise("not-found", ("layer %s is not in the store"):format(diff_id)) end
    sum = sum + row.bytes
  end
  return sum
end

local function insert(self, fields)
  failure.check(self.db:run([[insert into images
    (id, manifest, created, stored, size, layers, boot) values (?, ?, ?, ?, ?, ?, ?)
    on conflict (id) do update set stored = excluded.stored]], fields.id, fields.manifest,
    fields.created, os.time(), fields.size, fields.layers, self.store.boot))
  if fields.renews then
    failure.check(self.db:run("update images set manifest = ? where id = ?", fields.manifest,
      fields.id))
  end
  for _, name in ipairs(fields.names) do self:tag(fields.id, name) end
  for _, name in ipairs(fields.digests) do self:remember_digest(fields.id, name) end
  return true
end

--- Whether all of it is there already: a build that finds everything made writes nothing.
local function is_stored(self, fields)
  local row = failure.check(self.db:row("select manifest from images where id = ?", fields.id))
  if not row or row.manifest ~= fields.manifest then return false end
  for _, name in ipairs(fields.names) do
    local named = failure.check(self.db:row("select image from names where name = ?",
      reference.target(name)))
    if not named or named.image ~= fields.id then return false end
  end
  return #fields.digests == 0
end

--- Stores an image: { config = bytes, manifest = bytes or nil, names = {…}, created = seconds,
-- annotations =, digests = the names "host/path@sha256:…" that it was got by, renews = whether an
-- image that is there gets this manifest, attestations = what is said of it }. Its layers must be
-- there. Answers its id.
function Images:put(parts)
  local _held <close> = self.store:hold()
  local config = config_check.parse(parts.config)
  local hexes = {}
  for i, diff_id in ipairs(config.rootfs.diff_ids) do hexes[i] = descriptor.hex(diff_id) end
  local size = total_size(self, config.rootfs.diff_ids)
  local id = self.store.blobs:put(parts.config, media_type.config).digest
  local bytes = parts.manifest or make_manifest(self, config, parts.config, parts.annotations)
  local of = self.store.blobs:put(bytes, media_type.manifest).digest
  local fields = { id = id, manifest = of, size = size, created = parts.created or os.time(),
    layers = table.concat(hexes, " "), names = parts.names or {},
    digests = parts.digests or {}, renews = parts.renews }
  if not is_stored(self, fields) then self.store:transaction(insert, self, fields) end
  self.store.attestations:put(id, parts.attestations or {})
  return id
end

--- The image of an id, name, digest or unambiguous beginning of an id, in that order. Where that
-- is an index, the image for a platform, or else this machine's. A beginning has `least` digits or
-- more (default 1).
function Images:resolve(text, wanted, least)
  local row = resolve(self.store, text, wanted, least or 1)
  return wrap(self, row, row.index_id)
end

--- All images, newest first.
function Images:list()
  local list = {}
  for i, row in ipairs(failure.check(self.db:rows
    "select * from images order by created desc, stored desc, rowid desc")) do
    list[i] = wrap(self, row)
  end
  return list
end

--- Gives an image a name, which leaves the image that had it; an index, with `index`.
function Images:tag(id, name, index)
  failure.check(self.db:run([[insert or replace into names (name, image, stored, index_id)
    values (?, ?, ?, ?)]], reference.target(name), id, os.time(), index))
end

--- Takes a name away; answers whether it was there.
function Images:untag(name)
  return failure.check(self.db:run("delete from names where name = ?",
    reference.format(reference.parse(name)))) > 0
end

--- The containers that were made from an image.
function Images:users(id)
  return failure.check(self.db:rows("select id, name, status from containers where image = ?", id))
end

--- Raises where a container was made from an image.
function Images:check_unused(id)
  local users = self:users(id)
  if #users == 0 then return end
  failure.raise("name-in-use", ("image %s is used by container %s"):format(id:sub(8, 19),
    users[1].name), { hint = "remove the container first, or use --force" })
end

--- An image of an index goes with that.
local function check_alone(self, id)
  local index = self.store.indexes:having(id)[1]
  if not index then return end
  failure.raise("name-in-use", ("image %s belongs to the index %s"):format(id:sub(8, 19),
    index.id:sub(8, 19)), { hint = "remove the index; it goes with that" })
end

local function forget(db, id)
  failure.check(db:run("delete from names where image = ?", id))
  failure.check(db:run("delete from images where id = ?", id))
  return true
end

--- Takes its row away, with its names.
function Images:forget(id)
  return self.store:transaction(forget, self.db, id)
end

local function check_as_listed(self, listed)
  local row = failure.check(self.db:row("select stored from images where id = ?", listed.id))
  unchanged(listed, row and row.stored, names_of(self.db, listed.id))
end

--- Removes an image with all its names. A container that was made from it keeps it, unless forced;
-- a container's layers stay in any case. What nobody uses any more goes with `prune`. options:
-- force; as (the image as it was listed: it is only removed as such).
function Images:remove(id, options)
  options = options or {}
  self.store:transaction(function()
    if not options.force then self:check_unused(id) end
    if options.as then check_as_listed(self, options.as) end
    check_alone(self, id)
    self:forget(id)
    return true
  end)
end

--- Makes an image's manifest again, as for an image that is made here.
function Images:renew_manifest(id)
  local bytes = self:config_bytes(id)
  local config = config_check.parse(bytes)
  local of = self.store.blobs:put(make_manifest(self, config, bytes), media_type.manifest).digest
  failure.check(self.db:run("update images set manifest = ? where id = ?", of, id))
end

--- Gives an image another manifest: one that says how its layers are kept now.
function Images:replace_manifest(id, bytes, media)
  local _held <close> = self.store:hold()
  local of = self.store.blobs:put(bytes, media).digest
  failure.check(self.db:run("update images set manifest = ? where id = ?", of, id))
end

--- Remembers a name by digest that an image has in a registry.
function Images:remember_digest(id, name)
  failure.check(self.db:run("insert or ignore into digests values (?, ?)", name, id))
end

--- Under which names images with a layer are known that came from or went to a registry, or are
-- called so: "localhost:5000/a/b:v1", "docker.io/library/a@sha256:…".
function Images:names_with(diff_id)
  local list = {}
  for i, row in ipairs(failure.check(self.db:rows([[select name from digests join images
    on images.id = digests.image where layers like ?1 union select name from names join images
    on images.id = names.image where layers like ?1 order by name]],
    "%" .. descriptor.hex(diff_id) .. "%"))) do
    list[i] = row.name
  end
  return list
end

--- The configuration's bytes as they came.
function Images:config_bytes(id)
  return self.store.blobs:get(id)
end

--- The bytes of a manifest or an index as they came.
function Images:manifest_bytes(of)
  return self.store.blobs:get(of, manifest.limit)
end

return image
