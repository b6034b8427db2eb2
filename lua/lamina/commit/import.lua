--- A root file system in a tar becomes an image with one layer.
local change = require "lamina.commit.change"
local clock = require "lamina.commit.clock"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local image_config = require "lamina.image.config"
local layer = require "lamina.core.layer"
local limits = require "lamina.config.limits"
local path = require "lamina.util.path"
local platform = require "lamina.image.platform"
local sched = require "lamina.util.sched"
local text = require "lamina.util.text"

local import = {}

--- Unpacks the tar and puts it into the store as a layer. The layer is what is in the directory:
-- its tar is ours, whatever the source's bytes were.
local function keep_layer(store, source)
  local dir = store:temp("import")
  failure.check(fs.chmod(dir, 493)) -- 0755, unless the tar says otherwise
  sched.job(layer.apply, source, dir,
    { form = "overlay", userxattr = store.userxattr, ids = store.ids, limits = limits.archive() })
  sched.job(layer.seal, dir, { userxattr = store.userxattr })
  local info = sched.job(layer.pack, dir, { form = "overlay", userxattr = store.userxattr })
  store.layers:adopt(dir, info)
  return info.diff_id
end

--- What is wrong with a source is told with its name.
local function layer_of(store, options)
  local ok, result = pcall(keep_layer, store, options.source)
  if ok then return result end
  error(failure.wrap(result, "import " .. options.label), 0)
end

--- Imports a tar, in any compression, and answers the image's id; it is on disk then.
-- options: source (path or descriptor), label (how the history calls it), names,
-- message, changes, platform.
function import.run(store, options)
  local config = image_config.new(options.platform or platform.host())
  config.config = change.apply(config.config or {}, options.changes)
  local created = clock.now()
  config.created = text.rfc3339(created)
  local diff_id = layer_of(store, options)
  config.rootfs = { type = "layers", diff_ids = { diff_id } }
  image_config.add_history(config, {
    created = config.created, -- where the file lies is this machine's matter (COM-04)
    comment = options.message or "Imported from " .. path.basename(options.label),
  })
  local id = store.images:put { config = image_config.encode(config), names = options.names,
    created = created }
  store:sync()
  return id
end

return import
