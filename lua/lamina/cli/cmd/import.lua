local failure = require "lamina.util.failure"
local import = require "lamina.commit.import"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"
local terminal = require "lamina.core.terminal"

local function check_input(source)
  if source == "-" and terminal.is_terminal(0) then
    failure.raise("usage", "import: a tar is expected on standard input, which is a terminal",
      { hint = "lamina import - <root.tar, or name the file" })
  end
end

local function run(context)
  local source, name, options = context.arguments[1], context.arguments[2], context.options
  check_input(source)
  local id = import.run(context.store, {
    source = source == "-" and 0 or source, label = source,
    names = name and { reference.target(name) }, message = options.message,
    changes = options.change, platform = options.platform and platform.parse(options.platform),
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
  arguments = { { name = "FILE|-", kind = "file" }, { name = "NAME[:TAG]", optional = true } },
  options = {
    { long = "change", short = "c", value = "INSTRUCTION", many = true,
      help = "a Dockerfile instruction for its configuration" },
    { long = "message", short = "m", value = "TEXT", help = "what the history says" },
    { long = "platform", value = "OS/ARCH[/VARIANT]",
      help = "what it is for (default: this machine)" },
  },
  needs = "store",
  run = run,
}
