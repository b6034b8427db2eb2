--- Layers of the store as blobs to write: as they came, or made from their directories.
--
--   local layers <close> = outgoing.new(store, { default = "gzip", compression = nil })
--   layers:prepare(diff_ids)              -- in parallel; compressed ones wait in tmp/
--   local blob = layers:get(diff_id)      -- { of = descriptor, write = function(fd) }
--   local blob = layers:file(diff_id)     -- { of = descriptor, path = }: no need to prepare it
--
-- `default` (gzip) is for layers that weren't kept as they came, `compression` for all, at a
-- `level`. What `file` has compressed is kept from then on, where nothing was.
local core = require "lamina.core.layer"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local limits = require "lamina.config.limits"
local media_type = require "lamina.image.media_type"
local sched = require "lamina.util.sched"

local outgoing = {}

local Outgoing = {}
Outgoing.__index = Outgoing

function outgoing.new(store, options)
  return setmetatable({ store = store, options = options, blobs = {}, made = {} }, Outgoing)
end

--- Keeps the collector off the layer and its blob; raises when the layer isn't there.
local function hold_layer(store, diff_id)
  local _held <close> = store:hold()
  store:lease("layer", diff_id)
  store.layers:check { diff_id }
  local kept = store.layers:blob_of(diff_id)
  if kept then store:lease("blob", kept.digest) end
  return kept
end

local function damaged(what, digest, err)
  failure.raise("corrupt", ("%s %s is damaged: %s"):format(what, digest, err.message),
    { hint = "`lamina fsck --deep` looks for more" })
end

local function open_blob(store, of)
  return failure.check(fs.open(store.blobs:path(of.digest), "r",
    { regular = true, follow = false }))
end

--- Copies a kept blob, or compresses it anew; verified while it is read.
local function recode(store, kept, diff_id, options)
  local file <close> = open_blob(store, kept)
  options.digest, options.size, options.diff_id = kept.digest, kept.size, diff_id
  options.limits = limits.archive()
  local ok, info = pcall(sched.job, core.recode, file:fd(), options)
  if ok then return info end
  if failure.is(info) and info.errno == "EBADMSG" then damaged("blob", kept.digest, info) end
  error(info, 0)
end

local function pack(store, diff_id, options)
  options.form, options.userxattr = "overlay", store.userxattr
  local info = sched.job(core.pack, store.layers:path(diff_id), options)
  if info.diff_id == diff_id then return info end
  damaged("layer", diff_id, { message = "it is " .. info.diff_id .. " now" })
end

--- A blob that is written straight from where it is.
local function direct(store, diff_id, kept)
  if kept then
    return { of = kept, write = function(fd) recode(store, kept, diff_id, { output = fd }) end }
  end
  local size = store.layers:get(diff_id).tar_size
  return { of = descriptor.new(media_type.layer, diff_id, size), write = function(fd)
    pack(store, diff_id, { output = fd, compression = "none" })
  end }
end

--- Writes a file that waits in tmp/, and has that many bytes, to a descriptor.
function outgoing.copy(path, size, fd)
  local file <close> = failure.check(fs.open(path, "r"))
  if sched.job(fs.copy, file:fd(), fd) ~= size then
    damaged("file", path, { message = "it was cut" })
  end
end

--- A blob whose digest and size are known once it is made: it waits in tmp/.
local function made(self, diff_id, kept, compression)
  local store, dir = self.store, self.store:temp("save")
  self.made[#self.made + 1] = dir
  local how = { output = dir .. "/blob", compression = compression, level = self.options.level }
  local info = kept and recode(store, kept, diff_id, how) or pack(store, diff_id, how)
  local of = descriptor.new(media_type.layer_of(compression), info.digest, info.size)
  return { of = of, path = how.output, write = function(fd)
    outgoing.copy(how.output, of.size, fd)
  end }
end

--- The blob that is kept, the compression that it has and the one it is wanted in.
local function look(self, diff_id)
  local kept = hold_layer(self.store, diff_id)
  local has = kept and media_type.compression(kept.mediaType) or "none"
  return kept, has, self.options.compression or (kept and has) or self.options.default
    or "gzip"
end

local function blob_for(self, diff_id)
  local kept, has, wanted = look(self, diff_id)
  if has == wanted then return direct(self.store, diff_id, kept) end
  return made(self, diff_id, kept, wanted)
end

--- The same as a file.
function Outgoing:file(diff_id)
  local store = self.store
  local kept, has, wanted = look(self, diff_id)
  if kept and has == wanted then return { of = kept, path = store.blobs:path(kept.digest) } end
  local blob = made(self, diff_id, kept, wanted)
  if kept or wanted == "none" then return blob end
  store.layers:adopt_blob(diff_id, blob.path, blob.of)
  return { of = blob.of, path = store.blobs:path(blob.of.digest) }
end

--- Finds or makes the blobs of all these layers.
function Outgoing:prepare(diff_ids)
  local work, seen = {}, {}
  for _, diff_id in ipairs(diff_ids) do
    if not seen[diff_id] then
      work[#work + 1] = function() self.blobs[diff_id] = blob_for(self, diff_id) end
    end
    seen[diff_id] = true
  end
  sched.all(work, sched.cores())
end

function Outgoing:get(diff_id)
  return self.blobs[diff_id]
end

function Outgoing:__close()
  for _, dir in ipairs(self.made) do fs.remove(dir) end
end

return outgoing
