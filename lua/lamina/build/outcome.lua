--- What a build answers when all is made: its steps, its image, and the files that tell of it.
local export = require "lamina.build.export"
local failure = require "lamina.util.failure"
local finish = require "lamina.build.finish"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local label = require "lamina.build.label"
local media_type = require "lamina.image.media_type"
local reference = require "lamina.image.reference"

local outcome = {}

--- The steps of the graph with what became of each, and how many were cached and ran.
function outcome.steps(graph, status)
  local steps, counts = {}, { cached = 0, ran = 0, needed = 0, instant = 0 }
  for i, step in ipairs(graph.order) do
    local what = status[step.id] or "instant"
    counts[what] = counts[what] + 1
    steps[i] = { id = step.id, label = label.of(step), file = step.file, line = step.line,
      status = what }
  end
  return steps, counts
end

--- The names of an output: the build's, and what the output adds with `name`.
local function names_of(names, output)
  if not output.name then return names end
  local list, seen = {}, {}
  local function add(name)
    if not seen[name] then list[#list + 1] = name end
    seen[name] = true
  end
  for _, name in ipairs(names) do add(name) end
  for name in output.name:gmatch("[^,]+") do add(reference.target(name)) end
  return list
end

--- What Docker writes into --metadata-file. Of several outputs the first that has an image counts.
local function metadata(made)
  for _, one in ipairs(made) do
    if one.digest then
      return {
        ["containerimage.digest"] = one.digest,
        ["containerimage.config.digest"] = not one.is_index and one.id or nil,
        ["containerimage.descriptor"] = { digest = one.digest, size = one.size,
          mediaType = one.media_type or media_type.manifest },
        ["image.name"] = #one.names > 0 and table.concat(one.names, ",") or nil,
      }
    end
  end
  return {}
end

--- The id of the first index that was made.
local function index_of(made)
  for _, one in ipairs(made) do
    if one.digest then return one.digest end
  end
end

--- Takes away what an earlier build wrote: where this one fails, its id must not be taken for ours.
function outcome.forget(options)
  local path = not options.dry_run and options.iidfile
  local stat = path and fs.stat(path, { follow = false })
  if stat and stat.type == "file" then failure.check(fs.remove(path)) end
end

local function write(path, text)
  if path then failure.check(fs.write(path, text, { mode = 420 })) end -- 0644
end

--- The image of each part of the graph.
local function finished(graph, options)
  local images = {}
  for i, part in ipairs(graph.parts) do images[i] = finish.image(part.state, options) end
  if #(options.cache_to or {}) > 0 then
    require("lamina.build.cache_inline").add(images, graph, options)
  end
  return images
end

--- Writes all outputs of a solved graph; answers { image =, names =, outputs =, metadata = }.
function outcome.deliver(store, graph, options)
  local names = finish.names(graph.target, options)
  local images = finished(graph, options)
  local what = { store = store, bus = options.bus, outputs = options.outputs, images = images,
    names = names,
    id = #images == 1 and images[1].id or nil,
    names_of = function(output) return names_of(names, output) end }
  if options.sbom or export.is_slow(options.outputs) then options.keeper:settle() end
  if options.provenance or options.sbom then
    require("lamina.build.attest").images(store, graph, images, options)
  end
  local made = export.run(what)
  local result = { image = what.id or index_of(made), names = names, outputs = made,
    metadata = metadata(made) }
  if result.image then write(options.iidfile, result.image) end
  write(options.metadata_file, failure.check(json.encode(result.metadata, { indent = 2 })) .. "\n")
  return result
end

return outcome
