--- A plan as a graph to be drawn: plain nodes, edges and groups.
--
--   outline.of(plan, { target = nil, status = { [id] = "cached" } }) -> {
--     nodes = { { id = "3", label = 'run "make"', place = "recipe.lua:8", kind = "run",
--                 status = "cached", group = 1 } },      -- inputs before users
--     edges = { { from = "2", to = "3", kind = "input" } },
--     groups = { { title = "stage 1" } },                -- chains of steps
--   }
--
-- A target is a node as well, of the kind "target", below its last step.
local label = require "lamina.build.label"
local needs = require "lamina.plan.needs"
local resolve = require "lamina.build.resolve"

local outline = {}

--- A group is a chain: the first step that goes on from another stays in its group.
local function group_of(self, step)
  local above = step.input and self.group_of[step.input]
  if above and not self.continued[step.input] then
    self.continued[step.input] = true
    return above
  end
  self.groups[#self.groups + 1] = { title = ("stage %d"):format(#self.groups + 1) }
  return #self.groups
end

local function add_step(self, step, status)
  local id = tostring(step.id)
  local group = group_of(self, step)
  self.group_of[step.id] = group
  self.nodes[#self.nodes + 1] = { id = id, number = step.id, label = label.of(step),
    place = step.file and ("%s:%s"):format(step.file, step.line or "?") or "", kind = step.op,
    status = status, group = group }
  local kinds, order = {}, {}
  needs.each(step, function(from, kind)
    if not kinds[from] then order[#order + 1] = from end
    kinds[from] = kinds[from] or kind
  end)
  table.sort(order) -- fields come in no order of their own
  for _, from in ipairs(order) do
    self.edges[#self.edges + 1] = { from = tostring(from), to = id, kind = kinds[from] }
  end
end

local function add_target(self, target)
  local id = "target " .. target.name
  self.nodes[#self.nodes + 1] = { id = id, label = target.name, kind = "target",
    place = table.concat(target.names or {}, ", "), group = self.group_of[target.step] }
  self.edges[#self.edges + 1] = { from = tostring(target.step), to = id, kind = "target" }
end

--- The graph of all targets, or of one; see the head of this file.
function outline.of(plan, options)
  local targets = options.target and { resolve.target(plan, options.target) } or plan.targets
  local self = { nodes = {}, edges = {}, groups = {}, group_of = {}, continued = {} }
  local ends = {}
  for i, target in ipairs(targets) do ends[i] = target.step end
  local wanted = needs.of(plan, ends)
  for _, step in ipairs(plan.steps) do
    if wanted[step.id] then add_step(self, step, (options.status or {})[step.id]) end
  end
  for _, target in ipairs(targets) do add_target(self, target) end
  return { nodes = self.nodes, edges = self.edges, groups = self.groups }
end

return outline
