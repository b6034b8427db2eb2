--- The graphs of several platforms as one, which the solver takes: what they have in common (steps
-- for the builder's own platform, `copy` with the same content) is made once.
--
-- Each has its own steps. They are numbered on, and their labels begin with the platform.
local platform = require "lamina.image.platform"

local graphs = {}

--- The number of a step in the whole; those of triggers are "3.1".
local function shifted(id, by)
  if type(id) == "number" then return id + by end
  local first, rest = id:match("^(%d+)(.*)$")
  return math.tointeger(tonumber(first)) + by .. rest
end

--- Joins graphs, in their order: { vertices =, order =, parts =, target =, state =, contexts =,
-- remotes = }.
function graphs.join(parts, platforms)
  if #parts == 1 then
    parts[1].parts = parts
    return parts[1]
  end
  local whole = { vertices = {}, order = {}, parts = parts, target = parts[1].target,
    state = parts[1].state, contexts = parts[1].contexts, remotes = parts[1].remotes }
  local last = 0
  for i, part in ipairs(parts) do
    local most = 0
    for _, step in ipairs(part.order) do
      most = math.max(most, math.tointeger(tonumber(tostring(step.id):match("^%d+"))))
      step.id, step.for_platform = shifted(step.id, last), platform.format(platforms[i])
      whole.order[#whole.order + 1] = step
    end
    for _, vertex in ipairs(part.vertices) do
      vertex.id = vertex.step.id
      whole.vertices[#whole.vertices + 1] = vertex
    end
    last = last + most
  end
  return whole
end

return graphs
