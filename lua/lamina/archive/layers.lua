--- The layers of an archive: unpacked and verified aside, then given to the store together.
--
--   local layers = layers.new(store, input)
--   layers:need(diff_id, { path =, follow =, digest =, size =, media_type = })
--   layers:prepare()      -- in parallel, in confined children; nothing is in the store yet
--   layers:adopt()
--
-- A layer that the store has is verified all the same (UNP-05). What came compressed is kept as it
-- came; of what came plain the store can make the tar again, or else keeps it too.
local core = require "lamina.core.layer"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local limits = require "lamina.config.limits"
local media_type = require "lamina.image.media_type"
local sched = require "lamina.util.sched"

local layers = {}

local Layers = {}
Layers.__index = Layers

function layers.new(store, input)
  return setmetatable({ store = store, input = input, list = {}, by_diff_id = {}, seen = {} },
    Layers)
end

--- Asks for a layer. The same one may be asked for again, from the same blob or another: each blob
-- is read once, and the first one of a diff ID is unpacked.
function Layers:need(diff_id, blob, label)
  local key = diff_id .. " " .. (blob.digest or blob.path)
  if self.seen[key] then return end
  self.seen[key] = true
  local is_first = not self.by_diff_id[diff_id]
  local one = { diff_id = diff_id, blob = blob, label = label,
    unpacks = is_first and not self.store.layers:keep(diff_id) }
  self.list[#self.list + 1] = one
  if is_first then self.by_diff_id[diff_id] = one end
end

--- The compression by the first bytes; it must be the one that the media type says (UNP-06).
local function compression_of(self, one, file)
  local found = sched.job(core.probe, file:fd()).compression
  local said = one.blob.media_type and media_type.compression(one.blob.media_type)
  if said and said ~= found then
    self.input:refuse("the media type says compression '%s', and it is '%s'", said, found)
  end
  failure.check(file:seek(0))
  return found
end

local function promises(one)
  return { diff_id = one.diff_id, digest = one.blob.digest, size = one.blob.size,
    limits = limits.archive() }
end

local function unpack(self, one, file, keep)
  local store, options = self.store, promises(one)
  one.dir = store:temp("layer")
  failure.check(fs.chmod(one.dir, 493)) -- 0755, unless the tar says otherwise
  options.form, options.userxattr, options.ids = "overlay", store.userxattr, store.ids
  options.keep = keep
  one.info = sched.job(core.apply, file:fd(), one.dir, options)
  return one.info
end

local function read_only(one, file, keep)
  local options = promises(one)
  options.output = keep
  return sched.job(core.recode, file:fd(), options)
end

--- A plain tar that isn't the canonical one can't be made again: it is kept.
local function keep_plain(self, one, file)
  local again = sched.job(core.pack, one.dir,
    { form = "overlay", userxattr = self.store.userxattr })
  if again.diff_id == one.diff_id then return end
  local path = self.store:temp("blob") .. "/blob"
  failure.check(file:seek(0))
  local info = sched.job(core.recode, file:fd(), { output = path, compression = "none",
    diff_id = one.diff_id, limits = limits.archive() })
  one.kept = { path = path, of = descriptor.new(media_type.layer, info.digest, info.size) }
end

local function prepare(self, one)
  local file <close> = self.input:file(one.blob.path, one.blob.follow)
  local found = compression_of(self, one, file)
  local type = one.blob.media_type or media_type.layer_of(found)
  local keep = type and found ~= "none" and self.store:temp("blob") .. "/blob" or nil
  local info = one.unpacks and unpack(self, one, file, keep) or read_only(one, file, keep)
  if keep then
    one.kept = { path = keep, of = descriptor.new(type, info.digest, info.size) }
  elseif one.unpacks then
    keep_plain(self, one, file)
  end
end

local function labelled(self, one)
  return function()
    local ok, err = pcall(prepare, self, one)
    if not ok then error(failure.wrap(err, one.label), 0) end
  end
end

--- Reads and verifies everything; the first that is wrong ends the others.
function Layers:prepare()
  local work = {}
  for i, one in ipairs(self.list) do work[i] = labelled(self, one) end
  sched.all(work, sched.cores())
end

local function adopt_blob(store, one)
  local of = one.kept.of
  if store.layers:blob_of(one.diff_id) then return end
  store.layers:adopt_blob(one.diff_id, one.kept.path, of)
end

--- Gives everything its name and row.
function Layers:adopt()
  for _, one in ipairs(self.list) do
    if one.unpacks then self.store.layers:adopt(one.dir, one.info) end
    if one.kept then adopt_blob(self.store, one) end
  end
end

return layers
