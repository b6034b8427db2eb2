--- The build cache as one tar, for another machine: records with their layers, and cache mounts.
--
--   local plan <close> = cachefile.plan(store, records, mounts)
--   plan:write(tar.new(fd))                -- plan.busy counts mounts that a step has for itself
--   cachefile.load(store, path)            -- { records =, mounts = } that were new
--
-- cache.json tells what is in it. Layers are unpacked aside and must have their digests; a record
-- is only as good as who wrote the file, whom the caller trusts.
local core = require "lamina.core.layer"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local layers = require "lamina.archive.layers"
local limits = require "lamina.config.limits"
local mount = require "lamina.store.mount"
local outgoing = require "lamina.store.outgoing"
local sched = require "lamina.util.sched"
local source = require "lamina.archive.source"

local cachefile = {}

local document, version, limit = "cache.json", 1, 256 << 20

local Plan = {}
Plan.__index = Plan

--- Packs a mount into tmp/; nil where a step has it for itself.
local function pack_mount(store, one)
  local held <close> = fs.lock(one.path .. ".lock", "shared", { wait = false })
  local stat = held and fs.stat(one.path, { follow = false })
  if not stat then return nil end
  local path = store:temp("mount") .. "/tar"
  local file <close> = failure.check(fs.open(path, "w"))
  sched.job(core.pack, one.path, { form = "tree", output = file:fd(), compression = "zstd" })
  return { path = path, size = failure.check(fs.stat(path)).size, row = { id = one.mount_id,
    path = "mounts/" .. one.id .. ".tar.zst", mode = stat.mode & 4095, uid = stat.uid, -- 07777
    gid = stat.gid } }
end

local function add_records(plan, records)
  local rows = json.array {}
  for _, one in ipairs(records) do
    local of = plan.layers:get(one.diff_id).of
    local path = "blobs/sha256/" .. descriptor.hex(of.digest)
    one.record.log = nil
    for _, key in ipairs(one.keys) do
      rows[#rows + 1] = { key = key, record = one.record, created = one.created,
        layer = { path = path, digest = of.digest, size = of.size, media_type = of.mediaType } }
    end
    plan.streams[path] = { size = of.size, write = plan.layers:get(one.diff_id).write }
  end
  return rows
end

local function add_mounts(plan, store, mounts)
  local rows = json.array {}
  for _, one in ipairs(mounts) do
    local packed = one.mount_id and pack_mount(store, one)
    if packed then
      rows[#rows + 1] = packed.row
      plan.streams[packed.row.path] = { size = packed.size, write = function(fd)
        outgoing.copy(packed.path, packed.size, fd)
      end }
    else
      plan.busy = plan.busy + 1
    end
  end
  return rows
end

--- Finds out what is to be written for results (store.cache:results) and mounts, each with `id`.
function cachefile.plan(store, records, mounts)
  local plan = setmetatable({ streams = {}, busy = 0,
    layers = outgoing.new(store, { compression = "zstd" }) }, Plan)
  local diff_ids = {}
  for i, one in ipairs(records) do diff_ids[i] = one.diff_id end
  plan.layers:prepare(diff_ids)
  plan.text = failure.check(json.encode { version = version, records = add_records(plan, records),
    mounts = add_mounts(plan, store, mounts) })
  return plan
end

function Plan:write(sink)
  local names = {}
  for name in pairs(self.streams) do names[#names + 1] = name end
  table.sort(names)
  sink:file(document, self.text)
  for _, name in ipairs(names) do
    sink:stream(name, self.streams[name].size, self.streams[name].write)
  end
  sink:finish()
end

function Plan:__close()
  self.layers:__close()
end

local function is_text(value) return type(value) == "string" end

local function is_record(row)
  local record, of = row.record, row.layer
  return is_text(row.key) and row.key:find("^sha256:%x+$") and type(record) == "table"
    and type(of) == "table" and descriptor.is_digest(record.diff_id) and is_text(record.kind)
    and descriptor.is_digest(of.digest) and math.type(of.size) == "integer"
    and is_text(of.media_type) and is_text(of.path) and math.type(row.created) == "integer"
    and (record.label == nil or is_text(record.label))
    and (record.inputs == nil or type(record.inputs) == "table")
end

local function is_mount(row)
  local function is_number(value) return math.type(value) == "integer" and value >= 0 end
  return is_text(row.id) and is_text(row.path) and is_number(row.mode) and is_number(row.uid)
    and is_number(row.gid)
end

local function read(input)
  if not input:has(document) then
    input:refuse("it has no %s, so it is no export of a build cache", document)
  end
  local data, err = json.decode(input:read(document, limit), { limit = limit, strict = true })
  if data == nil then input:refuse("%s: %s", document, err.message) end
  if type(data) ~= "table" or data.version ~= version or not json.is_array(data.records)
    or not json.is_array(data.mounts) then
    input:refuse("%s: version %d with records and mounts expected", document, version)
  end
  for kind, check in pairs { records = is_record, mounts = is_mount } do
    for i, row in ipairs(data[kind]) do
      if type(row) ~= "table" or not check(row) then
        input:refuse("%s: entry %d of %s isn't one", document, i, kind)
      end
    end
  end
  return data
end

--- The layers that records name, unpacked aside.
local function unpack_layers(store, input, rows)
  local wanted = layers.new(store, input)
  for _, row in ipairs(rows) do
    wanted:need(row.record.diff_id, row.layer, ("%s: layer %s"):format(input.label,
      row.layer.digest))
  end
  wanted:prepare()
  return wanted
end

--- A mount unpacked aside; answers the directory.
local function unpack_mount(store, input, row)
  local file <close> = input:file(row.path)
  local dir = store:temp("cache")
  sched.job(core.apply, file:fd(), dir, { form = "tree", ids = store.ids, limits = limits.archive(),
    uid = store.ids == 1 and 0 or nil, gid = store.ids == 1 and 0 or nil })
  if store.ids ~= 1 then failure.check(fs.chown(dir, row.uid, row.gid)) end
  failure.check(fs.chmod(dir, row.mode & 4095)) -- 07777
  return dir
end

--- The mounts whose ids have none: { { id =, dir = } }.
local function unpack_mounts(store, input, rows)
  local list = {}
  for _, row in ipairs(rows) do
    if not fs.stat(mount.path(store, row.id), { follow = false }) then
      list[#list + 1] = { id = row.id, dir = unpack_mount(store, input, row) }
    end
  end
  return list
end

--- Puts the records of keys that have none; answers how many.
local function put_records(store, rows)
  local count = 0
  for _, row in ipairs(rows) do
    if not store.cache:get(row.key) then
      row.record.created, row.record.log = row.created, nil
      store.cache:put(row.key, row.record)
      count = count + 1
    end
  end
  return count
end

--- Reads such a file ("-" is standard input): everything is verified before anything is kept.
function cachefile.load(store, path)
  local input <close> = source.open(store, path)
  local data = read(input)
  local wanted = unpack_layers(store, input, data.records)
  local mounts, done = unpack_mounts(store, input, data.mounts), { mounts = 0 }
  wanted:adopt()
  done.records = store:transaction(put_records, store, data.records)
  for _, one in ipairs(mounts) do
    if mount.adopt(store, one.dir, one.id) then done.mounts = done.mounts + 1 end
  end
  store:sync()
  return done
end

return cachefile
