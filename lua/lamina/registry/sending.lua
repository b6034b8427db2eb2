--- Layers of the store on their way into a repository, several at once.
local limits = require "lamina.config.limits"
local reference = require "lamina.image.reference"
local sched = require "lamina.util.sched"
local slots = require "lamina.util.slots"
local transfer = require "lamina.registry.transfer"

local sending = {}

local most_sources = 2 -- repositories that are asked for one blob

--- Other repositories of the same registry that may have a layer.
local function sources(store, ref, diff_id)
  local list, seen = {}, { [ref.path] = true }
  for _, name in ipairs(store.images:names_with(diff_id)) do
    local other = reference.parse(name)
    if other.domain == ref.domain and not seen[other.path] and #list < most_sources then
      list[#list + 1] = other.path
    end
    seen[other.path] = true
  end
  return list
end

--- Each layer once, the largest first: what is begun last has the others' share of the processors
-- for a short time only.
local function in_order(store, diff_ids)
  local list, sizes = {}, {}
  for _, diff_id in ipairs(diff_ids) do
    if not sizes[diff_id] then
      local layer = store.layers:get(diff_id)
      list[#list + 1], sizes[diff_id] = diff_id, layer and layer.tar_size or 0
    end
  end
  table.sort(list, function(a, b)
    if sizes[a] ~= sizes[b] then return sizes[a] > sizes[b] end
    return a < b
  end)
  return list
end

local function in_slot(slots_of, fn, ...)
  local _slot <close> = slots_of:take()
  return fn(...)
end

--- Sends layers to an upload (upload.lua), each once, as the files that `layers` makes of them
-- (store/outgoing.lua). Answers their descriptors by diff ID. Making files takes processors, and
-- sending them waits for the network: neither waits for its turn at the other.
function sending.layers(store, to, layers, diff_ids, bus)
  local makers = sched.cores() + 1 -- one may wait for the disk
  local making, moving = slots.new(makers), slots.new(limits.transfers())
  local work, sent = {}, {}
  for i, diff_id in ipairs(in_order(store, diff_ids)) do
    work[i] = function()
      local blob = in_slot(making, layers.file, layers, diff_id)
      sent[diff_id] = blob.of
      in_slot(moving, transfer.tell, bus, "uploaded", blob.of, function(progress)
        return to:blob(blob.of, blob.path,
          { progress = progress, from = sources(store, to.ref, diff_id) })
      end)
    end
  end
  sched.all(work, makers + limits.transfers())
  return sent
end

return sending
