--- Removing what its owner doesn't need any more: stopped containers, images, the build cache.
--
--   local report = prune.run(store, { containers = true, images = true, cache = true })
local cache = require "lamina.store.cache"
local download = require "lamina.store.download"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local gc = require "lamina.store.gc"
local json = require "lamina.core.json"
local mount = require "lamina.store.mount"
local usage = require "lamina.store.usage"

local prune = {}

local Pruner = {}
Pruner.__index = Pruner

-- Another process was quicker: it uses the thing again, or has removed it.
local lost_races = { ["name-in-use"] = true, ["not-found"] = true }

--- Removes something, unless it is a dry run; answers whether it is gone. `gone` remembers it, so
-- that a dry run counts what would be unneeded then.
function Pruner:take(kind, key, remove)
  if not self.options.dry_run then
    local ok, err = pcall(remove)
    if not ok and failure.is(err) and lost_races[err.kind] then return false end
    if not ok then error(err, 0) end
  end
  self.gone[kind][key] = true
  return true
end

--- Whether something that was made or used at a time is old enough to go.
function Pruner:is_old(time)
  local before = self.options.before
  return before == nil or time < before
end

function Pruner:remove_containers()
  local store, report = self.store, self.report
  for _, one in ipairs(store.containers:list { all = true }) do
    if one.status ~= "running" and self:is_old(one.created) then
      local bytes = usage.tree(one.dir)
      if self:take("containers", one.id, function() store.containers:remove(one.id) end) then
        report.bytes = report.bytes + bytes
        table.insert(report.containers, one.id)
      end
    end
  end
end

function Pruner:is_used(image)
  for _, user in ipairs(self.store.images:users(image.id)) do
    if not self.gone.containers[user.id] then return true end
  end
  return false
end

--- Whether a container uses one of an index's images.
function Pruner:uses_any(index)
  for _, member in ipairs(index.members) do
    if self:is_used { id = member.image } then return true end
  end
  return false
end

--- Indexes, with the images that are theirs alone, on the terms of images.
function Pruner:remove_indexes()
  local indexes = self.store.indexes
  for _, index in ipairs(indexes:list()) do
    local alone = indexes:own_images(index.id)
    if (#index.names == 0 or self.options.all) and self:is_old(index.stored)
      and not self:uses_any(index)
      and self:take("indexes", index.id, function()
        indexes:remove(index.id, { as = index })
      end) then
      table.insert(self.report.images, { id = index.id, names = json.array(index.names) })
      for _, row in ipairs(alone) do self.gone.images[row.id] = true end
    else
      for _, member in ipairs(index.members) do self.kept[member.image] = true end
    end
  end
end

--- Images without a name and, with `all`, those that no container uses; none that an index has.
function Pruner:remove_images()
  local images = self.store.images
  for _, image in ipairs(images:list()) do
    if (#image.names == 0 or self.options.all) and self:is_old(image.stored)
      and not self.kept[image.id] and not self.gone.images[image.id] and not self:is_used(image)
      and self:take("images", image.id, function()
        images:remove(image.id, { as = image })
      end) then
      table.insert(self.report.images, { id = image.id, names = json.array(image.names) })
    end
  end
end

--- What is over a size that may stay, the longest unused first: sets of keys of records and names
-- of mounts; nil where there is no such size.
function Pruner:over_size()
  local most = self.options.keep_bytes
  if not most then return nil end
  local list, over, seen, sum = {}, { keys = {}, mounts = {} }, {}, 0
  for _, one in ipairs(self.store.cache:results()) do list[#list + 1] = one end
  for _, one in ipairs(self.options.mounts and mount.list(self.store) or {}) do
    one.bytes = mount.bytes(one)
    list[#list + 1] = one
  end
  table.sort(list, function(x, y)
    if x.used ~= y.used then return x.used > y.used end
    return (x.diff_id or x.name) < (y.diff_id or y.name)
  end)
  for _, one in ipairs(list) do
    local id = one.diff_id or one.name
    if not seen[id] then sum = sum + one.bytes end
    seen[id] = true
    if sum > most then
      for _, key in ipairs(one.keys or {}) do over.keys[key] = true end
      if one.name then over.mounts[one.name] = true end
    end
  end
  return over
end

--- Removes rows all at once, unless it is a dry run: forget().
function Pruner:take_rows(kind, keys, forget)
  if not self.options.dry_run then forget() end
  for _, key in ipairs(keys) do self.gone[kind][key] = true end
end

function Pruner:forget_cache()
  local records, over, keys, gone = self.store.cache, self.over and self.over.keys, {}, {}
  for _, row in ipairs(failure.check(self.store.db:rows "select key, used from cache")) do
    if self:is_old(row.used) and (not over or over[row.key]) then
      if not cache.is_hint(row.key) then self.report.cache = self.report.cache + 1 end
      keys[#keys + 1], gone[row.key] = row.key, true
    end
  end
  for _, key in ipairs(records:idle_hints(gone)) do keys[#keys + 1] = key end
  self:take_rows("cache", keys, function() records:forget(keys) end)
end

--- The records of builds: with them go the logs of steps that failed.
function Pruner:forget_builds()
  local builds, ids = self.store.builds, {}
  for _, row in ipairs(failure.check(self.store.db:rows "select id, started from builds")) do
    if self:is_old(row.started) then ids[#ids + 1] = row.id end
  end
  self:take_rows("builds", ids, function() builds:forget(ids) end)
end

--- Removes a directory of cache/ that has a lock beside it, unless somebody is at it: { name,
-- path }. Answers the bytes that it had, or nil. The lock's file stays: who waits for it has it
-- open.
function Pruner:take_locked(one)
  if not mount.is_free(one) then return nil end
  local bytes, is_gone = mount.bytes(one), true
  self:take("mounts", one.name, function() is_gone = mount.remove(self.store, one) end)
  return is_gone and bytes or nil
end

--- Removes a file of cache/; answers its bytes. Who needs one has a link of its own.
function Pruner:take_file(name, stat)
  self:take("mounts", name, function()
    failure.check(fs.remove(("%s/cache/%s"):format(self.store.root, name)))
  end)
  return stat.size
end

--- What was downloaded: it can be fetched again. A tree that a build reads has a lock.
function Pruner:remove_downloads()
  local dir, report = self.store.root .. "/cache", self.report
  for _, name in ipairs(failure.check(fs.list(dir))) do
    local path = dir .. "/" .. name
    local stat = download.owns(name) and fs.stat(path, { follow = false })
    if stat and self:is_old(stat.ctime) then
      local bytes = stat.type == "dir" and self:take_locked { name = name, path = path }
        or stat.type ~= "dir" and self:take_file(name, stat)
      report.bytes = report.bytes + (bytes or 0)
    end
  end
end

--- Cache mounts that no step uses just now.
function Pruner:remove_mounts()
  local report, over = self.report, self.over and self.over.mounts
  for _, one in ipairs(mount.list(self.store)) do
    local is_meant = self:is_old(one.used) and (not over or over[one.name])
    local bytes = is_meant and self:take_locked(one)
    if bytes then report.mounts, report.bytes = report.mounts + 1, report.bytes + bytes end
  end
end

--- What contexts' files held (build/context.lua): it is learnt again.
function Pruner:remove_memories()
  local dir = self.store.root .. "/cache"
  for _, name in ipairs(failure.check(fs.list(dir))) do
    local stat = name:find("^context%-") and fs.stat(dir .. "/" .. name, { follow = false })
    if stat and stat.type == "file" and self:is_old(stat.mtime) then
      self.report.bytes = self.report.bytes + self:take_file(name, stat)
    end
  end
end

--- Removes what was asked for, and then all that nothing needs. options: containers, images, all
-- (named images too), cache, mounts (cache mounts), before (seconds: only containers made, images
-- stored, builds begun, cache records and mounts used before then), keep_bytes (of the cache: only
-- what is over it, the longest unused first; what isn't counted stays), dry_run. Answers { layers,
-- blobs, logs, cache, mounts, bytes (numbers), containers (ids), images ({ id, names }), dry_run }.
function prune.run(store, options)
  local gone = { containers = {}, images = {}, indexes = {}, cache = {}, mounts = {},
    builds = {} }
  local report = { cache = 0, mounts = 0, bytes = 0, containers = json.array {},
    images = json.array {}, dry_run = options.dry_run or false }
  local self = setmetatable({ store = store, options = options, report = report, gone = gone,
    kept = {} }, Pruner)
  self.over = self:over_size()
  if options.containers then self:remove_containers() end
  if options.images then
    self:remove_indexes()
    self:remove_images()
  end
  if options.cache then
    self:forget_cache()
    if not self.over then
      self:remove_downloads()
      self:forget_builds()
    end
  end
  if options.mounts then
    self:remove_mounts()
    if not self.over then self:remove_memories() end
  end
  local swept = gc.sweep(store, { gone = gone, dry_run = options.dry_run })
  report.layers, report.blobs, report.logs = swept.layers, swept.blobs, swept.logs
  report.bytes = report.bytes + swept.bytes
  return report
end

return prune
