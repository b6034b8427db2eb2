--- layer: the layers that a group of steps has made become one. Each step is cached by itself; the
-- one layer is, too.
local failure = require "lamina.util.failure"
local core = require "lamina.core.layer"
local sched = require "lamina.util.sched"
local stack = require "lamina.build.stack"

local fold = {}

--- What a state has done since another one, oldest first.
local function since(at, lower)
  local first, entries, item = lower and lower.history or nil, {}, at.history
  while item and item ~= first do
    table.insert(entries, 1, item)
    item = item.below
  end
  if first and not item then
    failure.raise("invalid-input", "layer: the function's stage wasn't made from the one it got")
  end
  return entries
end

--- The place of the last entry that made a layer, and how many did.
local function last_layer(entries)
  local last, count = nil, 0
  for i, item in ipairs(entries) do
    if item.layer then last, count = i, count + 1 end
  end
  return last, count
end

--- The history of a group: every entry stays, and the last one that made a layer has them all.
local function remember(into, entries, last, vertex)
  for i, item in ipairs(entries) do
    local entry = {}
    for key, value in pairs(item.entry) do entry[key] = value end
    entry.empty_layer = i ~= last or nil
    into = into:with { history = { below = into.history, entry = entry,
      layer = i == last and vertex or nil, inherited = item.inherited } }
  end
  return into:with { layers = stack.push(into.layers, vertex) }
end

--- The state with what it has made since `lower` (all of it without one) as one layer.
function fold.layer(step, at, resolver)
  local lower = step.lower and resolver:result(step.lower)
  local entries = since(at, lower)
  local last, count = last_layer(entries)
  if count < 2 then return at end
  local base = at:with { layers = lower and lower.layers or false,
    history = lower and lower.history or false }
  local vertex = resolver:add_vertex(step, base, {
    params = {}, uses = { { source = at, select = { layers = true } } },
  })
  return remember(base, entries, last, vertex)
end

--- Folds the group's layers together, bottom first.
function fold.make(vertex, work, dir, below)
  local layers = stack.diff_ids(vertex.uses[1].source.layers)
  work.options.promised:need(layers)
  for i = #below + 1, #layers do
    local path = work.store.layers:path(layers[i])
    sched.job(core.fold, path, dir.upper, { userxattr = work.store.userxattr })
  end
end

return fold
