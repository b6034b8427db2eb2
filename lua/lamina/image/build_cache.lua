--- The build cache as other machines may have it: results of steps, and the keys they are found by.
--
-- Wherever it is kept (registry/build_cache.lua, archive/build_cache.lua), it is a manifest whose
-- layers are the results and whose configuration is this document:
--
--   { "version": 1, "diff_ids": [ one a layer ], "records": [ { "keys": [ … ], "kind": "run",
--     "diff_id": …, "created": seconds, "label": … } ] }
--
-- It is believed as far as whoever names it believes the place: who writes there decides what a
-- step's result is. But a record leads to a layer of the same manifest only, which has its diff
-- ID: it can neither name what somebody else has, nor give half a result.
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"

local build_cache = {}

build_cache.media_type = "application/vnd.lamina.cache.v1+json"

local version = 1
local limit = 64 << 20 -- bytes of the document
local last_second = 253402300799 -- of the year 9999: later times have no text

local function is_list_of_digests(list)
  if not json.is_array(list) then return false end
  for _, one in ipairs(list) do
    if not descriptor.is_digest(one) then return false end
  end
  return true
end

--- Whether it is a record whose layer is among these (a set of diff IDs).
local function is_record(record, diff_ids)
  return type(record) == "table" and is_list_of_digests(record.keys)
    and diff_ids[record.diff_id] ~= nil and type(record.kind) == "string"
    and math.type(record.created) == "integer" and record.created >= 0
    and record.created <= last_second and type(record.label) == "string"
end

local function refuse(what)
  failure.raise("invalid-input", what .. ": records of a cache expected")
end

--- The records by their keys, for layers by diff ID.
local function by_key(records, layers, what)
  if not json.is_array(records) then refuse(what) end
  local list = {}
  for _, record in ipairs(records) do
    if not is_record(record, layers) then refuse(what) end
    for _, key in ipairs(record.keys) do list[key] = record end
  end
  return list
end

--- The descriptors by the diff IDs that they have.
local function by_diff_id(diff_ids, list, what)
  if not is_list_of_digests(diff_ids) or #diff_ids ~= #list then refuse(what) end
  local layers = {}
  for i, of in ipairs(list) do
    if not media_type.compression(of.mediaType) then
      failure.raise("invalid-input", ("%s: layer %d: unknown media type '%s'"):format(what, i,
        of.mediaType))
    end
    layers[diff_ids[i]] = of
  end
  return layers
end

--- What a manifest holds: { records = by key, layers = descriptors by diff ID }. `bytes` reads a
-- small blob: bytes(descriptor, limit); `what` names the cache in failures.
function build_cache.read(document, bytes, what)
  if document.kind ~= "manifest" or document.config.mediaType ~= build_cache.media_type then
    failure.raise("invalid-input", what .. ": it is no cache of lamina's",
      { hint = "`lamina build --cache-to type=registry,ref=NAME` writes one" })
  end
  local said = failure.check(json.decode(bytes(document.config, limit),
    { strict = true, limit = limit }))
  if type(said) ~= "table" or said.version ~= version then refuse(what) end
  local layers = by_diff_id(said.diff_ids, document.layers, what)
  return { layers = layers, records = by_key(said.records, layers, what) }
end

--- The layers that records need, each once, at most as many as a manifest holds; and the records
-- that have theirs among them.
function build_cache.choose(records)
  local diff_ids, seen, kept = json.array {}, {}, json.array {}
  for _, record in ipairs(records) do
    if not seen[record.diff_id] and #diff_ids < manifest.most_layers then
      seen[record.diff_id] = true
      diff_ids[#diff_ids + 1] = record.diff_id
    end
    if seen[record.diff_id] then kept[#kept + 1] = record end
  end
  return diff_ids, kept
end

--- The document of what `choose` has answered, as bytes.
function build_cache.encode(diff_ids, records)
  return failure.check(json.encode { version = version, diff_ids = diff_ids, records = records })
end

--- The manifest: `config` is the document's descriptor, `layers` are those of its diff IDs in their
-- order. Its bytes and descriptor.
function build_cache.manifest(config, layers)
  local list = {}
  for i, of in ipairs(layers) do
    list[i] = descriptor.new(media_type.oci(of.mediaType), of.digest, of.size)
  end
  return manifest.encode { config = config, layers = list }
end

return build_cache
