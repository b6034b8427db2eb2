--- The cache that builders share by a registry: --cache-from and --cache-to.
--
--   local known = share.open(store, { { ref = "localhost:5000/cache:app" } }, options)
--   known:find(key)                     -- a record, whose layer is in the store then
--   share.export(store, graph, { ref =, mode = "max" }, options)
--
-- A cache that can't be read is told of, and missed: a build doesn't need it.
local failure = require "lamina.util.failure"
local label = require "lamina.build.label"
local layer = require "lamina.registry.layer"
local reference = require "lamina.image.reference"
local shared = require "lamina.registry.shared"
local stack = require "lamina.build.stack"
local transfer = require "lamina.registry.transfer"

local share = {}

local Known = {}
Known.__index = Known

local function note(options, message)
  options.bus:emit("step.note", { id = "cache", label = "cache", message = message })
end

--- Reads all of them.
function share.open(store, sources, options)
  local self = setmetatable({ store = store, options = options, list = {}, fetching = {} }, Known)
  for _, source in ipairs(sources) do
    local ok, found = pcall(shared.read, reference.parse(source.ref), source.ref)
    if ok then
      self.list[#self.list + 1] = found
    elseif failure.is(found) and found.kind ~= "interrupted" then
      note(options, "not used: " .. found.message)
    else
      error(found, 0)
    end
  end
  return self
end

--- Gets a layer unless it is there; answers whether it is then.
local function fetch(self, known, record)
  local of = known.layers[record.diff_id]
  if not of then return self.store.layers:keep(record.diff_id) end
  self.options.keeper:settle() -- it takes its time
  local ok, err = pcall(transfer.tell, self.options.bus, "downloaded", of, function(progress)
    return layer.fetch(self.store, known.from, of, record.diff_id, progress)
  end)
  if ok then return true end
  if not failure.is(err) or err.kind == "interrupted" then error(err, 0) end
  note(self.options, err.message)
  return false
end

--- The record of a key, nil where nobody has it.
function Known:find(key)
  for _, known in ipairs(self.list) do
    local record = known.records[key]
    if record and fetch(self, known, record) then
      return { kind = record.kind, diff_id = record.diff_id, layers = { record.diff_id },
        created = record.created, label = record.label }
    end
  end
end

--- The vertices whose layers the images have.
local function visible(graph)
  local list, seen = {}, {}
  for _, part in ipairs(graph.parts) do
    for _, vertex in ipairs(stack.vertices(part.state.layers)) do
      if not seen[vertex] then list[#list + 1] = vertex end
      seen[vertex] = true
    end
  end
  return list
end

--- Writes what the steps of a solved graph have made: with the mode "max" of all, else of those
-- whose layers are in the result.
function share.export(store, graph, target, options)
  local records = {}
  for _, vertex in ipairs(target.mode == "max" and graph.vertices or visible(graph)) do
    if vertex.output and vertex.keys and not vertex.is_uncached then
      records[#records + 1] = { keys = vertex.keys, kind = vertex.kind,
        diff_id = vertex.output.diff_id, created = vertex.output.created,
        label = label.of(vertex.step) }
    end
  end
  local ok, err = pcall(shared.write, store, reference.parse(target.ref), records,
    { compression = target.compression, bus = options.bus })
  if ok then return end
  if not target.ignores_errors or not failure.is(err) then
    error(failure.wrap(err, "--cache-to " .. target.ref), 0)
  end
  note(options, "not written: " .. err.message)
end

return share
