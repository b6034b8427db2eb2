--- A container becomes an image: its layer over the image's, its configuration over the image's.
local change = require "lamina.commit.change"
local clock = require "lamina.commit.clock"
local failure = require "lamina.util.failure"
local image_config = require "lamina.image.config"
local layer = require "lamina.commit.layer"
local platform = require "lamina.image.platform"
local settings = require "lamina.commit.settings"
local text = require "lamina.util.text"

local commit = {}

-- What old Docker wrote into an image's configuration about the build it came from.
local stale = { "id", "parent", "container", "container_config", "docker_version" }

--- The configuration of the image the container was made from, free to be changed. A container
-- may outlive its image.
local function inherited(store, record)
  local ok, image = pcall(store.images.resolve, store.images, record.image or "")
  if ok then
    local config = image_config.clone(image.config)
    for _, key in ipairs(stale) do config[key] = nil end
    return config
  end
  if not failure.is(image, "not-found") then error(image, 0) end
  return image_config.new(platform.host())
end

--- How many entries of a history have made a layer.
local function count_layers(history)
  local count = 0
  for _, entry in ipairs(history or {}) do
    if not entry.empty_layer then count = count + 1 end
  end
  return count
end

--- Every layer has an entry (SEMANTICS 87); those of earlier commits of the container, and those
-- that a careless image doesn't tell about, get one here.
local function add_history(config, layers, entry, base)
  for number = count_layers(config.history) + 1, #layers - 1 do
    local known = number > base and entry.created_by or nil
    image_config.add_history(config, { created = entry.created, created_by = known })
  end
  if count_layers(config.history) == #layers then entry.empty_layer = true end
  image_config.add_history(config, entry)
end

--- The image's "config" object: the container's own with the changes, over the image's. The
-- container's command is whole already: what was taken away from it doesn't come back.
local function merged(record, config, changes)
  local own = {}
  for key, value in pairs(record.config) do own[key] = value end
  own.host = nil
  own = change.apply(own, changes)
  local all = image_config.merge(own, config.config or {})
  all.Entrypoint, all.Cmd = own.Entrypoint, own.Cmd
  return all
end

--- Makes the image and answers its id; it is on disk then. options: author, message, changes,
-- pauses (a running container, default true), names.
function commit.run(store, record, options)
  local created, config = clock.now(), inherited(store, record)
  config.config = merged(record, config, options.changes)
  local layers = layer.keep(store, record, options.pauses ~= false)
  config.created = text.rfc3339(created)
  config.author = options.author or config.author
  config.rootfs = { type = "layers", diff_ids = layers }
  add_history(config, layers, {
    created = config.created, author = options.author, comment = options.message,
    created_by = table.concat(settings.command(record.config), " "),
  }, record.base_layers)
  local id = store.images:put { config = image_config.encode(config), names = options.names,
    created = created }
  store:sync()
  return id
end

return commit
