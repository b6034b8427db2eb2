--- Which steps of a plan a step reads, and which ones are needed for some.
local schema = require "lamina.plan.schema"

local needs = {}

--- Calls visit(id, field) for each step that a step reads: "input", a field of its kind, or the
-- type of the mount that shows it.
function needs.each(step, visit)
  if step.input then visit(step.input, "input") end
  for field, kind in pairs(schema.steps[step.op] or {}) do
    local value = step[field]
    if value and kind:find("^step!?$") then visit(value, field) end
    if value and kind:find("^steps!?$") then
      for _, id in ipairs(value) do visit(id, field) end
    end
  end
  for _, mount in ipairs(step.mounts or {}) do
    if mount.from then visit(mount.from, mount.type) end
  end
end

--- The ids of the steps that those of a list of ids need, themselves among them, as a set. Inputs
-- come before users, so one pass from the end finds all.
function needs.of(plan, ids)
  local wanted = {}
  for _, id in ipairs(ids) do wanted[id] = true end
  for i = #plan.steps, 1, -1 do
    local step = plan.steps[i]
    if wanted[step.id] then
      needs.each(step, function(id) wanted[id] = true end)
    end
  end
  return wanted
end

return needs
