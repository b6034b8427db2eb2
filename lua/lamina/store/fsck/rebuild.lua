--- The database made again from what is on the disk and what can still be read of the old one.
--
-- Layers are directories that pack to their names, images are manifests whose configuration and
-- layers are there, containers have their records beside their files. Only names of images and what
-- is said of them are nowhere else: they come from the old database, or are lost.
--
-- The new one is made in tmp/ and gets its name when it is complete: a kill leaves the old one, and
-- nobody ever takes a half of it for all there is. Meanwhile gc.lock is held alone.
local aside = require "lamina.store.aside"
local config_check = require "lamina.image.config_check"
local core = require "lamina.core.layer"
local database = require "lamina.core.database"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local lock = require "lamina.store.lock"
local manifest = require "lamina.image.manifest"
local platform = require "lamina.image.platform"
local sched = require "lamina.util.sched"
local stray = require "lamina.store.stray"
local workspace = require "lamina.store.workspace"

local rebuild = {}

local most_failures = 3

--- The rows of a table, as far as they can be read: all at once, else one by one.
local function salvage_table(db, name)
  local all = db:rows("select * from " .. name)
  if all then return all end
  local list, failures, at = {}, 0, 0
  while failures < most_failures do
    local row, err = db:row(("select * from %s limit 1 offset %d"):format(name, at))
    if row then list[#list + 1] = row elseif err then failures = failures + 1 else break end
    at = at + 1
  end
  return list
end

--- What an old database still tells.
local function salvage(path)
  local old = { layers = {}, names = {}, containers = {}, attestations = {} }
  local stat = fs.stat(path, { follow = false })
  if not stat or stat.type ~= "file" or stat.size == 0 then return old end
  local db <close> = database.open(path, { readonly = true, timeout = 1000 })
  if not db then return old end
  for name in pairs(old) do old[name] = salvage_table(db, name) end
  return old
end

local function insert_layer(store, diff_id, info)
  failure.check(store.db:run([[insert or ignore into layers
    (diff_id, tar_size, bytes, entries, created, blob, blob_size, blob_type)
    values (?, ?, ?, ?, ?, ?, ?, ?)]], diff_id, info.tar_size, info.bytes, info.entries,
    info.created or os.time(), info.blob, info.blob_size, info.blob_type))
end

local function is_layer_row(row)
  for _, key in ipairs { "tar_size", "bytes", "entries", "created" } do
    if math.type(row[key]) ~= "integer" then return false end
  end
  return true
end

local function restore_layers(store, old)
  local known = {}
  for _, row in ipairs(old.layers) do
    if is_layer_row(row) then known[row.diff_id or ""] = row end
  end
  for _, hex in ipairs(failure.check(fs.list(store.layers.dir))) do
    local diff_id = "sha256:" .. hex
    local ok, info = pcall(sched.job, core.pack, store.layers.dir .. "/" .. hex,
      { form = "overlay" })
    if ok and (info.diff_id == diff_id or known[diff_id]) then
      insert_layer(store, diff_id, known[diff_id] or info)
    end
  end
end

--- The blobs that layers came as stand in the manifest in their order.
local function remember_blobs(store, document, diff_ids)
  for i, from in ipairs(document.layers) do
    if diff_ids[i] and from.digest ~= diff_ids[i] and store.blobs:has(from.digest) then
      store.layers:remember_blob(diff_ids[i], from)
    end
  end
end

--- Puts an image back if the blob is a manifest whose parts are all there.
local function restore_image(store, hex)
  local bytes = store.blobs:get("sha256:" .. hex, manifest.limit)
  if bytes:sub(1, 1) ~= "{" then return end
  local document = manifest.parse(bytes)
  if document.kind ~= "manifest" then return end
  local config_bytes = store.blobs:get(document.config.digest)
  local config = config_check.parse(config_bytes)
  remember_blobs(store, document, config.rootfs.diff_ids)
  store.images:put { config = config_bytes, manifest = bytes,
    created = math.tointeger(fs.stat(store.blobs:path("sha256:" .. hex)).mtime) }
end

--- Calls restore(store, hex) for what may be a document. Most blobs are none, and fail at one
-- place or another.
local function each_document(store, restore)
  for _, hex in ipairs(failure.check(fs.list(store.blobs.dir))) do
    local stat = fs.stat(store.blobs.dir .. "/" .. hex, { follow = false })
    if stat and stat.type == "file" and stat.size <= manifest.limit then
      pcall(restore, store, hex)
    end
  end
end

--- Puts an index back if the blob is one and its images are all there.
local function restore_index(store, hex)
  local bytes = store.blobs:get("sha256:" .. hex, manifest.limit)
  if bytes:sub(1, 1) ~= "{" then return end
  local document, images = manifest.parse(bytes), {}
  if document.kind ~= "index" then return end
  for i, of in ipairs(document.manifests) do
    local row = failure.check(store.db:row("select id from images where manifest = ?", of.digest))
    images[i] = { id = row.id, platform = platform.format(of.platform) }
  end
  store.indexes:restore("sha256:" .. hex, images)
end

local function restore_names(store, old)
  for _, row in ipairs(old.names) do
    local index = row.index_id and store.indexes:has(row.index_id) and row.index_id or nil
    pcall(store.images.tag, store.images, row.image, row.name, index)
  end
end

--- From the records beside the files; one that is missing or damaged may be in the old database.
local function restore_containers(store, old)
  local known = {}
  for _, row in ipairs(old.containers) do known[row.id or ""] = row end
  for _, one in ipairs(stray.list(store)) do
    if not stray.restore(store, one.name) then
      stray.restore(store, one.name, known[one.name])
    end
  end
end

--- All that can be told again, and all of it on the disk.
local function fill(store, old)
  restore_layers(store, old)
  each_document(store, restore_image)
  each_document(store, restore_index)
  restore_names(store, old)
  restore_containers(store, old)
  for _, row in ipairs(old.attestations) do store.attestations:restore(row) end
  store:sync()
end

--- The old one keeps its name until the new one takes it. What lies beside it goes first, since
-- SQLite would take that for the new one's: a kill between the two costs the old one's last rows.
local function put_in_place(root, made)
  local path = root .. "/lamina.db"
  for _, suffix in ipairs { "-wal", "-shm" } do
    if fs.stat(path .. suffix, { follow = false }) then aside(root, path .. suffix) end
  end
  local stat = fs.stat(path, { follow = false })
  if stat then aside(root, path, stat.type == "file" and fs.link or fs.rename) end
  failure.check(fs.fsync(made))
  failure.check(fs.rename(made, path))
  failure.check(fs.fsync(root))
end

--- Whether it is well after all: another process that repairs was first.
local function is_well(root)
  local db <close> = database.open(root .. "/lamina.db", { readonly = true, timeout = 1000 })
  local row = db and db:row "pragma integrity_check(1)"
  return row ~= nil and row.integrity_check == "ok" and db:row "select count(*) from images" ~= nil
end

--- Makes the database of a store again. `open(path)` opens the store with a database of that path,
-- without looking at what is there, for one who holds gc.lock alone. The old one is kept in
-- damaged/.
function rebuild.run(root, open)
  local _alone <close> = failure.check(lock.wait(root .. "/gc.lock", "exclusive"))
  if is_well(root) then return end
  local own <close> = workspace.new(root .. "/tmp")
  local made = own:temp "database" .. "/lamina.db"
  local store <close> = open(made)
  fill(store, salvage(root .. "/lamina.db"))
  store:close()
  put_in_place(root, made)
end

return rebuild
