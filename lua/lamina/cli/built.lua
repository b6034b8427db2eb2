--- What `lamina build` answers on standard output.
local template = require "lamina.ui.template"

local built = {}

local words = { cached = "CACHED", needed = "RUN", ran = "RAN" }

--- The steps of a dry run, with the place each has in the recipe.
local function show_steps(out, steps)
  for _, step in ipairs(steps) do
    if words[step.status] then
      out:line("%-6s  %s  %s:%s", words[step.status], step.label, step.file or "?",
        step.line or "?")
    end
  end
end

function built.show(context, result)
  local format, out = context.options.format, context.out
  if format == "json" then
    out:json(result)
  elseif format then
    out:line("%s", template.render(format, result))
  elseif context.options.dry_run then
    show_steps(out, result.steps)
  else
    out:line("%s", result.image)
  end
end

return built
