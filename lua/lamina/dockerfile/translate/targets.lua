--- What the targets of a translation are called. A recipe's "default" isn't a stage of that name.
local targets = {}

--- The recipe's name for the target that a stage is: its own, else its number.
function targets.name(stages, stage)
  local is_named = stage.name and stages.last[stage.name] == stage
  if is_named and stage.name ~= "default" then return stage.name end
  return stage == stages[#stages] and "default" or tostring(stage.index)
end

--- What --target may say: names and numbers -> the recipe's names.
function targets.of(stages)
  local found = {}
  for _, stage in ipairs(stages) do
    found[tostring(stage.index)] = targets.name(stages, stage)
  end
  for name, stage in pairs(stages.last) do found[name] = targets.name(stages, stage) end
  return found
end

return targets
