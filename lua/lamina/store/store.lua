--- The store: layers, blobs, images, containers and the cache, in one directory.
--
--   local store <close> = store.open { root = "/var/lib/lamina", home = home }
--
--   lamina.db      SQLite: what there is      blobs/sha256/   manifests, configs, kept layers
--   layers/HEX     a layer as a directory     containers/ID   upper and work
--   cache/         cache mounts               logs/HEX        what steps wrote
--   downloads/HEX  the beginnings of blobs    tmp/            what isn't finished
--
-- Any number of processes share it. Nothing has its final name before it is complete, and no row
-- names what isn't there. home.lua opens it the way commands do.
local attestations = require "lamina.store.attestations"
local blobs = require "lamina.store.blob"
local builds = require "lamina.store.builds"
local cache = require "lamina.store.cache"
local containers = require "lamina.store.container"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local images = require "lamina.store.image"
local indexes = require "lamina.store.index"
local layers = require "lamina.store.layer"
local lock = require "lamina.store.lock"
local logs = require "lamina.store.log"
local place = require "lamina.store.place"
local rebase = require "lamina.store.rebase"
local schema = require "lamina.store.schema"
local stray = require "lamina.store.stray"
local workspace = require "lamina.store.workspace"

local store = {}

local Store = {}
Store.__index = Store

--- A row of an earlier boot that no sync covered may name what the disk never got.
local function settle_unsynced(self)
  if self.boot == "" then return end
  local row = failure.check(self.db:row([[select exists (select 1 from layers where boot <> ?1)
    or exists (select 1 from images where boot <> ?1)
    or exists (select 1 from indexes where boot <> ?1) as found]], self.boot))
  if row and row.found == 1 then require("lamina.store.unsynced").settle(self) end
end

--- What a crash left is looked after, before anything else is done.
local function settle(self)
  self:sweep()
  rebase.settle(self)
  settle_unsynced(self)
end

--- Opens a store. options: root, home (of namespace.enter), create (default true), readonly
-- (default: whether it can't be written), rebuilds (a path: the database is made again there, by
-- one who holds gc.lock alone: for fsck).
function store.open(options)
  local root = options.root
  local readonly = options.readonly
  if readonly == nil then readonly = place.is_readonly(root) end
  if options.create ~= false and not readonly then place.make(root) end
  place.check(root)
  if not options.rebuilds then place.check_tables(root) end
  local self = setmetatable({ root = root, home = options.home or {}, readonly = readonly,
    boot = fs.boot_id() or "", is_alone = options.rebuilds ~= nil }, Store)
  self.userxattr, self.ids = self.home.userxattr or false, self.home.ids
  self.db = schema.open(options.rebuilds or root .. "/lamina.db", readonly)
  self.blobs, self.layers = blobs.new(self), layers.new(self)
  self.images, self.indexes = images.new(self), indexes.new(self)
  self.attestations, self.containers = attestations.new(self), containers.new(self)
  self.cache, self.builds, self.logs = cache.new(self), builds.new(self), logs.new(self)
  if readonly or options.rebuilds then return self end
  local ok, err = pcall(settle, self)
  if ok then return self end
  self:__close()
  error(err, 0)
end

--- Takes away what dead processes left behind.
function Store:sweep()
  workspace.sweep(self.root .. "/tmp")
  for _, row in ipairs(failure.check(self.db:rows "select distinct workspace from leases")) do
    if not fs.stat(self.root .. "/tmp/" .. row.workspace) then
      failure.check(self.db:run("delete from leases where workspace = ?", row.workspace))
    end
  end
  stray.sweep(self)
end

--- This process' own folder in tmp/.
function Store:workspace()
  if not self.own then self.own = workspace.new(self.root .. "/tmp") end
  return self.own
end

--- A fresh folder for something unfinished; gone when the process is.
function Store:temp(prefix)
  return self:workspace():temp(prefix)
end

--- Takes a file or tree its name at once; its removal takes as long as it takes, and may be
-- interrupted.
function Store:bury(path)
  failure.check(fs.rename(path, self:temp("gone") .. "/" .. path:match("[^/]+$")))
end

--- Keeps the collector off a layer or blob while this process lives.
function Store:lease(kind, digest)
  failure.check(self.db:run("insert or ignore into leases values (?, ?, ?)",
    self:workspace().name, kind, digest))
end

--- Held (shared) while something gets its name and row; the collector holds it alone. Whoever does
-- so has no need of this, and would wait for himself: there it is nil.
function Store:hold()
  if self.is_alone then return nil end
  return failure.check(lock.wait(self.root .. "/gc.lock", "shared"))
end

--- Held while nobody gives anything its name or takes one away: by the collector, and what mends.
function Store:alone()
  return failure.check(lock.wait(self.root .. "/gc.lock", "exclusive"))
end

--- Runs fn in one transaction and answers what it answers.
function Store:transaction(fn, ...)
  return failure.check(self.db:transaction(fn, ...))
end

--- Removes the rows of a table whose column has one of these values, all in one transaction.
function Store:delete(from, column, values)
  local sql = ("delete from %s where %s = ?"):format(from, column)
  self:transaction(function()
    for _, value in ipairs(values) do failure.check(self.db:run(sql, value)) end
    return true
  end)
end

local function unsynced(self, column, of)
  return failure.check(self.db:rows(("select %s as key from %s where boot = ?"):format(column, of),
    self.boot))
end

--- Raises a failure where SQLite finds that its file is damaged.
function Store:check_database()
  local row, err = self.db:row "pragma quick_check(1)"
  local problem = row and row.quick_check or err and err.message
  if problem == "ok" then return end
  failure.raise("corrupt", ("%s/lamina.db is damaged: %s"):format(self.root, tostring(problem)),
    { hint = "`lamina fsck --repair` makes it again from what is there" })
end

--- Puts everything that was reported as done onto the disk. Only the records that were there
-- before the sync are covered by it: others make more meanwhile.
function Store:sync()
  local made, named = unsynced(self, "diff_id", "layers"), unsynced(self, "id", "images")
  local indexes_made = unsynced(self, "id", "indexes")
  failure.check(fs.syncfs(self.root))
  self:transaction(function()
    for _, row in ipairs(made) do
      failure.check(self.db:run("update layers set boot = null where diff_id = ?", row.key))
    end
    for _, row in ipairs(named) do
      failure.check(self.db:run("update images set boot = null where id = ?", row.key))
    end
    for _, row in ipairs(indexes_made) do
      failure.check(self.db:run("update indexes set boot = null where id = ?", row.key))
    end
    return true
  end)
  failure.check(fs.syncfs(self.root)) -- the rows that say so
end

function Store:close()
  if self.own then
    failure.check(self.db:run("delete from leases where workspace = ?", self.own.name))
    self.own:close()
    self.own = nil
  end
  self.db:close()
end

--- Closing may run twice and never hides the error that it follows.
function Store:__close()
  pcall(self.close, self)
end

return store
