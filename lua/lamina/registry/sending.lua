--- Layers of the store on their way into a repository, several at once.
local limits = require "lamina.config.limits"
local reference = require "lamina.image.reference"
local sched = require "lamina.util.sched"
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

--- Sends layers to an upload (upload.lua), each once, as the files that `layers` makes of them
-- (store/outgoing.lua). Answers their descriptors by diff ID.
function sending.layers(store, to, layers, diff_ids, bus)
  local work, sent = {}, {}
  for _, diff_id in ipairs(diff_ids) do
    if sent[diff_id] == nil then
      sent[diff_id] = false
      work[#work + 1] = function()
        local blob = layers:file(diff_id)
        sent[diff_id] = blob.of
        transfer.tell(bus, "uploaded", blob.of, function(progress)
          return to:blob(blob.of, blob.path,
            { progress = progress, from = sources(store, to.ref, diff_id) })
        end)
      end
    end
  end
  sched.all(work, limits.transfers())
  return sent
end

return sending
