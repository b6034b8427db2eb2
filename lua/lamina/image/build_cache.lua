--- The build cache as other machines may have it: results of steps, and the keys they are found by.
--
-- Wherever it is kept (registry/build_cache.lua, archive/build_cache.lua), it is a manifest whose
-- layers are the results and whose configuration is this document:
--
--   { "version": 1, "diff_ids": [ one a layer ], "records": [ { "keys": [ … ], "kind": "run",
--     "diff_id": …, "created": seconds, "label": … } ] }
--
-- The keys are those of build/cache.lua: the quick one and, where it is known, that of the content.
--
-- An image has it inside (--cache-to type=inline) as an annotation of its manifest: the document
-- without diff IDs, which are those of the configuration. It isn't in the configuration, where
-- BuildKit puts its own: an image's id would change with the keys, that is with lamina's version
-- and with how a stage that it copies from was made, though all of the image be the same.
--
-- It is believed as far as whoever names it believes the place: who writes there decides what a
-- step's result is. But a record leads to a layer of the same manifest only, which has its diff
-- ID: it can neither name what somebody else has, nor give half a result.
local config_check = require "lamina.image.config_check"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local image_index = require "lamina.image.index"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local walk = require "lamina.image.walk"

local build_cache = {}

build_cache.media_type = "application/vnd.lamina.cache.v1+json"
build_cache.annotation = "vnd.lamina.cache.v1"

local version = 1
local limit = config_check.limit -- bytes of the document: some twenty thousand records
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

local function decode(text, what)
  local document = failure.check(json.decode(text, { strict = true, limit = limit }))
  if type(document) ~= "table" or document.version ~= version then refuse(what) end
  return document
end

--- The document of a manifest with the diff IDs of its layers; nil where it has none.
local function document_of(top, from, what)
  if top.config.mediaType == build_cache.media_type then
    local document = decode(from.bytes(top.config, limit), what)
    return document, document.diff_ids
  end
  local text = (top.annotations or {})[build_cache.annotation]
  if not text or not media_type.is_config(top.config.mediaType) then return nil end
  local config = config_check.parse(from.bytes(top.config, config_check.limit),
    what .. ": image configuration")
  return decode(text, what), config.rootfs.diff_ids
end

--- Adds what a manifest holds to what is known.
local function add(known, top, from, what)
  local document, diff_ids = document_of(top, from, what)
  if not document then return end
  local layers = by_diff_id(diff_ids, top.layers, what)
  local records = by_key(document.records, layers, what)
  for key, record in pairs(records) do known.records[key] = record end
  for diff_id, of in pairs(layers) do known.layers[diff_id] = of end
  known.is_found = true
end

--- Goes through indexes to the manifest for a platform; nil where there is none.
local function manifest_for(top, from, wanted, what)
  for _ = 1, walk.deepest do
    if top.kind == "manifest" then return top end
    local of = image_index.choose(top.manifests, wanted)
    if not of then return nil end
    top = from.document(of)
  end
  failure.raise("invalid-input", ("%s: indexes nested deeper than %d"):format(what, walk.deepest))
end

--- What a manifest holds, or the manifests for some platforms that an index names: { records = by
-- key, layers = descriptors by diff ID }. `from` reads more of it: bytes(descriptor, limit), and
-- document(descriptor) of a manifest or index. `what` names the cache in failures.
function build_cache.read(top, from, platforms, what)
  local known, seen = { records = {}, layers = {} }, {}
  for _, wanted in ipairs(platforms) do
    local found = manifest_for(top, from, wanted, what)
    if found and not seen[found] then add(known, found, from, what) end
    seen[found or top] = true
  end
  if known.is_found then return known end
  failure.raise("invalid-input", what .. ": it is no cache of lamina's, and has none in it")
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
-- order. Answers bytes.
function build_cache.manifest(config, layers)
  local list = {}
  for i, of in ipairs(layers) do
    list[i] = descriptor.new(media_type.oci(of.mediaType), of.digest, of.size)
  end
  return manifest.encode { config = config, layers = list }
end

--- The annotations of an image with, beside others, those of records whose layers it has.
function build_cache.annotate(annotations, records, diff_ids)
  local all, has, kept = {}, {}, json.array {}
  for key, value in pairs(annotations or {}) do all[key] = value end
  for _, diff_id in ipairs(diff_ids) do has[diff_id] = true end
  for _, record in ipairs(records) do
    if has[record.diff_id] then kept[#kept + 1] = record end
  end
  all[build_cache.annotation] = failure.check(json.encode { version = version, records = kept })
  return all
end

return build_cache
