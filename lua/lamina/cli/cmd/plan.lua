local existing = require "lamina.cli.existing"
local json = require "lamina.core.json"
local plan = require "lamina.plan.plan"
local recipe = require "lamina.recipe.recipe"
local report = require "lamina.cli.report"
local source = require "lamina.cli.source"
local stages = require "lamina.plan.stages"
local text = require "lamina.util.text"
local uses = require "lamina.cli.uses"

local function run(context)
  local given = source.options(context)
  given.target_platform, given.say = given.platform, report.said
  local images <close> = existing.images(context)
  function given.images(ref) return images:of(ref) end
  local made = recipe.evaluate(given)
  made.stages = json.array(stages.of(made))
  for _, stage in ipairs(made.stages) do json.array(stage.steps) end
  context.out:write(text.escape_json(plan.encode(made, 2)), "\n")
end

return {
  name = "plan",
  summary = "Print the plan of a recipe or Dockerfile, as JSON",
  usage = "plan [OPTIONS] [CONTEXT]",
  help = [[
The plan is the graph of steps: what `lamina build` would look for in the cache and run. Variables
aren't expanded yet and nothing is fetched, so it needs no store; only where a user's own
instruction asks for a base image's variables, they are those of the image in the store. "steps"
has all steps, "stages" the stages they belong to, with an instruction and a line for each.]],
  example = "lamina plan -f recipes/git.lua . | less",
  arguments = { { name = "CONTEXT", kind = "file", optional = true } },
  options = {
    source.rows.build_arg, source.rows.file,
    { long = "json", help = "as JSON, which it is anyway" },
    source.rows.platform,
    uses.option,
  },
  needs = "loop",
  run = run,
}
