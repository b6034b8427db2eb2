--- Removing what nothing names any more: layers, blobs, and what dead processes left behind.
--
-- A layer is kept while an image, a container, a cache record or a living process' lease names it,
-- a log while a cache record, the record of a build or a lease does.
-- The collector holds gc.lock alone, so that nothing gets its name while it looks.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local partial = require "lamina.store.partial"
local stray = require "lamina.store.stray"
local usage = require "lamina.store.usage"

local gc = {}

local Collector = {}
Collector.__index = Collector

local function rows(store, sql, ...)
  return failure.check(store.db:rows(sql, ...))
end

--- Calls `add(digest)` for the layers of each row that isn't gone.
function Collector:each_layer(kind, add)
  for _, row in ipairs(rows(self.store, ("select id, layers from %s"):format(kind))) do
    if not self.gone[kind][row.id] then
      for hex in row.layers:gmatch("%x+") do add("sha256:" .. hex) end
    end
  end
end

--- The diff IDs that something needs. Leases come first: who lets one go has named the layer
-- elsewhere before.
function Collector:used_layers()
  local used = {}
  local function add(of) used[of] = true end
  for _, row in ipairs(rows(self.store, "select digest from leases where kind = 'layer'")) do
    add(row.digest)
  end
  self:each_layer("images", add)
  self:each_layer("containers", add)
  for _, row in ipairs(rows(self.store, "select key, diff_id from cache")) do
    if row.diff_id and not self.gone.cache[row.key] then add(row.diff_id) end
  end
  return used
end

function Collector:used_blobs()
  local used = {}
  for _, row in ipairs(rows(self.store, "select digest from leases where kind = 'blob'")) do
    used[row.digest] = true
  end
  for _, row in ipairs(rows(self.store, "select id, manifest from images")) do
    if not self.gone.images[row.id] then used[row.id], used[row.manifest] = true, true end
  end
  self.store.attestations:each_blob(function(of, image)
    if not self.gone.images[image] then used[of] = true end
  end)
  for _, row in ipairs(rows(self.store, "select id from indexes")) do
    if not self.gone.indexes[row.id] then used[row.id] = true end
  end
  for _, row in ipairs(rows(self.store,
    "select diff_id, blob from layers where blob is not null")) do
    if not self.gone.layers[row.diff_id] then used[row.blob] = true end
  end
  return used
end

--- The names of the logs that something needs, as the digests they are.
function Collector:used_logs()
  local used = {}
  for _, row in ipairs(rows(self.store, "select digest from leases where kind = 'log'")) do
    used["sha256:" .. row.digest] = true
  end
  for table_name, key in pairs { cache = "key", builds = "id" } do
    for _, row in ipairs(rows(self.store,
      ("select %s as key, record from %s"):format(key, table_name))) do
      if not self.gone[table_name][row.key] then
        for hex in row.record:gmatch('"log":%s*"(%x+)"') do used["sha256:" .. hex] = true end
      end
    end
  end
  return used
end

--- Removes the entries of a folder whose digest isn't used; `size(path, digest)` is what that
-- gives back.
function Collector:sweep_folder(folder, used, size)
  local kind = folder:match("^%a+")
  for _, hex in ipairs(failure.check(fs.list(self.store.root .. "/" .. folder))) do
    local path, of = ("%s/%s/%s"):format(self.store.root, folder, hex), "sha256:" .. hex
    if not used[of] then
      self.report[kind] = self.report[kind] + 1
      self.report.bytes = self.report.bytes + size(path, of)
      if not self.dry_run then self.store:bury(path) end
    end
  end
end

function Collector:sweep_layers()
  local store, used, known, unused = self.store, self:used_layers(), {}, {}
  for _, row in ipairs(store.layers:list()) do
    known[row.diff_id] = row.bytes
    if not used[row.diff_id] then
      self.gone.layers[row.diff_id] = true
      unused[#unused + 1] = row.diff_id
    end
  end
  if not self.dry_run then store:delete("layers", "diff_id", unused) end
  self:sweep_folder("layers", used, function(path, diff_id)
    return known[diff_id] or usage.tree(path)
  end)
end

--- Removes what nothing names; answers { layers, blobs, logs, bytes }. options: dry_run; gone =
-- { images, indexes, containers, builds (sets of ids), cache (set of keys) } counts as if it were
-- removed already, in a dry run: otherwise it is removed, and what is there under such a name is
-- somebody's new one.
function gc.sweep(store, options)
  options = options or {}
  local gone = options.dry_run and options.gone or {}
  local self = setmetatable({ store = store, dry_run = options.dry_run,
    report = { layers = 0, blobs = 0, logs = 0, bytes = 0 },
    gone = { images = gone.images or {}, indexes = gone.indexes or {},
      containers = gone.containers or {}, cache = gone.cache or {}, builds = gone.builds or {},
      layers = {} } }, Collector)
  store:workspace()
  local _alone <close> = store:alone()
  store:sweep()
  if not self.dry_run then stray.bury(store) end
  self:sweep_layers()
  self:sweep_folder("blobs/sha256", self:used_blobs(), usage.tree)
  self:sweep_folder("logs", self:used_logs(), usage.tree)
  self.report.bytes = self.report.bytes + partial.sweep(store, self.dry_run)
  return self.report
end

return gc
