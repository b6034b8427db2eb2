--- -o type=store: the image goes into the store, under its names; what a build does by itself.
local failure = require "lamina.util.failure"
local media_type = require "lamina.image.media_type"
local platform = require "lamina.image.platform"

local store = { options = { name = "text" } }

--- What the store takes of an image. Annotations aren't part of its id, so that one which is there
-- may have others.
local function parts_of(image, more)
  more.config, more.created, more.renews = image.config, image.created, true
  more.annotations, more.attestations = image.annotations, image.attestations
  return more
end

local function put_image(images, image, names)
  local id = failure.check(images:put(parts_of(image, { names = names })))
  local digest = images:resolve(id).manifest
  return { id = id, digest = digest, names = names, size = #images:manifest_bytes(digest) }
end

--- An index of the images of all platforms.
local function put_index(to, images, names)
  local list = {}
  for i, image in ipairs(images) do
    list[i] = parts_of(image, { platform = platform.format(image.platform) })
  end
  local id = to.indexes:put { images = list, names = names }
  return { id = id, digest = id, names = names, size = #to.images:manifest_bytes(id),
    media_type = media_type.index, is_index = true }
end

function store.write(what, to)
  local names = what.names_of(to)
  if #what.images > 1 then return put_index(what.store, what.images, names) end
  return put_image(what.store.images, what.images[1], names)
end

return store
