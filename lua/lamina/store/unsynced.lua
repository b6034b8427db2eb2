--- What an earlier boot made and no sync covered. After a power loss the disk may not have all of
-- it; after a clean shutdown it has. So each is read again, and what isn't whole is forgotten.
local core = require "lamina.core.layer"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local unsynced = {}

--- Whether a layer's directory holds what its diff ID says. One that came as a tar that isn't
-- canonical can't be told that way.
local function is_whole(store, diff_id)
  local info = core.pack(store.layers:path(diff_id), { form = "overlay" })
  return info ~= nil and info.diff_id == diff_id
end

local function rows(store, sql)
  return failure.check(store.db:rows(sql, store.boot))
end

--- A blob that the disk didn't get whole would be taken for the layer's own.
local function check_blob(store, diff_id)
  local of = store.layers:blob_of(diff_id)
  local hex = of and digest.file(store.blobs:path(of.digest))
  if of and "sha256:" .. tostring(hex) ~= of.digest then store.layers:drop_blob(diff_id) end
end

--- What its blob gives is the layer, whatever the directory holds; without one it is forgotten.
local function settle_layer(store, diff_id)
  check_blob(store, diff_id)
  if is_whole(store, diff_id) then
    failure.check(store.db:run("update layers set boot = null where diff_id = ?", diff_id))
    return
  end
  local path, again = store.layers:path(diff_id), store.layers:unpack_blob(diff_id)
  if not again then store.layers:forget(diff_id) end
  if fs.stat(path, { follow = false }) then store:bury(path) end
  if again then store.layers:renew(diff_id, again) end
end

--- Whether both documents and all layers of an image are there.
local function has_all(store, row)
  if not pcall(store.blobs.get, store.blobs, row.id) then return false end
  if not pcall(store.blobs.get, store.blobs, row.manifest) then return false end
  for hex in row.layers:gmatch("%x+") do
    if not store.layers:has("sha256:" .. hex) then return false end
  end
  return true
end

local function forget_image(store, id)
  for _, row in ipairs(store.indexes:having(id)) do store.indexes:forget(row.id) end
  store.images:forget(id)
  return true
end

--- A blob that is there but isn't whole would be in the way when the image is made again.
local function bury_damaged(store, of)
  if not pcall(store.blobs.get, store.blobs, of) and store.blobs:has(of) then
    store:bury(store.blobs:path(of))
  end
end

local function settle_image(store, row)
  if has_all(store, row) then
    failure.check(store.db:run("update images set boot = null where id = ?", row.id))
    return
  end
  store:transaction(forget_image, store, row.id)
  bury_damaged(store, row.id)
  bury_damaged(store, row.manifest)
end

local function settle_index(store, id)
  if pcall(store.blobs.get, store.blobs, id) then
    failure.check(store.db:run("update indexes set boot = null where id = ?", id))
    return
  end
  store.indexes:forget(id)
  bury_damaged(store, id)
end

--- Looks at all of them, while nobody else gives anything its name.
function unsynced.settle(store)
  local _alone <close> = store:alone()
  for _, row in ipairs(rows(store, "select diff_id from layers where boot <> ?")) do
    settle_layer(store, row.diff_id)
  end
  for _, row in ipairs(rows(store, "select id, manifest, layers from images where boot <> ?")) do
    settle_image(store, row)
  end
  for _, row in ipairs(rows(store, "select id from indexes where boot <> ?")) do
    settle_index(store, row.id)
  end
end

return unsynced
