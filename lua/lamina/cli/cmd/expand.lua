local existing = require "lamina.cli.existing"
local expand = require "lamina.dockerfile.expand"
local recipe = require "lamina.recipe.recipe"
local report = require "lamina.cli.report"
local source = require "lamina.cli.source"
local uses = require "lamina.cli.uses"

local function run(context)
  source.accept_file(context)
  local given = source.options(context)
  if not given.parsed then
    source.usage(("%s is no Dockerfile"):format(given.name), "a recipe is built by lamina alone")
  end
  local images <close> = existing.images(context)
  function given.images(ref) return images:of(ref) end
  given.target_platform, given.escape = given.platform, given.parsed.escape
  given.say = report.said
  context.out:raw(expand.text(given.written, given.parsed, recipe.calls(given)))
end

return {
  name = "expand",
  summary = "Print a Dockerfile without instructions of one's own",
  usage = "expand [OPTIONS] [CONTEXT|FILE]",
  help = [[
What stands for an instruction of one's own (# lamina: use=…, --use) is written as the instructions
that it comes to, so that anyone can build the file without lamina. All else stays as it is
written. An ONBUILD whose words only a build on the image knows can't be written so.]],
  example = "lamina expand Dockerfile >plain.Dockerfile",
  arguments = { { name = "CONTEXT|FILE", kind = "file", optional = true } },
  options = {
    source.rows.build_arg,
    { long = "file", short = "f", value = "FILE",
      help = "the Dockerfile; '-' reads standard input" },
    source.rows.platform,
    uses.option,
  },
  needs = "loop",
  run = run,
}
