--- Images out of registries.
--
--   local got = pull.run(store, "debian:bookworm", { platform =, all =, bus = })
--     -> { id =, digest = }         of the image, or with `all` of the index
--
-- A tag is looked up once, then everything is got by digest (REG-06). Layers get into the store one
-- by one, each whole; the image and its name come last.
local attestation = require "lamina.image.attestation"
local config_check = require "lamina.image.config_check"
local event = require "lamina.util.event"
local failure = require "lamina.util.failure"
local image_index = require "lamina.image.index"
local layer = require "lamina.registry.layer"
local limits = require "lamina.config.limits"
local media_type = require "lamina.image.media_type"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"
local remote = require "lamina.registry.remote"
local sched = require "lamina.util.sched"
local text = require "lamina.util.text"
local transfer = require "lamina.registry.transfer"
local walk = require "lamina.image.walk"

local pull = {}

local function check_layers(document, what)
  for i, of in ipairs(document.layers) do
    if not media_type.compression(of.mediaType) then
      failure.raise("unsupported", ("%s: layer %d: unknown media type '%s'"):format(what, i,
        of.mediaType))
    end
  end
end

--- The image of a manifest: { manifest =, config =, digest =, layers = descriptors, diff_ids =,
-- created = }.
local function read_image(from, found, what)
  local document = found.document
  if not media_type.is_config(document.config.mediaType) then
    failure.raise("unsupported", ("%s is no image, but '%s'"):format(what,
      document.artifactType or document.config.mediaType))
  end
  check_layers(document, what)
  local bytes = from:bytes(document.config, config_check.limit)
  local config = config_check.parse(bytes, what .. ": image configuration")
  local diff_ids = config.rootfs.diff_ids
  if #diff_ids ~= #document.layers then
    failure.raise("invalid-input", ("%s: %d layers, where its configuration has %d diff IDs")
      :format(what, #document.layers, #diff_ids))
  end
  return { manifest = found.bytes, digest = found.digest, config = bytes, layers = document.layers,
    diff_ids = diff_ids,
    created = type(config.created) == "string" and text.parse_time(config.created) or 0 }
end

--- The one image that serves a platform, through as many indexes as there are.
local function find_one(from, found, wanted, what)
  local list = {}
  for _ = 1, walk.deepest do
    if found.document.kind == "manifest" then
      local image = read_image(from, found, what)
      image.said = attestation.about(list, found.digest)
      return image
    end
    list = found.document.manifests
    local of, why = image_index.choose(list, wanted)
    if not of then
      failure.raise("not-found", what .. ": " .. why, { hint = "--platform chooses another" })
    end
    found = from:manifest(of.digest, of)
  end
  failure.raise("invalid-input", ("%s: indexes nested deeper than %d"):format(what, walk.deepest))
end

--- The image of a manifest, unless it is something else (a signature, say).
local function image_in(from, found, what)
  local document = found.document
  if document.kind ~= "manifest" or not media_type.is_config(document.config.mediaType) then
    return nil
  end
  return read_image(from, found, what)
end

--- The images for all platforms, and whether the index has nothing else.
local function find_all(from, top, what)
  if top.document.kind == "manifest" then return { image_in(from, top, what) }, false end
  return walk.new(function(of)
    local found = from:manifest(of.digest, of)
    return found.document, image_in(from, found, what)
  end, function(why, ...)
    failure.raise("invalid-input", what .. ": " .. why:format(...))
  end):images(top.document)
end

--- All layers of some images, each once.
local function fetch_layers(store, from, images, bus)
  local work, seen = {}, {}
  for _, image in ipairs(images) do
    for i, of in ipairs(image.layers) do
      local diff_id = image.diff_ids[i]
      if not seen[diff_id] then
        work[#work + 1] = function()
          transfer.tell(bus, "downloaded", of, function(progress)
            return layer.fetch(store, from, of, diff_id, progress)
          end)
        end
      end
      seen[diff_id] = true
    end
  end
  sched.all(work, limits.transfers())
end

--- Gets what is said of the images.
local function fetch_said(from, images, what)
  for _, image in ipairs(images) do
    image.attestations = attestation.read(image.said or {}, {
      manifest = function(of) return from:manifest(of.digest, of).bytes end,
      blob = function(of) return from:bytes(of, attestation.limit) end,
    }, what)
  end
end

--- What the store takes of an image; the index it was in may be another name for it.
local function parts_of(ref, image, top)
  local digests = { reference.by_digest(ref, image.digest) }
  if top ~= image.digest then digests[2] = reference.by_digest(ref, top) end
  return { manifest = image.manifest, config = image.config, created = image.created,
    digests = digests, platform = image.platform, attestations = image.attestations }
end

--- Stores all images of an index, or the only one. The index stays as it came where the store has
-- all that it names.
local function put(store, ref, images, top, names)
  local list = {}
  for i, image in ipairs(images) do list[i] = parts_of(ref, image, top.digest) end
  if #list > 1 then
    return store.indexes:put { images = list, index = top.is_whole and top.bytes or nil,
      names = names }
  end
  list[1].names = names
  return store.images:put(list[1])
end

--- What a name stands for in its registry, without any layer: the images, and the digest that all
-- of it has: { bytes, digest, document, media_type, is_whole (there is nothing else in it) }.
-- options: platform (default: this machine's), all (every platform there is).
function pull.look(ref, options)
  local what, wanted = reference.familiar(ref), options.platform or platform.host()
  local from = remote.new(ref)
  local top = from:manifest(ref.digest or ref.tag)
  local images
  if options.all then
    images, top.is_whole = find_all(from, top, what)
  else
    images = { find_one(from, top, wanted, what) }
  end
  if #images == 0 then failure.raise("not-found", what .. ": there is no image in it") end
  return images, from, top
end

--- Gets into the store what was looked at: { images, from, top } as look answers them. options:
-- bus, names.
function pull.take(store, ref, found, options)
  local images, from, top = table.unpack(found)
  fetch_said(from, images, reference.familiar(ref))
  fetch_layers(store, from, images, options.bus or event.new())
  local names = not ref.digest and options.names ~= false and { reference.format(ref) } or {}
  return { id = put(store, ref, images, top, names), digest = top.digest }
end

local function run(store, ref, options)
  return pull.take(store, ref, { pull.look(ref, options) }, options)
end

--- Pulls what a name stands for. options: those of look; bus; names = false leaves the name to the
-- image that has it; sync (all of it is on the disk then).
function pull.run(store, name, options)
  local ref = reference.parse(name)
  local ok, result = pcall(run, store, ref, options or {})
  if not ok then error(failure.wrap(result, "pull " .. reference.familiar(ref)), 0) end
  if (options or {}).sync then store:sync() end
  return result
end

return pull
