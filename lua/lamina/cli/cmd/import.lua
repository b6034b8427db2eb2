local import = require "lamina.commit.import"
local reference = require "lamina.image.reference"

local function run(context)
  local source, name = context.arguments[1], context.arguments[2]
  local id = import.run(context.store, {
    source = source == "-" and 0 or source, label = source,
    names = name and { reference.format(reference.parse(name)) }, message = context.options.message,
    changes = context.options.change,
  })
  context.out:line("%s", id)
end

return {
  name = "import",
  summary = "Make an image of a root file system in a tar",
  usage = "import [OPTIONS] FILE|- [NAME[:TAG]]",
  help = [[
The tar may be plain or compressed with gzip, zstd, xz or bzip2; "-" reads it from standard
input. It becomes the only layer of a new image, whose id is printed once it is on disk.]],
  example = "mmdebstrap bookworm - | lamina import --change 'CMD bash' - debian:bookworm",
  arguments = { { name = "FILE|-" }, { name = "NAME[:TAG]", optional = true } },
  options = {
    { long = "change", short = "c", value = "INSTRUCTION", many = true,
      help = "a Dockerfile instruction for its configuration" },
    { long = "message", short = "m", value = "TEXT", help = "what the history says" },
  },
  needs = "store",
  run = run,
}
