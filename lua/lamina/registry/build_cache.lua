--- The build cache in a registry: under a name of its own, or in an image (image/build_cache.lua).
local digest = require "lamina.core.digest"
local format = require "lamina.image.build_cache"
local layer = require "lamina.registry.layer"
local media_type = require "lamina.image.media_type"
local outgoing = require "lamina.store.outgoing"
local reference = require "lamina.image.reference"
local remote = require "lamina.registry.remote"
local sending = require "lamina.registry.sending"
local transfer = require "lamina.registry.transfer"
local upload = require "lamina.registry.upload"

local build_cache = {}

--- Reads one, see build/cache_place.lua. source: { ref = }.
function build_cache.open(store, source, options)
  local ref = reference.parse(source.ref)
  local from = remote.new(ref)
  local known = format.read(from:manifest(ref.digest or ref.tag).document, {
    bytes = function(of, limit) return from:bytes(of, limit) end,
    document = function(of) return from:manifest(of.digest, of).document end,
  }, options.platforms, source.ref)
  function known.fetch(of, diff_id)
    transfer.tell(options.bus, "downloaded", of, function(progress)
      return layer.fetch(store, from, of, diff_id, progress)
    end)
  end
  return known
end

--- Writes records under a name. target: { ref =, and default, compression, level as
-- outgoing.lua takes them }.
function build_cache.write(store, target, records, options)
  local ref = reference.parse(target.ref)
  local diff_ids, kept = format.choose(records)
  local to = upload.new(ref)
  local layers <close> = outgoing.new(store, { default = target.default,
    compression = target.compression, level = target.level })
  local sent, list = sending.layers(store, to, layers, diff_ids, options.bus), {}
  for i, diff_id in ipairs(diff_ids) do list[i] = sent[diff_id] end
  local bytes = format.manifest(to:bytes(format.media_type, format.encode(diff_ids, kept)), list)
  to:manifest("sha256:" .. digest.sha256(bytes), media_type.manifest, bytes)
  to:manifest(ref.tag, media_type.manifest, bytes)
end

return build_cache
