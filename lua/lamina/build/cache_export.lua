--- What the steps of a build have made, put where other builders find it (--cache-to).
--
--   cache_export.run(store, graph, { type = "registry", ref =, mode = "max" }, options)
--
-- A place has `write(store, target, records, options)`.
local failure = require "lamina.util.failure"
local label = require "lamina.build.label"
local stack = require "lamina.build.stack"

local cache_export = {}

-- Who knows a place; loaded where one is named.
local places = { registry = "lamina.registry.build_cache" }

--- The vertices whose layers the images of some parts of the graph have.
local function visible(parts)
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

--- Writes what the steps of a solved graph have made: with the mode "max" of all, else of those
-- whose layers are in the result.
function cache_export.run(store, graph, target, options)
  local records = records_of(target.mode == "max" and graph.vertices or visible(graph.parts))
  local ok, err = pcall(require(places[target.type]).write, store, target, records, options)
  if ok then return end
  if not target.ignores_errors or not failure.is(err) or err.kind == "interrupted" then
    error(failure.wrap(err, "--cache-to " .. (target.ref or target.dest)), 0)
  end
  options.bus:emit("step.note", { id = "cache", label = "cache",
    message = "not written: " .. err.message })
end

return cache_export
