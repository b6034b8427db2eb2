local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"
local pull = require "lamina.registry.pull"
local view = require "lamina.cli.view"

local function run(context)
  local options = context.options
  if options.platform and options.all_platforms then
    failure.raise("usage", "pull: both --platform and --all-platforms")
  end
  local got
  do
    local _view <close> = view.open(context)
    got = pull.run(context.store, context.arguments[1], { bus = context.bus,
      platform = options.platform and platform.parse(options.platform),
      all = options.all_platforms, sync = options.sync })
  end
  context.out:line("%s", got.id)
end

return {
  name = "pull",
  summary = "Get an image from a registry",
  usage = "pull [OPTIONS] NAME[:TAG|@DIGEST]",
  help = [[
Layers that the store has aren't downloaded. Everything is verified; a download that was interrupted
goes on where it stopped. The image's id is printed when all of it is there.
Who we are is in Docker's config.json or Podman's auth.json ('lamina login'). Registries on this
machine are spoken to over plain HTTP unless certs.d has a folder for them. The configuration names
others without TLS, and who is asked first; so do LAMINA_PLAIN_HTTP=HOST,… and
LAMINA_MIRRORS='docker.io=URL,…;…'.]],
  example = "lamina pull debian:bookworm",
  arguments = { { name = "NAME[:TAG|@DIGEST]" } },
  options = {
    { long = "all-platforms", help = "every platform's image, and the index that names them" },
    { long = "platform", value = "OS/ARCH[/VARIANT]", help = "instead of this machine's" },
    view.options.progress, view.options.quiet,
    { long = "sync", help = "end when the image is on the disk, not before" },
  },
  needs = "store",
  run = run,
}
