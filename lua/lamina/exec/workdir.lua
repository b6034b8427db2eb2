--- Makes a command's working directory where the image has none (SEMANTICS 34).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local path = require "lamina.util.path"
local rootpath = require "lamina.exec.rootpath"

local workdir = {}

--- The paths from the root down to `dir`, the root not among them.
local function ancestors(dir)
  local list, at = {}, ""
  for name in dir:gmatch("[^/]+") do
    at = at .. "/" .. name
    list[#list + 1] = at
  end
  return list
end

--- Makes a directory in its parent, which is open: no part of the path is looked up again.
local function make_one(root, dir, user, epoch)
  local parent <close> = failure.check(fs.open(path.dirname(dir), "dir", { root = root }))
  local place = ("/proc/self/fd/%d/"):format(parent:fd())
  local name = place .. path.basename(dir)
  local before = failure.check(fs.stat(place))
  failure.check(fs.mkdir(name))
  failure.check(fs.chown(name, user.uid, user.gid))
  failure.check(fs.chmod(name, 493)) -- 0755
  if epoch then
    failure.check(fs.utime(name, epoch))
    failure.check(fs.utime(place, before.mtime, before.mtime_nsec))
  end
end

--- Makes what is missing, 0755 and owned by the user; what is there stays as it is. Links lead
-- nowhere outside the root. With `epoch`, the new directories have that time and those they are
-- made in keep theirs, so that the result depends on nothing but its input.
function workdir.make(root, dir, user, epoch)
  for _, at in ipairs(ancestors("/" .. rootpath.follow(root, dir))) do
    local found = fs.stat(at, { root = root })
    if not found then
      make_one(root, at, user, epoch)
    elseif found.type ~= "dir" then
      failure.raise("system", ("working directory %s: %s is not a directory"):format(dir, at))
    end
  end
end

return workdir
