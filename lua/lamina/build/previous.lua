--- What the same copy gave the last time, whatever its files were then: files that are still the
-- same are taken from there by hard link (core/layer/reuse.h).
--
-- The record is a row of the cache like others, under a key of what the step says without what it
-- reads. Being wrong costs time only: every file is compared.
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"

local previous = {}

previous.kind = "previous"

local function key(vertex, epoch)
  local params, paths, source = {}, json.array {}, vertex.uses[1].source
  for name, value in pairs(vertex.params) do
    if name ~= "inline" then params[name] = value end
  end
  for _, use in ipairs(vertex.uses) do
    table.move(use.select.paths, 1, #use.select.paths, #paths + 1, paths)
  end
  return "previous:" .. digest.sha256(failure.check(json.encode { kind = vertex.kind,
    params = params, paths = paths, epoch = epoch,
    context = source.is_context and (source.dir or "") or nil }))
end

local function is_copy(vertex)
  return (vertex.kind == "copy" or vertex.kind == "add") and #vertex.uses > 0
end

--- The directory of the layer that it gave, opened; nil where there is none.
function previous.open(vertex, work)
  local record = is_copy(vertex) and work.store.cache:get(key(vertex, work.options.epoch))
  if not record or not record.diff_id then return nil end
  work.options.keeper:need { record.diff_id }
  if not work.store.layers:has(record.diff_id) then return nil end
  return failure.check(fs.open(work.store.layers:path(record.diff_id), "dir"))
end

function previous.remember(vertex, store, epoch, diff_id)
  if not is_copy(vertex) then return end
  store.cache:put(key(vertex, epoch), { kind = previous.kind, diff_id = diff_id })
end

return previous
