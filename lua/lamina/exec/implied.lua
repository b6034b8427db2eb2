--- Directories that a layer's tar takes for granted: it has tmp/file and no entry for tmp/.
--
-- Unpacked by itself the layer has some directory there, which in an overlay would hide what the
-- layers below say of it: /tmp would lose its 1777. So a folder that says it again is laid on top
-- of such a stack. Few images need one.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local implied = {}

local folders = setmetatable({}, { __mode = "k" }) -- store -> { layers as text -> folder or false }

local function slice(list, last)
  return table.move(list, 1, last, 1, {})
end

--- What becomes of the known directories in a further layer: its own entries count.
local function overrule(store, known, diff_id, set)
  local root <close> = failure.check(fs.open(store.layers:path(diff_id), "dir"))
  for path in pairs(known) do
    local is_said = not (set and set[path])
      and fs.stat(path, { root = root:fd(), follow = false })
    if is_said then known[path] = nil end
  end
end

--- The directories that the layers below know better, with what they say.
local function find(store, layers, mount)
  local known = {}
  for i, diff_id in ipairs(layers) do
    local set = store.layers:implied(diff_id)
    overrule(store, known, diff_id, set)
    if set and i > 1 then
      local below <close> = mount(store, slice(layers, i - 1))
      for path in pairs(set) do
        local stat = fs.stat(path, { root = below:fd(), follow = false })
        known[path] = stat and stat.type == "dir" and stat or nil
      end
    end
  end
  return known
end

--- Every directory on the way to a path, the path last.
local function each_part(path)
  local parts, at = {}, ""
  for name in path:gmatch("[^/]+") do
    at = at == "" and name or at .. "/" .. name
    parts[#parts + 1] = at
  end
  return ipairs(parts)
end

local function make(folder, path, stat, done)
  if done[path] then return end
  done[path] = stat
  failure.check(fs.mkdir(folder .. "/" .. path))
  failure.check(fs.chown(folder .. "/" .. path, stat.uid, stat.gid))
  failure.check(fs.chmod(folder .. "/" .. path, stat.mode))
end

--- The folder: what is known, and the directories above it as the layers show them.
local function build(store, layers, known)
  local overlay = require "lamina.core.overlay"
  local folder, done = store:temp("implied"), {}
  local plain <close> = failure.check(overlay.mount { lower = store.layers:paths(layers),
    userxattr = store.userxattr })
  for path in pairs(known) do
    for _, part in each_part(path) do
      local shown = fs.stat(part, { root = plain:fd(), follow = false })
      if not shown or shown.type ~= "dir" then break end
      make(folder, part, known[part] or shown, done)
    end
  end
  for path, stat in pairs(done) do
    failure.check(fs.utime(folder .. "/" .. path, stat.mtime, stat.mtime_nsec))
  end
  failure.check(fs.chmod(folder, failure.check(fs.stat(".", { root = plain:fd() })).mode))
  return folder
end

local function needs_one(store, layers)
  for _, diff_id in ipairs(layers) do
    if store.layers:implied(diff_id) then return true end
  end
  return false
end

--- The folder to lay over layers (bottom first), or nil. `mount` is exec.mount.
function implied.folder(store, layers, mount)
  if not needs_one(store, layers) then return nil end
  folders[store] = folders[store] or {}
  local name = table.concat(layers, " ")
  if folders[store][name] == nil then
    local known = find(store, layers, mount)
    folders[store][name] = next(known) ~= nil and build(store, layers, known)
  end
  return folders[store][name] or nil
end

return implied
