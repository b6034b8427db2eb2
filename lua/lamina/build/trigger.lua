--- ONBUILD: the triggers of a base image, which come before the stage's own steps (SEMANTICS 40).
--
-- They are instructions of a Dockerfile, so they take the way of all those: translated into a
-- recipe and evaluated in the sandbox. Their steps stand on the base instead of on nothing, and
-- what they copy from may be a stage of the plan that they come into.
local failure = require "lamina.util.failure"
local parser = require "lamina.dockerfile.parser"
local platform = require "lamina.image.platform"
local recipe = require "lamina.recipe.recipe"
local stages = require "lamina.plan.stages"
local translate = require "lamina.dockerfile.translate"

local trigger = {}

local impossible = { FROM = true, ONBUILD = true, MAINTAINER = true }

--- The recipe that the triggers mean, on an empty stage.
local function translated(triggers)
  local text = "FROM scratch\n" .. table.concat(triggers, "\n") .. "\n"
  local file = parser.parse(text, { name = "ONBUILD" })
  for i, instruction in ipairs(file.instructions) do
    if i > 1 and impossible[instruction.instruction] then
      failure.raise("invalid-input", ("%s isn't possible there"):format(instruction.instruction))
    end
  end
  if #file.instructions ~= #triggers + 1 then
    failure.raise("invalid-input", "each of them has to be one instruction")
  end
  return translate.recipe(file, { is_trigger = true })
end

local function plan_of(triggers, resolver)
  local made, options = translated(triggers), resolver.options
  return recipe.evaluate {
    text = made.text, lines = made.lines, name = "ONBUILD", args = options.args,
    context = options.context, declared = resolver.plan.declared,
    target_platform = platform.format(options.platform),
  }
end

--- What a trigger copies from: a stage before the one that begins with `step`, else an image.
local function source_of(own, step, resolver)
  local id = stages.find(resolver.plan, own.ref, step.id)
  if id then return resolver:demand(id) end
  if own.ref:find("^%d+$") then
    failure.raise("invalid-input", ("there is no stage %s before this one"):format(own.ref))
  end
  return resolver:carry_out(own)
end

--- The state after the triggers of the image that `step` begins with. Mistakes in them are told
-- with their line in that step's file.
function trigger.apply(step, at, resolver, triggers)
  local ok, plan = pcall(plan_of, triggers, resolver)
  if not ok then error(failure.wrap(plan, "ONBUILD of the image"), 0) end
  local results = {}
  local inner = setmetatable({ results = results }, { __index = resolver })
  for i, own in ipairs(plan.steps) do
    own.id, own.file, own.line = ("%s.%d"):format(step.id, i - 1), step.file, step.line
    if own.op == "image" and own.files_only then
      results[i] = source_of(own, step, resolver)
    else
      results[i] = own.op == "scratch" and i == 1 and at
        or inner:carry_out(own, own.input and results[own.input])
    end
    if i > 1 then table.insert(resolver.graph.order, own) end
  end
  return results[plan.targets[1].step]
end

return trigger
