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

--- Whether the image is somewhere where its id means something.
local function has_image(result)
  for _, made in ipairs(result.outputs) do
    if made.id then return true end
  end
  return false
end

local function uses_standard_output(result)
  for _, made in ipairs(result.outputs or {}) do
    if made.is_stream then return true end
  end
  return false
end

local function tell_left_out(result)
  for _, made in ipairs(result.outputs or {}) do
    if (made.left_out or 0) > 0 then
      io.stderr:write(("lamina: build: %d device nodes were left out\n"):format(made.left_out))
    end
  end
end

--- Reads --format; a wrong template is told before anything is built.
function built.prepare(context)
  local format = context.options.format
  context.template = format and format ~= "json" and template.parse(format)
end

function built.show(context, result)
  local format, out = context.options.format, context.out
  tell_left_out(result)
  if uses_standard_output(result) then return end
  if format == "json" then
    out:json(result)
  elseif format then
    out:write(template.render(context.template, result), "\n") -- escaped where it has to be
  elseif context.options.dry_run then
    show_steps(out, result.steps)
  elseif has_image(result) then
    out:line("%s", result.image)
  end
end

return built
