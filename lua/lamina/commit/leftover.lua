--- Mount points that lamina itself made in a container's files (SEMANTICS 94).
--
-- They are taken away when a container ends; while it runs, or after a kill, they are there: an
-- empty file or directory at the place of a mount, which the image doesn't have.
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local path = require "lamina.util.path"
local rootpath = require "lamina.exec.rootpath"

local leftover = {}

local always = { "/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname" }

--- Links on the way are followed, as when they were made.
local function targets(record, view)
  local list = {}
  for i, target in ipairs(always) do list[i] = "/" .. rootpath.follow(view, target) end
  for _, mount in ipairs(record.config.host.mounts or {}) do
    list[#list + 1] = "/" .. rootpath.follow(view, mount.target)
  end
  return list
end

--- An entry of the upper directory, if no link lies on the way to it.
local function entry_at(upper, target)
  local at, entry = "", nil
  for name in target:gmatch("[^/]+") do
    if entry and entry.type ~= "dir" then return nil end
    at = at .. "/" .. name
    entry = fs.stat(upper .. at, { follow = false })
    if not entry then return nil end
  end
  return entry
end

--- Whether nothing lies in a directory but what is listed already.
local function is_empty(upper, target, listed)
  for _, name in ipairs(failure.check(fs.list(upper .. target))) do
    if not listed[target .. "/" .. name] then return false end
  end
  return true
end

local function is_ours(upper, view, target, listed)
  local entry = entry_at(upper, target)
  if not entry or fs.stat(target, { root = view, follow = false }) then return false end
  if entry.type == "file" then return entry.size == 0 end
  return entry.type == "dir" and is_empty(upper, target, listed)
end

--- Whether a directory differs from the one below in nothing but its time.
local function only_touched(upper, view, dir)
  local own = fs.stat(upper .. dir, { follow = false })
  local below = fs.stat(dir, { root = view, follow = false })
  return own and below and own.mode == below.mode and own.uid == below.uid
    and own.gid == below.gid or false
end

--- The paths in `upper` that are mount points of ours, children before parents; the same as a set;
-- and the set of the directories that they have touched, which may have been changed besides.
function leftover.list(store, record, upper)
  local list, listed, touched = {}, {}, {}
  local view <close> = exec.mount(store, record.layers)
  for _, target in ipairs(targets(record, view:fd())) do
    local at = target
    while at ~= "/" and not listed[at] and is_ours(upper, view:fd(), at, listed) do
      list[#list + 1], listed[at] = at, true
      at = path.dirname(at)
      touched[at] = only_touched(upper, view:fd(), at) or nil
    end
  end
  return list, listed, touched
end

--- A directory that only held mount points of ours gets its time back, so that it doesn't count
-- as changed.
local function restore_time(upper, view, dir)
  if dir == "/" or #(fs.list(upper .. dir) or { "" }) > 0 then return end
  local below = fs.stat(dir, { root = view, follow = false })
  if below then fs.utime(upper .. dir, below.mtime, below.mtime_nsec) end
end

--- Takes them away from an upper directory that nothing writes to.
function leftover.remove(store, record, upper)
  local list = leftover.list(store, record, upper)
  if #list == 0 then return end
  local view <close> = exec.mount(store, record.layers)
  for _, at in ipairs(list) do
    failure.check(fs.remove(upper .. at))
    restore_time(upper, view:fd(), path.dirname(at))
  end
end

return leftover
