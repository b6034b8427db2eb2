local compression = require "lamina.image.compression"
local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"
local push = require "lamina.registry.push"
local report = require "lamina.cli.report"
local view = require "lamina.cli.view"

local function check_level(options)
  if not options.compression_level then return end
  compression.level(options.compression, options.compression_level, function(why)
    failure.raise("usage", "push: --" .. why)
  end)
end

local function run(context)
  local options, words = context.options, context.arguments
  check_level(options)
  local sent
  do
    local _view <close> = view.open(context)
    sent = push.run(context.store, words[1], { to = words[2], bus = context.bus,
      platform = options.platform and platform.parse(options.platform),
      compression = options.compression, level = options.compression_level,
      chunk = options.chunk_size and options.chunk_size << 20 })
  end
  report.left_out("push", sent.left_out)
  context.out:line("%s", sent.digest)
end

return {
  name = "push",
  summary = "Put an image into a registry",
  usage = "push [OPTIONS] IMAGE [NAME:TAG]",
  help = [[
The image goes where its name says, or the second name. What the registry has isn't sent again, and
what another repository of it has is taken from there. Layers that were pulled go as they came;
others are compressed once and kept so. Of an index all images are pushed. The digest that the
image has in the registry is printed; the tag changes when everything is there.]],
  example = "lamina push bombo/debian:git01 localhost:5000/debian:git01",
  arguments = { { name = "IMAGE", kind = "image" }, { name = "NAME", optional = true } },
  options = {
    { long = "chunk-size", value = "MIB", integer = true, least = 1, most = 1 << 20,
      help = "send blobs in pieces of so many MiB" },
    { long = "compression", value = "KIND", choices = { "gzip", "none", "zstd" },
      help = "compress every layer so (default: as it came, else gzip)" },
    { long = "compression-level", value = "N", integer = true, least = 1,
      most = compression.highest, help = "1 to 3 (gzip), 22 (zstd)" },
    { long = "platform", value = "OS/ARCH[/VARIANT]", help = "only this image of an index" },
    view.options.progress, view.options.quiet,
  },
  needs = "store",
  run = run,
}
