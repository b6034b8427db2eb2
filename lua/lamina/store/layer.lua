--- Layers: directories in overlay form, one for each diff ID, never changed once they are named.
local core = require "lamina.core.layer"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local limits = require "lamina.config.limits"
local sched = require "lamina.util.sched"
local json = require "lamina.core.json"

local layer = {}

local Layers = {}
Layers.__index = Layers

function layer.new(store)
  return setmetatable({ store = store, db = store.db, dir = store.root .. "/layers",
    known_implied = {} }, Layers)
end

--- The row of a layer, or nil.
function Layers:get(diff_id)
  return failure.check(self.db:row("select * from layers where diff_id = ?", diff_id))
end

--- Whether it is there: the row and the directory.
function Layers:has(diff_id)
  local entry = self:get(diff_id) and fs.stat(self:path(diff_id), { follow = false })
  return entry ~= nil and entry.type == "dir"
end

--- Raises for the first of some layers that isn't there.
function Layers:check(diff_ids)
  for _, diff_id in ipairs(diff_ids) do
    if not self:has(diff_id) then
      failure.raise("corrupt", ("layer %s is missing"):format(diff_id), { hint = "lamina fsck" })
    end
  end
end

--- Keeps the collector off a layer; answers whether it is there.
function Layers:keep(diff_id)
  local _held <close> = self.store:hold()
  self.store:lease("layer", diff_id)
  return self:has(diff_id)
end

function Layers:path(diff_id)
  return self.dir .. "/" .. descriptor.hex(diff_id)
end

--- The directories of layers given bottom first, top first as an overlay takes them. An image
-- without layers is an empty tree.
function Layers:paths(diff_ids)
  local list = {}
  for i = #diff_ids, 1, -1 do list[#list + 1] = self:path(diff_ids[i]) end
  if #list == 0 then list[1] = self.store:temp("empty") end
  return list
end

--- The row of a layer whose directory has its name; info as for adopt.
function Layers:remember(info)
  failure.check(self.db:run([[insert into layers
    (diff_id, tar_size, bytes, entries, created, boot, implied) values (?, ?, ?, ?, ?, ?, ?)
    on conflict (diff_id) do update set boot = excluded.boot]],
    info.diff_id, info.tar_size, info.bytes, info.entries, os.time(), self.store.boot,
    info.implied and json.encode(info.implied) or nil))
  return true
end

--- In one transaction, so that of two processes with the same layer one comes first. A directory
-- without a row is what a kill left: nobody knows whether it is whole, so it gives way.
local function place(self, dir, info)
  local path = self:path(info.diff_id)
  if self:has(info.diff_id) then return true end
  if fs.stat(path, { follow = false }) then self.store:bury(path) end
  failure.check(fs.rename(dir, path, { noreplace = true }))
  return self:remember(info)
end

--- Gives a finished directory of tmp/ its name and its row: info = { diff_id, tar_size, entries,
-- bytes, implied }. When the layer is there already, the directory is dropped.
function Layers:adopt(dir, info)
  local _held <close> = self.store:hold()
  self.store:lease("layer", info.diff_id)
  self.store:transaction(place, self, dir, info)
  failure.check(fs.remove(dir))
  return info.diff_id
end

--- The directories that its tar has no entry for, as a set; nil where there are none.
function Layers:implied(diff_id)
  local known = self.known_implied[diff_id]
  if known == nil then
    local row = self:get(diff_id)
    known = false
    for _, path in ipairs(row and row.implied and failure.check(json.decode(row.implied)) or {}) do
      known = known or {}
      known[path] = true
    end
    if row then self.known_implied[diff_id] = known end
  end
  return known or nil
end

--- The descriptor of the blob it came as, if that is kept.
function Layers:blob_of(diff_id)
  local row = self:get(diff_id)
  if row and row.blob and self.store.blobs:has(row.blob) then
    return descriptor.new(row.blob_type, row.blob, row.blob_size)
  end
end

--- Unpacks the blob it came as, verified; answers the directory, or nil where there is none or it
-- gives another layer.
function Layers:unpack_blob(diff_id)
  local store, from = self.store, self:blob_of(diff_id)
  if not from then return nil end
  local dir = store:temp("layer")
  failure.check(fs.chmod(dir, 493)) -- 0755, unless the tar says otherwise
  local ok = pcall(sched.run, sched.job, core.apply, store.blobs:path(from.digest), dir,
    { form = "overlay", userxattr = store.userxattr, ids = store.ids, diff_id = diff_id,
      limits = limits.archive() })
  return ok and dir or nil
end

--- Gives a directory that unpack_blob has made the name of its layer, which nothing else has, and
-- whose row is there. The disk hasn't got all of it yet.
function Layers:renew(diff_id, dir)
  failure.check(fs.rename(dir, self:path(diff_id)))
  failure.check(self.db:run("update layers set boot = ? where diff_id = ?", self.store.boot,
    diff_id))
end

local function forget(db, diff_id)
  failure.check(db:run("delete from cache where diff_id = ?", diff_id))
  failure.check(db:run("delete from layers where diff_id = ?", diff_id))
  return true
end

--- Takes the row away, and the cache records that begin with the layer.
function Layers:forget(diff_id)
  return self.store:transaction(forget, self.db, diff_id)
end

--- Takes a blob that isn't what it should be from a layer.
function Layers:drop_blob(diff_id)
  local of = self:blob_of(diff_id)
  failure.check(self.db:run([[update layers set blob = null, blob_size = null, blob_type = null
    where diff_id = ?]], diff_id))
  if of then self.store:bury(self.store.blobs:path(of.digest)) end
end

function Layers:remember_blob(diff_id, of)
  failure.check(self.db:run(
    "update layers set blob = ?, blob_size = ?, blob_type = ? where diff_id = ?",
    of.digest, of.size, of.mediaType, diff_id))
end

--- Keeps the bytes that a layer came as: a complete file, verified, which gets its place among the
-- blobs. What a row that is on the disk names has to be there as well.
function Layers:adopt_blob(diff_id, path, of)
  local row = self:get(diff_id)
  if not row.boot then failure.check(fs.fsync(path)) end
  local _held <close> = self.store:hold()
  self.store:lease("blob", of.digest)
  self.store.blobs:adopt(path, of.digest)
  self:remember_blob(diff_id, of)
end

function Layers:list()
  return failure.check(self.db:rows "select * from layers order by diff_id")
end

return layer
