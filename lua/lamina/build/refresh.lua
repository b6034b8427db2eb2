--- --no-cache-filter: the steps of some stages are made anew, whatever the cache has.
--
-- A stage is called by the target that ends with it; so are the stages of a Dockerfile.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local stages = require "lamina.plan.stages"

local refresh = {}

local function unknown(name, plan)
  local names = {}
  for i, target in ipairs(plan.targets) do names[i] = target.name end
  local near = check.suggest(name, names)
  failure.raise("not-found", ("--no-cache-filter: there is no stage or target '%s'"):format(name),
    { hint = near and ("did you mean '%s'?"):format(near)
      or "there are " .. table.concat(names, ", ") })
end

--- Whether one of a stage's steps is among those that targets end with.
local function has_end(stage, ends)
  for _, step in ipairs(stage.steps) do
    if ends[step.id] then return true end
  end
  return false
end

--- The ids of the steps in the stages of these names, in any case of letters.
local function steps_of(plan, names)
  local ids, ends = {}, {}
  for _, name in ipairs(names) do
    local is_known = false
    for _, target in ipairs(plan.targets) do
      if target.name:lower() == name:lower() then
        ends[target.step], is_known = true, true
      end
    end
    if not is_known then unknown(name, plan) end
  end
  for _, stage in ipairs(stages.of(plan)) do
    for _, step in ipairs(has_end(stage, ends) and stage.steps or {}) do ids[step.id] = true end
  end
  return ids
end

--- Marks the vertices of a plan's graph that are not to be taken from the cache.
function refresh.mark(graph, plan, names)
  if not names or #names == 0 then return end
  local ids = steps_of(plan, names)
  for _, vertex in ipairs(graph.vertices) do
    if ids[vertex.id] then vertex.is_refreshed = true end
  end
end

return refresh
