--- A stopped container's upper directory becomes a layer, and the container stands on it from then
-- on: a commit without a copy.
--
-- The order makes it safe to be killed anywhere. The container's row names the new layer first;
-- so the collector keeps it, and `settle` can tell what is missing: while the layer has no row,
-- the files are still the container's own, under one name or the other.
local core = require "lamina.core.layer"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local rebase = {}

local function make_upper(dir, root)
  failure.check(fs.mkdir(dir .. "/upper", root.mode & 4095)) -- 07777
  failure.check(fs.chmod(dir .. "/upper", root.mode & 4095))
  failure.check(fs.chown(dir .. "/upper", root.uid, root.gid))
end

local function with(layers, diff_id)
  local list = table.move(layers, 1, #layers, 1, {})
  list[#list + 1] = diff_id
  return list
end

--- The layer and its row; what it holds is on the disk already, so the row needs no boot.
local function adopt(store, upper, info)
  store:transaction(function()
    store.layers:adopt(upper, info)
    failure.check(store.db:run("update layers set boot = null where diff_id = ?", info.diff_id))
    return true
  end)
end

--- Gives the sealed upper of a claimed container to the store; info as layers:adopt takes it.
-- Answers the container's layers, which is what the row holds now.
function rebase.run(store, record, info)
  local _held <close> = store:hold()
  local upper, layers = record.dir .. "/upper", with(record.layers, info.diff_id)
  local root = failure.check(fs.stat(upper))
  local is_there = store.layers:has(info.diff_id)
  store:lease("layer", info.diff_id)
  store.containers:rebase(record.id, layers)
  if is_there then
    failure.check(fs.rename(upper, store:temp("gone") .. "/upper"))
  else
    failure.check(fs.syncfs(store.root))
    adopt(store, upper, info)
  end
  make_upper(record.dir, root)
  return layers
end

local function drop_top(store, record)
  local layers = table.move(record.layers, 1, #record.layers - 1, 1, {})
  store.containers:rebase(record.id, layers)
end

local function packs_to(dir, diff_id)
  local info = core.pack(dir, { form = "overlay" })
  return info ~= nil and info.diff_id == diff_id
end

--- Finishes or undoes what a kill or a power loss left of one container's rebase.
local function settle_one(store, record)
  local top = record.layers[#record.layers]
  local dir, upper = store.layers:path(top), record.dir .. "/upper"
  local layer, own = fs.stat(dir, { follow = false }), fs.stat(upper, { follow = false })
  if not store.layers:get(top) then
    if layer and not own then failure.check(fs.rename(dir, upper)) end
    drop_top(store, record)
  elseif layer and not own then
    make_upper(record.dir, layer)
  elseif own and not layer and packs_to(upper, top) then -- the disk has the row, not the new name
    failure.check(fs.rename(upper, dir))
    make_upper(record.dir, own)
  end
end

--- Whether nothing is missing, as far as can be seen without a lock.
local function is_whole(store, row)
  return store.layers:has("sha256:" .. row.layers:sub(-64))
    and fs.stat(("%s/containers/%s/upper"):format(store.root, row.id)) ~= nil
end

--- Looks after every container that stands on layers of its own, unless it is being used.
function rebase.settle(store)
  for _, row in ipairs(failure.check(store.db:rows [[select id, layers from containers
    where length(layers) > base_layers * 65]])) do
    local held = not is_whole(store, row) and fs.lock(("%s/containers/%s/lock"):format(store.root,
      row.id), "exclusive", { wait = false })
    if held then
      local _alone <close> = store:alone()
      settle_one(store, store.containers:get(row.id))
      held:release()
    end
  end
end

return rebase
