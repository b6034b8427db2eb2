local build = require "lamina.build.build"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local home = require "lamina.store.home"
local outline = require "lamina.build.outline"
local recipe = require "lamina.recipe.recipe"
local report = require "lamina.cli.report"
local source = require "lamina.cli.source"
local uses = require "lamina.cli.uses"

--- What a dry run says of the steps of one target, added to `status`.
local function look_up(store, options, target, status)
  local given = {}
  for key, value in pairs(options) do given[key] = value end
  given.target, given.dry_run = target, true
  for _, step in ipairs(build.run(store, given).steps) do
    if step.status ~= "instant" then status[step.id] = step.status end
  end
end

--- Which steps are cached and which would run, by their ids. A graph is drawn without that too.
local function statuses(context, root, given, plan)
  local status, targets = {}, {}
  for _, target in ipairs(plan.targets) do targets[#targets + 1] = target.name end
  local wanted = source.target(given, context.options.target)
  if wanted then targets = { wanted } end
  given.plan, given.allow = plan, { ["network.host"] = true, ["security.insecure"] = true }
  local ok, err = pcall(function()
    local store <close> = home.enter(root)
    for _, target in ipairs(targets) do look_up(store, given, target, status) end
  end)
  if ok then return status end
  if not failure.is(err) or err.kind == "interrupted" then error(err, 0) end
  report.said("lamina: what is cached isn't marked: " .. tostring(err))
  return status
end

local function run(context)
  local given = source.options(context)
  given.target_platform, given.say = given.platform, report.said
  local plan = recipe.evaluate(given)
  local root = context.options.root or home.default_root()
  local status = fs.stat(root .. "/lamina.db") and statuses(context, root, given, plan)
  local graph = outline.of(plan, { target = source.target(given, context.options.target),
    status = status or nil })
  local drawn = require("lamina.ui.graph." .. context.options.format).draw(graph)
  local output = context.options.output or "-"
  if output == "-" then return context.out:raw(drawn) end
  failure.check(fs.write(output, drawn, { mode = 420 })) -- 0644
end

return {
  name = "graph",
  summary = "Draw the steps of a build, as SVG or DOT",
  usage = "graph [OPTIONS] [CONTEXT]",
  help = [[
Draws the plan of a recipe or Dockerfile: every step with its place in the recipe, what it goes on
from and what it reads, stages as columns, targets below. Where there is a store, steps that are
cached and steps that would run are marked. The SVG stands alone; DOT is for Graphviz.]],
  example = "lamina graph -f recipes/git.lua -o git.svg .",
  arguments = { { name = "CONTEXT", kind = "file", optional = true } },
  options = {
    source.rows.build_arg, source.rows.file,
    { long = "format", value = "KIND", default = "svg", choices = { "svg", "dot" },
      help = "what is written" },
    { long = "output", short = "o", value = "FILE",
      help = "write to a file; '-' is standard output" },
    source.rows.platform,
    { long = "target", value = "NAME", help = "only what this target needs" },
    uses.option,
  },
  needs = "loop",
  run = run,
}
