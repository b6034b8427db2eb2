local dockerfile = require "lamina.cli.dockerfile"
local translate = require "lamina.dockerfile.translate"
local uses = require "lamina.cli.uses"

local function run(context)
  local parsed = dockerfile.read(context.arguments[1], context.options.use)
  local recipe = translate.recipe(parsed, { is_idiomatic = context.options.idiomatic })
  context.out:raw(recipe.text)
end

return {
  name = "translate",
  summary = "Print the recipe that a Dockerfile means",
  usage = "translate [--idiomatic] [FILE|-]",
  help = [[
It is the recipe that `lamina build` builds of the Dockerfile: the same image, with the same id.
With --idiomatic, commands of several lines are written as Lua's long strings; the image does the
same then, but its history shows the commands as they are written. FILE is Dockerfile or
Containerfile unless it is named.]],
  example = "lamina translate Dockerfile >recipe.lua",
  arguments = { { name = "FILE", kind = "file", optional = true } },
  options = { { long = "idiomatic", help = "write commands of several lines as Lua would" },
    uses.option },
  run = run,
}
