--- Images, names, containers and cache records: what they name is there, and they say the truth.
local core = require "lamina.core.layer"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local sched = require "lamina.util.sched"
local stray = require "lamina.store.stray"

local records = {}

local function rows(store, sql)
  return failure.check(store.db:rows(sql))
end

local function short(id)
  return id:sub(1, 7) == "sha256:" and id:sub(8, 19) or id:sub(1, 12)
end

--- A layer's row made again, where its directory gives its diff ID.
local function restore_layer(store, diff_id)
  if not fs.stat(store.layers:path(diff_id), { follow = false }) then return false end
  local info = sched.job(core.pack, store.layers:path(diff_id), { form = "overlay" })
  return info.diff_id == diff_id and store.layers:remember(info)
end

--- Layers that a row names and the store doesn't have.
local function check_layers(found, store, row, who)
  for hex in row.layers:gmatch("%x+") do
    if not store.layers:get("sha256:" .. hex) then
      found:damage { kind = "missing-layer", subject = "sha256:" .. hex,
        message = ("%s %s stands on it"):format(who, short(row.id)),
        hint = "pull, load or build the image again",
        repair = function() return restore_layer(store, "sha256:" .. hex) end }
    end
  end
end

--- The diff IDs of an image's configuration, and the sum of their bytes; nil where it can't be
-- read or a layer is missing, which is told elsewhere.
local function truth(store, id)
  local ok, bytes = pcall(store.blobs.get, store.blobs, id)
  local config = ok and json.decode(bytes, { depth = 128 })
  local list = type(config) == "table" and type(config.rootfs) == "table" and config.rootfs.diff_ids
  if type(list) ~= "table" then return nil end
  local hexes, size = {}, 0
  for i, diff_id in ipairs(list) do
    local layer = store.layers:get(diff_id)
    if not layer then return nil end
    hexes[i], size = diff_id:sub(8), size + layer.bytes
  end
  return table.concat(hexes, " "), size
end

local function check_image(found, store, row)
  check_layers(found, store, row, "image")
  local layers, size = truth(store, row.id)
  if not layers or (layers == row.layers and size == row.size) then return end
  found:damage { kind = "wrong-record", subject = row.id,
    message = layers == row.layers and ("its size is %d, not %d"):format(size, row.size)
      or "its layers aren't those of its configuration",
    repair = function()
      return failure.check(store.db:run("update images set layers = ?, size = ? where id = ?",
        layers, size, row.id)) > 0
    end }
end

local function check_names(found, store)
  for _, row in ipairs(rows(store, [[select name, image from names
    where image not in (select id from images)]])) do
    found:damage { kind = "dangling-name", subject = row.name,
      message = ("it names image %s, which isn't there"):format(short(row.image)),
      repair = function()
        return failure.check(store.db:run("delete from names where name = ?", row.name)) > 0
      end }
  end
end

--- An index whose images aren't all there; what it names that is there stays.
local function check_indexes(found, store)
  for _, row in ipairs(rows(store, [[select distinct index_id as id from members
    where image not in (select id from images) or index_id not in (select id from indexes)
    union select index_id from names where index_id is not null
      and index_id not in (select id from indexes)]])) do
    found:damage { kind = "broken-index", subject = row.id,
      message = "an image of it isn't there, or the index itself",
      hint = "load or build it again",
      repair = function()
        store:transaction(function()
          failure.check(store.db:run("update names set index_id = null where index_id = ?", row.id))
          return store.indexes:forget(row.id)
        end)
        return true
      end }
  end
end

local function check_container(found, store, row)
  local dir = store.containers.dir .. "/" .. row.id
  local function is_dir(name)
    local stat = fs.stat(dir .. name, { follow = false })
    return stat ~= nil and stat.type == "dir"
  end
  if not is_dir "" or not is_dir "/upper" then
    return found:damage { kind = "missing-container", subject = row.name,
      message = ("its files (%s) are missing"):format(dir), hint = "lamina rm " .. row.name }
  end
  check_layers(found, store, row, "container")
  if not is_dir "/work" then
    found:damage { kind = "incomplete-container", subject = row.name,
      message = "its work directory is missing",
      repair = function() return fs.mkdir(dir .. "/work", 448) end } -- 0700
  end
  if not fs.stat(dir .. "/record.json", { follow = false }) then
    found:notice { kind = "missing-record", subject = row.name,
      message = "it couldn't be told from its files alone",
      repair = function() return store.containers:keep_record(row.id) end }
  end
end

local function check_strays(found, store)
  for _, one in ipairs(stray.list(store)) do
    if one.has_record then
      found:damage { kind = "lost-container", subject = one.name,
        message = "its files are there, its record isn't",
        repair = function() return stray.restore(store, one.name) end }
    else
      found:notice { kind = "leftover", subject = store.containers.dir .. "/" .. one.name,
        message = "left by a process that is gone" }
    end
  end
end

local function check_cache(found, store)
  for _, row in ipairs(rows(store, [[select key, diff_id from cache where diff_id is not null
    and diff_id not in (select diff_id from layers)]])) do
    found:damage { kind = "stale-cache", subject = row.key,
      message = ("its layer %s isn't there"):format(short(row.diff_id)),
      repair = function()
        return failure.check(store.db:run("delete from cache where key = ?", row.key)) > 0
      end }
  end
end

function records.check(found, store)
  local images = rows(store, "select id, layers, size from images order by id")
  for _, row in ipairs(images) do check_image(found, store, row) end
  check_names(found, store)
  check_indexes(found, store)
  local containers = rows(store, "select id, name, layers from containers order by id")
  for _, row in ipairs(containers) do check_container(found, store, row) end
  check_strays(found, store)
  check_cache(found, store)
  found:count("images", #images)
  found:count("containers", #containers)
end

return records
