--- What steps have made, in a registry, for other machines: a manifest whose layers are the results
-- and whose configuration says which keys they have.
--
--   { "version": 1, "diff_ids": [ one a layer ], "records": [ { "keys": [ … ], "kind": "run",
--     "diff_id": …, "created": seconds, "label": … } ] }
--
-- It is believed as far as whoever names it believes the registry; layers have their diff IDs.
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local outgoing = require "lamina.store.outgoing"
local remote = require "lamina.registry.remote"
local sending = require "lamina.registry.sending"
local upload = require "lamina.registry.upload"

local shared = {}

local kind = "application/vnd.lamina.cache.v1+json"
local longest = 64 << 20

local function is_list_of_digests(list)
  if not json.is_array(list) then return false end
  for _, one in ipairs(list) do
    if not descriptor.is_digest(one) then return false end
  end
  return true
end

local function is_record(record)
  return type(record) == "table" and is_list_of_digests(record.keys)
    and descriptor.is_digest(record.diff_id) and type(record.kind) == "string"
    and math.type(record.created) == "integer" and type(record.label) == "string"
end

local function check(document, count, what)
  local fine = type(document) == "table" and document.version == 1
    and is_list_of_digests(document.diff_ids) and #document.diff_ids == count
    and json.is_array(document.records)
  for _, record in ipairs(fine and document.records or {}) do fine = fine and is_record(record) end
  if not fine then failure.raise("invalid-input", what .. ": records of a cache expected") end
  return document
end

--- Reads it: { from = the repository, records = by key, layers = descriptors by diff ID }.
function shared.read(ref, what)
  local from = remote.new(ref)
  local found = from:manifest(ref.digest or ref.tag).document
  if found.kind ~= "manifest" or found.config.mediaType ~= kind then
    failure.raise("invalid-input", what .. ": it is no cache of lamina's",
      { hint = "`lamina build --cache-to type=registry,ref=NAME` writes one" })
  end
  local bytes = from:bytes(found.config, longest)
  local document = failure.check(json.decode(bytes, { strict = true, limit = longest }))
  check(document, #found.layers, what)
  local known = { from = from, records = {}, layers = {} }
  for i, diff_id in ipairs(document.diff_ids) do
    local of = found.layers[i]
    if media_type.compression(of.mediaType) then known.layers[diff_id] = of end
  end
  for _, record in ipairs(document.records) do
    for _, key in ipairs(record.keys) do known.records[key] = record end
  end
  return known
end

--- The layers that records need, each once, at most as many as a manifest holds; and the records
-- that have theirs among them.
local function choose(records)
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

--- Writes records (see the head) under a name. options: compression, bus.
function shared.write(store, ref, records, options)
  local diff_ids, kept = choose(records)
  local to = upload.new(ref)
  local layers <close> = outgoing.new(store, { default = "gzip",
    compression = options.compression })
  local sent, list = sending.layers(store, to, layers, diff_ids, options.bus), json.array {}
  for i, diff_id in ipairs(diff_ids) do
    list[i] = descriptor.new(media_type.oci(sent[diff_id].mediaType), sent[diff_id].digest,
      sent[diff_id].size)
  end
  local config = to:bytes(kind, failure.check(json.encode { version = 1, diff_ids = diff_ids,
    records = kept }))
  local bytes = manifest.encode { config = config, layers = list }
  to:manifest("sha256:" .. digest.sha256(bytes), media_type.manifest, bytes)
  to:manifest(ref.tag, media_type.manifest, bytes)
end

return shared
