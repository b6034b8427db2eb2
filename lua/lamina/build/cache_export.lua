--- What the steps of a build have made, put where other builders find it (--cache-to).
--
--   cache_export.check(targets)         -- before anything is built
--   cache_export.run(store, graph, { type = "registry", ref =, mode = "max" }, options)
local cache_place = require "lamina.build.cache_place"
local cache_records = require "lamina.build.cache_records"
local failure = require "lamina.util.failure"

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

--- Writes what the steps of a solved graph have made: with the mode "max" of all, else of those
-- whose layers are in the result.
function cache_export.run(store, graph, target, options)
  local records = target.mode == "max" and cache_records.all(graph)
    or cache_records.visible(graph.parts)
  local ok, err = pcall(cache_place.of(target).write, store, target, records, options)
  if ok then return end
  if not target.ignores_errors or not failure.is(err) or err.kind == "interrupted" then
    error(wrap(target, err), 0)
  end
  options.bus:emit("step.note", { id = "cache", label = "cache",
    message = "not written: " .. err.message })
end

return cache_export
