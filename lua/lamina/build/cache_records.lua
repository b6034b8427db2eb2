--- What the steps of a solved graph have made, as records of a build cache (image/build_cache.lua).
local label = require "lamina.build.label"
local stack = require "lamina.build.stack"

local cache_records = {}

--- The vertices whose layers the images of some parts of the graph have.
local function vertices_of(parts)
  local list, seen = {}, {}
  for _, part in ipairs(parts) do
    for _, vertex in ipairs(stack.vertices(part.state.layers)) do
      if not seen[vertex] then list[#list + 1] = vertex end
      seen[vertex] = true
    end
  end
  return list
end

local function records_of(vertices)
  local records = {}
  for _, vertex in ipairs(vertices) do
    if vertex.output and vertex.keys and not vertex.is_uncached then
      records[#records + 1] = { keys = vertex.keys, kind = vertex.kind,
        diff_id = vertex.output.diff_id, created = vertex.output.created,
        label = label.of(vertex.step) }
    end
  end
  return records
end

--- Those of all stages.
function cache_records.all(graph)
  return records_of(graph.vertices)
end

--- Those whose layers are in the images of some parts of the graph.
function cache_records.visible(parts)
  return records_of(vertices_of(parts))
end

return cache_records
