local load = require "lamina.archive.load"
local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"

local function source_of(context)
  local given, input = context.arguments[1], context.options.input
  if not (given and input) then return given or input end
  failure.raise("usage", "load: both an argument and --input", { hint = "one of them is enough" })
end

local function run(context)
  local options = context.options
  if options.platform and options.all_platforms then
    failure.raise("usage", "load: --platform and --all-platforms don't go together")
  end
  local images = load.run(context.store, {
    all_platforms = options.all_platforms,
    from = source_of(context), platform = options.platform and platform.parse(options.platform),
    name = options.tag and reference.target(options.tag),
  })
  for _, image in ipairs(images) do
    for _, name in ipairs(image.names) do
      context.out:line("Loaded image: %s", reference.familiar(reference.parse(name)))
    end
    if #image.names == 0 then context.out:line("Loaded image ID: %s", image.id) end
  end
end

return {
  name = "load",
  summary = "Load images from an archive or a layout",
  usage = "load [OPTIONS] [FILE|DIRECTORY|-]",
  help = [[
Reads what 'docker save', 'podman save', 'skopeo copy' and 'lamina save' write: docker and OCI
archives, plain or compressed with gzip, zstd, xz or bzip2, and OCI layouts as directories.
Everything is verified before anything is stored; what is printed is on disk. A name that another
image has moves to the loaded one.]],
  example = "docker save debian | lamina load",
  arguments = { { name = "FILE|DIRECTORY|-", kind = "file", optional = true } },
  options = {
    { long = "all-platforms", help = "all images of an index, not this machine's alone" },
    { long = "input", short = "i", value = "FILE", help = "read it, not standard input" },
    { long = "platform", value = "OS/ARCH[/VARIANT]",
      help = "which of several images, instead of this machine's" },
    { long = "quiet", short = "q", help = "as in Docker; no progress is shown in any case" },
    { long = "tag", short = "t", value = "NAME[:TAG]", help = "a name for the only image" },
  },
  needs = "store",
  run = run,
}
