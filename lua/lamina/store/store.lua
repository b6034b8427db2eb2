--- The store: layers, blobs, images, containers and the cache, in one directory.
--
--   local store <close> = store.open { root = "/var/lib/lamina", home = home }
--
--   lamina.db      SQLite: what there is      blobs/sha256/   manifests, configs, kept layers
--   layers/HEX     a layer as a directory     containers/ID   upper and work
--   cache/         cache mounts               tmp/            what isn't finished
--
-- Any number of processes share it. Nothing has its final name before it is complete, and no row
-- names what isn't there. home.lua opens it the way commands do.
local blobs = require "lamina.store.blob"
local cache = require "lamina.store.cache"
local containers = require "lamina.store.container"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local images = require "lamina.store.image"
local layers = require "lamina.store.layer"
local rebase = require "lamina.store.rebase"
local schema = require "lamina.store.schema"
local workspace = require "lamina.store.workspace"

local store = {}

local Store = {}
Store.__index = Store

local folders = { "blobs", "blobs/sha256", "layers", "containers", "cache", "tmp" }

--- All that lies in a store; what else is there isn't ours.
Store.entries = { "blobs", "cache", "containers", "gc.lock", "lamina.db", "lamina.db-shm",
  "lamina.db-wal", "layers", "tmp", "volumes" }

--- The directory must be ours alone: whoever could write to it could change every image, and
-- whoever could read it would find set-id programs (SECURITY ST-20).
local function check_root(root)
  local stat, err = fs.stat(root, { follow = false })
  if not stat then failure.check(nil, err) end
  local why
  local _, euid = fs.getuid()
  if stat.type ~= "dir" then
    why = "is not a directory"
  elseif stat.uid ~= euid then
    why = ("belongs to user %d"):format(stat.uid)
  elseif stat.mode & 63 ~= 0 then -- 077
    why = ("is open to others (mode %o)"):format(stat.mode)
  end
  if why then
    failure.raise("system", ("the store %s %s"):format(root, why),
      { hint = "chmod 700 it, or choose another with --root" })
  end
end

--- A directory that holds other things is no place for a new store: they would lie among ours,
-- and somebody has mistyped its name.
local function check_place(root)
  if fs.stat(root .. "/lamina.db", { follow = false }) then return end
  local known = { ["lost+found"] = true }
  for _, name in ipairs(Store.entries) do known[name] = true end
  for _, name in ipairs(failure.check(fs.list(root))) do
    if not known[name] then
      failure.raise("system", ("%s is no store, and there is '%s' in it"):format(root, name),
        { hint = "choose an empty directory, or a new one, with --root" })
    end
  end
end

local function make_folders(root)
  failure.check(fs.mkdirs(root, 448)) -- 0700
  check_root(root)
  check_place(root)
  for _, name in ipairs(folders) do
    local path = root .. "/" .. name
    if not fs.stat(path, { follow = false }) then failure.check(fs.mkdirs(path, 448)) end
  end
end

--- A row of an earlier boot that no sync covered may name what the disk never got.
local function forget_unsynced(self)
  if self.readonly or self.boot == "" then return end
  local row = failure.check(self.db:row(
    "select exists (select 1 from layers where boot <> ?1) as found", self.boot))
  if row and row.found == 1 then require("lamina.store.gc").forget_unsynced(self) end
end

--- Opens a store. options: root, home (of namespace.enter), create (default true), readonly.
function store.open(options)
  local root = options.root
  if options.create ~= false and not options.readonly then make_folders(root) end
  check_root(root)
  local self = setmetatable({ root = root, home = options.home or {},
    readonly = options.readonly or false, boot = fs.boot_id() or "" }, Store)
  self.userxattr, self.ids = self.home.userxattr or false, self.home.ids
  self.db = schema.open(root .. "/lamina.db", options.readonly)
  self.blobs, self.layers = blobs.new(self), layers.new(self)
  self.images, self.containers = images.new(self), containers.new(self)
  self.cache = cache.new(self)
  if not self.readonly then
    self:sweep()
    rebase.settle(self)
  end
  forget_unsynced(self)
  return self
end

--- Takes away what dead processes left behind.
function Store:sweep()
  for _, name in ipairs(workspace.sweep(self.root .. "/tmp")) do
    failure.check(self.db:run("delete from leases where workspace = ?", name))
  end
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

--- Keeps the collector off a layer or blob while this process lives.
function Store:lease(kind, digest)
  failure.check(self.db:run("insert or ignore into leases values (?, ?, ?)",
    self:workspace().name, kind, digest))
end

--- Held (shared) while something gets its name and row; the collector holds it alone.
function Store:hold()
  return failure.check(fs.lock(self.root .. "/gc.lock", "shared"))
end

--- Runs fn in one transaction and answers what it answers.
function Store:transaction(fn, ...)
  return failure.check(self.db:transaction(fn, ...))
end

--- Puts everything that was reported as done onto the disk.
function Store:sync()
  failure.check(fs.syncfs(self.root))
  self:transaction(function()
    failure.check(self.db:run("update layers set boot = null where boot = ?", self.boot))
    failure.check(self.db:run("update images set boot = null where boot = ?", self.boot))
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
