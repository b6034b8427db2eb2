--- What the steps of a build have made, put where other builders find it (--cache-to).
--
--   cache_export.check(targets)         -- before anything is built
--   cache_export.run(store, graph, { type = "registry", ref =, mode = "max" }, options)
local cache_place = require "lamina.build.cache_place"
local failure = require "lamina.util.failure"
local label = require "lamina.build.label"
local stack = require "lamina.build.stack"

local cache_export = {}

--- The same failure, which says whose it is.
local function wrap(target, err)
  return failure.wrap(err, "--cache-to " .. (target.ref or target.dest))
end

function cache_export.check(targets)
  for _, target in ipairs(targets) do
    local check = cache_place.of(target).check
    local ok, err = pcall(check or function() end, target)
    if not ok then error(wrap(target, err), 0) end
  end
end

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
  local ok, err = pcall(cache_place.of(target).write, store, target, records, options)
  if ok then return end
  if not target.ignores_errors or not failure.is(err) or err.kind == "interrupted" then
    error(wrap(target, err), 0)
  end
  options.bus:emit("step.note", { id = "cache", label = "cache",
    message = "not written: " .. err.message })
end

return cache_export
