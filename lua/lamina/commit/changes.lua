--- What a container has changed of its image's files.
local exec = require "lamina.exec.exec"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local leftover = require "lamina.commit.leftover"
local path = require "lamina.util.path"
local sched = require "lamina.util.sched"

local changes = {}

--- The changes that one directory in overlay form makes to the layers below it.
local function of_directory(store, dir, below)
  local view <close> = exec.view(store, below)
  return sched.job(layer.changes, dir,
    { lower = view and view:fd(), userxattr = store.userxattr })
end

--- The directories in which names came or went, those of our mount points left out.
local function busy_directories(found, ours)
  local busy = {}
  for _, change in ipairs(found) do
    if change.kind ~= "C" and not ours[change.path] then busy[path.dirname(change.path)] = true end
  end
  return busy
end

local function of_upper(store, record)
  local upper, list = record.dir .. "/upper", {}
  local _, ours, touched = leftover.list(store, record, upper)
  local found = of_directory(store, upper, record.layers)
  local busy = busy_directories(found, ours)
  for _, change in ipairs(found) do
    local at = change.path
    if not ours[at] and (busy[at] or not touched[at]) then list[#list + 1] = change end
  end
  return list
end

--- Adds later changes to earlier ones: what was added and changed was added, what was added and
-- deleted was never there.
local function compose(known, later)
  for _, change in ipairs(later) do
    local before = known[change.path]
    if change.kind ~= "D" then
      known[change.path] = before == "D" and "C" or before or change.kind
    else
      known[change.path] = before ~= "A" and "D" or nil
      for at in pairs(known) do
        if at:sub(1, #change.path + 1) == change.path .. "/" then known[at] = nil end
      end
    end
  end
end

local function sorted(known)
  local list = {}
  for at, kind in pairs(known) do list[#list + 1] = { kind = kind, path = at } end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

--- A sorted list of { kind = "A|C|D", path = } against the image the container was made from,
-- whatever has been committed since.
function changes.of(store, record)
  local own = of_upper(store, record)
  if #record.layers == record.base_layers then return own end
  local known = {}
  for i = record.base_layers + 1, #record.layers do
    local below = table.move(record.layers, 1, i - 1, 1, {})
    compose(known, of_directory(store, store.layers:path(record.layers[i]), below))
  end
  compose(known, own)
  return sorted(known)
end

--- What a commit would put into its layer: { kind =, path =, size = }.
function changes.pending(store, record)
  local list = of_upper(store, record)
  for _, change in ipairs(list) do
    local entry = fs.stat(record.dir .. "/upper" .. change.path, { follow = false })
    change.size = entry and entry.type == "file" and entry.size or 0
  end
  return list
end

return changes
