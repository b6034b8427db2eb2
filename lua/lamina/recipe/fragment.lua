--- Instructions of a Dockerfile on a stage: stage:dockerfile(text, { name = "parts/base" }).
--
-- They take the way of every Dockerfile, translated into a recipe, here within the sandbox.
local argument = require "lamina.recipe.argument"
local failure = require "lamina.util.failure"
local instruction = require "lamina.recipe.instruction"
local parser = require "lamina.dockerfile.parser"
local place = require "lamina.recipe.place"
local stage = require "lamina.recipe.stage"
local translate = require "lamina.dockerfile.translate"

local fragment = {}

local at_work, most_deep, depth = {}, 30, 0

local function custom_rows()
  local rows = {}
  for _, row in ipairs(instruction.describe()) do
    row.is_custom = true
    rows[row.name] = row
  end
  return rows
end

--- The translation; what is wrong in the text is told with its own line.
local function translated(text, name)
  local ok, made = pcall(function()
    return translate.fragment(parser.parse(text, { name = name, custom = custom_rows() }))
  end)
  if ok then return made end
  if not failure.is(made) then error(made, 0) end
  place.enter({ file = made.file or name, line = made.line or 1 })
  place.blame(made.message, made.hint)
end

local option_rows = { name = argument.text }

--- Adds the method; `run(text, name, lines)` compiles and runs a text of the recipe's.
function fragment.install(run)
  stage.extend("dockerfile", function(self, text, options)
    local where = place.current()
    text = argument.text(text, "dockerfile")
    local name = argument.options(options, option_rows, "dockerfile").name or "dockerfile"
    if at_work[name] and name ~= "dockerfile" then
      place.blame(("'%s' includes itself"):format(name))
    elseif depth >= most_deep then
      place.blame(("dockerfile: more than %d within each other"):format(most_deep))
    end
    local made = translated(text, name)
    at_work[name], depth = true, depth + 1
    local ok, result = xpcall(function() return run(made.text, name, made.lines)(self) end,
      place.explain)
    at_work[name], depth = nil, depth - 1
    if not ok then error(result, 0) end
    place.enter(where)
    return result
  end)
end

return fragment
