--- ONBUILD: the triggers of a base image, which come before the stage's own steps (SEMANTICS 40).
--
-- They are instructions of a Dockerfile, so they take the way of all those: translated into a
-- recipe and evaluated in the sandbox. Their steps stand on the base instead of on nothing, and
-- what they copy from may be a stage of the plan that they come into. Users' own instructions among
-- them bring the files that know them.
local base = require "lamina.build.base"
local carried = require "lamina.dockerfile.carried"
local failure = require "lamina.util.failure"
local parser = require "lamina.dockerfile.parser"
local platform = require "lamina.image.platform"
local recipe = require "lamina.recipe.recipe"
local stages = require "lamina.plan.stages"
local translate = require "lamina.dockerfile.translate"

local trigger = {}

local impossible = { FROM = true, ONBUILD = true, MAINTAINER = true }

-- What the triggers' recipe stands on: no image has such a name.
local base_name = "ONBUILD"

--- The triggers as { text =, escape = }, the files that they bring by name, and what `use` says of
-- these. A file comes with each trigger that needs it; a recipe as far as that one does.
local function read(triggers)
  local list, given, uses = {}, {}, {}
  for i, kept in ipairs(triggers) do
    local files, text, escape = carried.read(kept)
    list[i] = { text = text, escape = escape }
    for _, file in ipairs(files) do
      local before = given[file.name]
      if not before then uses[#uses + 1] = { name = file.name, line = 1 } end
      if not before or #before < #file.text then given[file.name] = file.text end
    end
  end
  return list, given, uses
end

local begin = "FROM " .. base_name .. "\n"

--- The one instruction that a trigger is. It has no directives behind a FROM.
local function instruction_of(kept, custom)
  local file = parser.parse(begin .. kept.text .. "\n", { name = base_name, custom = custom,
    escape = kept.escape })
  local one = file.instructions[2]
  if one and impossible[one.instruction] then
    failure.raise("invalid-input", ("%s isn't possible there"):format(one.instruction))
  elseif #file.instructions ~= 2 then
    failure.raise("invalid-input", "each of them has to be one instruction")
  end
  return one
end

--- The recipe that the triggers mean, and the files of their instructions. What counts as a line is
-- the number of a trigger.
local function translated(triggers)
  local list, given, uses = read(triggers)
  local custom = #uses > 0 and recipe.rows(uses, { name = base_name, given = given }) or nil
  local file = parser.parse(begin, { name = base_name })
  for i, kept in ipairs(list) do
    local ok, one = pcall(instruction_of, kept, custom)
    if not ok and not failure.is(one) then error(one, 0) end
    if not ok then
      failure.raise(one.kind, one.message, { file = base_name, line = i, hint = one.hint })
    end
    one.line, one.escape = i, kept.escape
    file.instructions[i + 1] = one
  end
  file.uses = uses
  return translate.recipe(file, { is_trigger = true }), given
end

--- What variables an image sets, as recipe.evaluate asks: those of the base at a state.
local function images_of(at, resolver)
  local lookup = base.lookup(resolver.store)
  return function(ref)
    if ref ~= base_name then return lookup(ref) end
    return base.variables(at.env:list())
  end
end

local function plan_of(triggers, at, resolver)
  local made, given = translated(triggers)
  local options = resolver.options
  return recipe.evaluate {
    text = made.text, lines = made.lines, name = base_name, args = options.args, given = given,
    context = options.context, declared = resolver.plan.declared,
    images = images_of(at, resolver),
    say = function(line) options.bus:emit("recipe.said", { line = line }) end,
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
-- with the number of the trigger, and with that step's line.
function trigger.apply(step, at, resolver, triggers)
  local ok, plan = pcall(plan_of, triggers, at, resolver)
  if not ok then error(failure.wrap(plan, "ONBUILD of the image"), 0) end
  local results = {}
  local inner = setmetatable({ results = results }, { __index = resolver })
  for i, own in ipairs(plan.steps) do
    own.id, own.file, own.line = ("%s.%d"):format(step.id, i - 1), step.file, step.line
    if own.op == "image" and own.files_only then
      results[i] = source_of(own, step, resolver)
    else
      results[i] = i == 1 and at or inner:carry_out(own, own.input and results[own.input])
    end
    if i > 1 then table.insert(resolver.graph.order, own) end
  end
  return results[plan.targets[1].step]
end

return trigger
