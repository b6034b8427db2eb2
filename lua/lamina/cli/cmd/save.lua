local chosen = require "lamina.store.chosen"
local failure = require "lamina.util.failure"
local folder = require "lamina.archive.folder"
local output = require "lamina.archive.output"
local platform = require "lamina.image.platform"
local report = require "lamina.cli.report"
local save = require "lamina.archive.save"
local tar = require "lamina.archive.tar"

local formats = { docker = "docker", ["docker-archive"] = "docker", oci = "oci",
  ["oci-archive"] = "oci", ["oci-dir"] = "oci-dir" }

local function run(context)
  local store, options, images = context.store, context.options, context.arguments
  local how = { format = formats[options.format], compression = options.compress }
  local wanted = options.platform and platform.parse(options.platform)
  local plan <close> = save.plan(store, chosen.entries(store, images, wanted), how)
  report.left_out("save", plan.left_out)
  if how.format ~= "oci-dir" then
    return output.to(options.output, "save", function(fd) plan:write(tar.new(fd)) end)
  end
  if not options.output or options.output == "-" then
    failure.raise("usage", "save: a layout is written to a directory", { hint = "use -o DIR" })
  end
  local sink <close> = folder.new(options.output)
  plan:write(sink)
end

return {
  name = "save",
  summary = "Write images to an archive or a layout",
  usage = "save [OPTIONS] IMAGE...",
  help = [[
The archive holds manifest.json and 'repositories' for every Docker, and an OCI index. An image
that is named is saved under that name alone; by its id, under all its names. The same images give
the same bytes. Layers stay as they came; others are plain in a docker archive and gzip in an OCI
one.]],
  example = "lamina save bombo/debian:git01 | ssh other lamina load",
  arguments = { { name = "IMAGE", kind = "image", many = true } },
  options = {
    { long = "compress", value = "KIND", choices = { "none", "gzip", "zstd" },
      help = "compress every layer so (default: as it came)" },
    { long = "format", value = "FORMAT", default = "docker",
      choices = { "docker", "docker-archive", "oci", "oci-archive", "oci-dir" },
      help = "docker or oci for an archive, oci-dir for a directory" },
    { long = "output", short = "o", value = "FILE",
      help = "write it there, not to standard output" },
    { long = "platform", value = "OS/ARCH[/VARIANT]",
      help = "of an image for several platforms only this one" },
  },
  needs = "store",
  run = run,
}
