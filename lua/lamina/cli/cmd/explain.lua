local build = require "lamina.build.build"
local progress = require "lamina.ui.progress"
local source = require "lamina.cli.source"
local uses = require "lamina.cli.uses"

local function show(out, answer)
  local step = answer.step
  out:line("step %d (%s), %s:%s would run:", step.id, step.label, step.file or "?",
    step.line or "?")
  for _, reason in ipairs(answer.reasons) do out:line("  %s", reason) end
end

local function run(context)
  local options = context.options
  local given = source.options(context)
  given.target, given.bus = source.target(given, options.target), context.bus
  given.secrets, given.allow = {}, source.set(options.allow)
  local _said <close> = progress.show(context.bus, "quiet")
  local answer = build.explain(context.store, given)
  if options.json then
    context.out:json(answer or require("lamina.core.json").null)
  elseif answer then
    show(context.out, answer)
  else
    context.out:line "every step is cached: nothing would run"
  end
end

return {
  name = "explain",
  summary = "Tell why a step of a build would run",
  usage = "explain [OPTIONS] [CONTEXT]",
  help = [[
Looks for the first step that isn't cached, and compares it with the nearest one that was made
before: the command, the variable, the file and its attribute, or the base image that differs.
Nothing is run.]],
  example = "lamina explain -f recipes/git.lua .",
  arguments = { { name = "CONTEXT", kind = "file", optional = true } },
  options = {
    { long = "allow", value = "network.host|security.insecure", many = true,
      choices = { "network.host", "security.insecure" }, help = "as for build" },
    source.rows.build_arg, source.rows.file,
    { long = "json", help = "as JSON" },
    source.rows.platform,
    { long = "target", value = "NAME", help = "which of the recipe's targets" },
    uses.option,
  },
  needs = "store",
  run = run,
}
