--- -o type=store: the image goes into the store, under its names. What a build does by itself.
local failure = require "lamina.util.failure"

local store = { options = { name = "text" } }

function store.write(what, to)
  local names = what.names_of(to)
  local image = what.images[1]
  local id = failure.check(what.store.images:put {
    config = image.config, names = names, created = image.created,
    annotations = image.annotations,
  })
  local stored = what.store.images:resolve(id)
  return { id = id, digest = stored.manifest, names = names,
    size = #what.store.images:manifest_bytes(stored.manifest) }
end

return store
