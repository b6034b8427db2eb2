--- Layers: rows and directories belong together, and a directory is what its diff ID says.
local aside = require "lamina.store.aside"
local core = require "lamina.core.layer"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"

local layers = {}

--- diff ID -> whether an image or a container stands on it.
local function in_use(store)
  local used = {}
  for _, of in ipairs { "images", "containers" } do
    for _, row in ipairs(failure.check(store.db:rows("select layers from " .. of))) do
      for hex in row.layers:gmatch("%x+") do used["sha256:" .. hex] = true end
    end
  end
  return used
end

--- From its blob; or it is forgotten, where only the cache knew it. Otherwise no build begins with
-- it any more.
local function restore(store, diff_id)
  local dir, path = store.layers:unpack_blob(diff_id), store.layers:path(diff_id)
  local is_there = fs.stat(path, { follow = false })
  if dir then
    if is_there then aside(store.root, path) end
    store.layers:renew(diff_id, dir)
    return true
  elseif not in_use(store)[diff_id] then
    if is_there then aside(store.root, path) end
    return store.layers:forget(diff_id)
  end
  failure.check(store.db:run("delete from cache where diff_id = ?", diff_id))
  return false
end

local make_again = "pull, load or build the image again"
-- A layer that is there isn't made again.
local removed_first = "`lamina rmi` and `rm` what stands on it, `lamina prune`; then " .. make_again

--- `is_well`, where it is given, looks again whether it is damaged after all.
local function damaged(found, store, row, kind, message, is_well)
  found:damage { kind = kind, subject = row.diff_id, message = message,
    hint = is_well and removed_first or make_again,
    repair = function() return is_well and is_well() or restore(store, row.diff_id) end }
  row.is_bad = true
end

local function check_directory(found, store, row)
  local stat = fs.stat(store.layers:path(row.diff_id), { follow = false })
  if not stat then
    damaged(found, store, row, "missing-layer", "its directory is missing")
  elseif stat.type ~= "dir" then
    damaged(found, store, row, "foreign-entry", ("is no directory but a %s"):format(stat.type))
  end
end

local function check_names(found, store, known, used)
  for _, name in ipairs(failure.check(fs.list(store.layers.dir))) do
    local path = store.layers.dir .. "/" .. name
    if not name:match("^[0-9a-f]+$") or #name ~= 64 then
      found:damage { kind = "foreign-entry", subject = path,
        message = "doesn't belong here: its name is no digest",
        repair = function() return aside(store.root, path) ~= nil end }
    elseif not known["sha256:" .. name] and not used["sha256:" .. name] then
      found:notice { kind = "unused-layer", subject = "sha256:" .. name,
        message = "`lamina prune` removes it" }
    end
  end
end

--- Looks at rows and names; answers the rows, for `hash`.
function layers.check(found, store)
  local rows, known, used = store.layers:list(), {}, in_use(store)
  for _, row in ipairs(rows) do
    known[row.diff_id] = true
    check_directory(found, store, row)
  end
  check_names(found, store, known, used)
  found:count("layers", #rows)
  return rows
end

local function packed(dir)
  local ok, info = pcall(sched.job, core.pack, dir, { form = "overlay" })
  return ok and info.diff_id, info
end

--- Why a layer's files aren't the layer; nil where they are, or it was collected meanwhile. One
-- made here packs to its diff ID. One that came from a tar in other form packs to what its blob
-- gives when it is unpacked again.
local function problem_of(store, diff_id)
  local path = store.layers:path(diff_id)
  local got, err = packed(path)
  if got == diff_id or not fs.stat(path, { follow = false }) then return nil end
  if not got then return err.message end
  local again = store.layers:unpack_blob(diff_id)
  local wanted = again and packed(again)
  if again then fs.remove(again) end
  if wanted == got then return nil end
  return again and "its files aren't those of its blob" or "its files don't give its diff ID"
end

local function check_files(found, store, row)
  local why = problem_of(store, row.diff_id)
  if not why then return end
  damaged(found, store, row, "changed-layer", why, function()
    return problem_of(store, row.diff_id) == nil
  end)
end

--- Reads all files of all layers. That takes its time, so the repairs look again.
function layers.hash(found, store, rows)
  for _, row in ipairs(rows) do
    if not row.is_bad then check_files(found, store, row) end
  end
end

return layers
