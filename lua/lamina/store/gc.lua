--- Removing what nothing needs: unreachable layers and blobs, cache records, dead leftovers.
--
-- A layer is kept while an image, a container, a cache record or a living process' lease names it.
-- The collector holds gc.lock alone, so that nothing gets its name while it looks.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"

local gc = {}

local function rows(store, sql, ...)
  return failure.check(store.db:rows(sql, ...))
end

local function add_hexes(set, text)
  for hex in text:gmatch("%x+") do set["sha256:" .. hex] = true end
end

--- The diff IDs that something needs.
local function used_layers(store)
  local used = {}
  for _, row in ipairs(rows(store, "select layers from images")) do add_hexes(used, row.layers) end
  for _, row in ipairs(rows(store, "select layers from containers")) do
    add_hexes(used, row.layers)
  end
  for _, row in ipairs(rows(store, "select diff_id from cache")) do
    if row.diff_id then used[row.diff_id] = true end
  end
  for _, row in ipairs(rows(store, "select digest from leases where kind = 'layer'")) do
    used[row.digest] = true
  end
  return used
end

local function used_blobs(store)
  local used = {}
  for _, row in ipairs(rows(store, "select id, manifest from images")) do
    used[row.id], used[row.manifest] = true, true
  end
  for _, row in ipairs(rows(store, "select blob from layers where blob is not null")) do
    used[row.blob] = true
  end
  for _, row in ipairs(rows(store, "select digest from leases where kind = 'blob'")) do
    used[row.digest] = true
  end
  return used
end

--- Removes the entries of a folder whose digest isn't used. The rename takes the name away at once;
-- the removal of a large tree may then be interrupted without harm.
local function sweep_folder(store, folder, used, report, kind)
  for _, hex in ipairs(failure.check(fs.list(store.root .. "/" .. folder))) do
    if not used["sha256:" .. hex] then
      report[kind] = report[kind] + 1
      if not report.dry_run then
        local grave = store:temp("gone") .. "/" .. hex
        failure.check(fs.rename(store.root .. "/" .. folder .. "/" .. hex, grave))
        fs.remove(grave)
      end
    end
  end
end

local function sweep_layers(store, report)
  local used = used_layers(store)
  for _, row in ipairs(store.layers:list()) do
    if not used[row.diff_id] then
      report.bytes = report.bytes + row.bytes + (row.blob_size or 0)
      if not report.dry_run then
        failure.check(store.db:run("delete from layers where diff_id = ?", row.diff_id))
      end
    end
  end
  sweep_folder(store, "layers", used, report, "layers")
end

local function remove_containers(store, report)
  for _, one in ipairs(store.containers:list { all = true }) do
    if one.status ~= "running" then
      report.containers = report.containers + 1
      if not report.dry_run then store.containers:remove(one.id) end
    end
  end
end

--- Images without a name and, with `all`, those that no container uses.
local function remove_images(store, all, report)
  for _, image in ipairs(store.images:list()) do
    if (#image.names == 0 or all) and #store.images:users(image.id) == 0 then
      report.images = report.images + 1
      if not report.dry_run then store.images:remove(image.id) end
    end
  end
end

--- Removes what isn't needed. options: containers, images, all (named images too), cache, until
-- (seconds: only cache records unused since), dry_run. Answers { layers, blobs, images,
-- containers, cache, bytes }.
function gc.prune(store, options)
  local report = { layers = 0, blobs = 0, images = 0, containers = 0, cache = 0, bytes = 0,
    dry_run = options.dry_run }
  if options.containers then remove_containers(store, report) end
  if options.images then remove_images(store, options.all, report) end
  if options.cache then
    report.cache = options.dry_run and #store.cache:list() or store.cache:prune(options["until"])
  end
  store:workspace()
  local _alone <close> = failure.check(fs.lock(store.root .. "/gc.lock", "exclusive"))
  store:sweep()
  sweep_layers(store, report)
  sweep_folder(store, "blobs/sha256", used_blobs(store), report, "blobs")
  return report
end

--- Empties the whole store: the only way for an ordinary user to remove files of sub-ids.
function gc.everything(store)
  local _alone <close> = failure.check(fs.lock(store.root .. "/gc.lock", "exclusive"))
  store.db:close()
  for _, name in ipairs(failure.check(fs.list(store.root))) do
    failure.check(fs.remove(store.root .. "/" .. name))
  end
  store.own = nil
end

--- Drops the records of an earlier boot that no sync covered, and what stands on them.
function gc.forget_unsynced(store)
  local lost = {}
  for _, row in ipairs(rows(store, "select diff_id from layers where boot <> ?", store.boot)) do
    lost[#lost + 1] = row.diff_id
  end
  store:transaction(function()
    for _, diff_id in ipairs(lost) do
      failure.check(store.db:run("delete from cache where diff_id = ?", diff_id))
      failure.check(store.db:run("delete from layers where diff_id = ?", diff_id))
    end
    return true
  end)
  for _, diff_id in ipairs(lost) do fs.remove(store.layers:path(diff_id)) end
  return json.array(lost)
end

return gc
