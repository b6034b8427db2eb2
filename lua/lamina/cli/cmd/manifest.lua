local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"
local pull = require "lamina.registry.pull"
local reference = require "lamina.image.reference"
local remote = require "lamina.registry.remote"

--- The document that a name stands for, or the manifest for a platform, or the configuration.
local function find(options, ref)
  if not options.platform and not options.config then
    local found = remote.new(ref):manifest(ref.digest or ref.tag)
    return found.bytes, found.digest
  end
  local image = pull.look(ref, { platform = options.platform
    and platform.parse(options.platform) })[1]
  return options.config and image.config or image.manifest, image.digest
end

local function run(context)
  local ref = reference.parse(context.arguments[1])
  local ok, bytes, digest = pcall(find, context.options, ref)
  if not ok then error(failure.wrap(bytes, "manifest " .. reference.familiar(ref)), 0) end
  if context.options.digest then return context.out:line("%s", digest) end
  if context.options.raw then return context.out:raw(bytes) end
  context.out:json(failure.check(require("lamina.core.json").decode(bytes, { depth = 128 })))
end

return {
  name = "manifest",
  summary = "Show what a registry has under a name",
  usage = "manifest [OPTIONS] NAME[:TAG|@DIGEST]",
  help = [[
Prints the manifest, or the index of manifests for several platforms, as JSON. Nothing is stored.]],
  example = "lamina manifest --digest debian:bookworm",
  arguments = { { name = "NAME" } },
  options = {
    { long = "config", help = "the image's configuration instead" },
    { long = "digest", help = "only print the digest" },
    { long = "platform", value = "OS/ARCH[/VARIANT]", help = "the manifest for it, of an index" },
    { long = "raw", help = "as it came, byte for byte" },
  },
  needs = "loop",
  run = run,
}
