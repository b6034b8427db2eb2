--- Images into registries.
--
--   push.run(store, "localhost:5000/a/b:v1", { to =, platform =, compression =, level =, bus = })
--     -> { digest =, size =, name =, left_out = attestations that aren't of what was sent }
--
-- Layers first, then configurations, then manifests by their digests, and the tag last: whoever
-- pulls meanwhile gets the old image or the new one, whole (REG-08).
local attestation = require "lamina.image.attestation"
local chosen = require "lamina.store.chosen"
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local documents = require "lamina.image.documents"
local event = require "lamina.util.event"
local failure = require "lamina.util.failure"
local media_type = require "lamina.image.media_type"
local outgoing = require "lamina.store.outgoing"
local reference = require "lamina.image.reference"
local sending = require "lamina.registry.sending"
local upload = require "lamina.registry.upload"

local push = {}

--- The layers of all images.
local function layers_of(images)
  local list = {}
  for _, image in ipairs(images) do
    table.move(image.layers, 1, #image.layers, #list + 1, list)
  end
  return list
end

--- Sends an image's configuration and, by its digest, its manifest; answers its descriptor.
local function send_image(to, image, sent)
  local layers = {}
  for i, diff_id in ipairs(image.layers) do layers[i] = sent[diff_id] end
  local bytes, media = documents.manifest(image, layers)
  to:bytes(media_type.config, image.config)
  local of = descriptor.new(media, "sha256:" .. digest.sha256(bytes), #bytes)
  to:manifest(of.digest, media, bytes)
  of.platform = image.platform
  return of, bytes
end

--- Sends what is said of an image and adds the entries of its index to a list; answers how much of
-- it is about another manifest, and was left out.
local function send_attestations(to, image, of, list)
  local fit, left_out = attestation.of_manifest(image.attestations, of.digest)
  for _, one in ipairs(fit) do
    to:bytes(media_type.config, one.config)
    for _, bytes in ipairs(one.blobs) do to:bytes(media_type.config, bytes) end
    local entry = attestation.entry(one)
    to:manifest(entry.digest, entry.mediaType, one.manifest)
    list[#list + 1] = entry
  end
  return left_out
end

--- The store knows the image by what was pushed, where it has its layers as they were sent.
local function remember(store, image, of, bytes, sent, name)
  local is_kept = true
  for _, diff_id in ipairs(image.layers) do
    local kept = store.layers:blob_of(diff_id)
    is_kept = is_kept and sent[diff_id].digest == (kept and kept.digest or diff_id)
  end
  if is_kept then store.images:replace_manifest(image.id, bytes, of.mediaType) end
  store.images:remember_digest(image.id, name)
end

local function send(store, ref, entry, options)
  local to = upload.new(ref, { chunk = options.chunk })
  local layers <close> = outgoing.new(store, { default = "gzip", level = options.level,
    compression = options.compression })
  local sent = sending.layers(store, to, layers, layers_of(entry.images),
    options.bus or event.new())
  local list, bytes = {}, nil
  for i, image in ipairs(entry.images) do list[i], bytes = send_image(to, image, sent) end
  local of, left_out = list[1], 0
  if not entry.index and #list == 1 then
    remember(store, entry.images[1], of, bytes, sent, reference.by_digest(ref, of.digest))
  end
  for i, image in ipairs(entry.images) do
    left_out = left_out + send_attestations(to, image, list[i], list)
  end
  if entry.index or #list > 1 then
    local media
    bytes, media = documents.index(entry.index, list)
    of = descriptor.new(media, "sha256:" .. digest.sha256(bytes), #bytes)
    to:manifest(of.digest, media, bytes)
  end
  to:manifest(ref.tag, of.mediaType, bytes)
  return { digest = of.digest, size = #bytes, name = reference.format(ref), left_out = left_out }
end

--- Pushes an image or an index. options: to (another name than its own), platform (one image of an
-- index), compression ("gzip", "zstd", "none" for all layers; default: as they came, else gzip),
-- level, chunk (bytes a request), bus.
function push.run(store, name, options)
  options = options or {}
  local ref = reference.parse(options.to or name)
  if not ref.tag or ref.digest then
    failure.raise("usage", ("push: '%s' names no tag to push to"):format(options.to or name),
      { hint = "give a second name, with a tag" })
  end
  local entry = chosen.entries(store, { name }, options.platform)[1]
  local ok, result = pcall(send, store, ref, entry, options)
  if ok then return result end
  error(failure.wrap(result, "push " .. reference.familiar(ref)), 0)
end

return push
