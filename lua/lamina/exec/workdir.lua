--- Makes a command's working directory where the image has none (SEMANTICS 34).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local path = require "lamina.util.path"

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

local function make_one(root, dir, user, epoch)
  local options = { root = root }
  local parent = failure.check(fs.stat(path.dirname(dir), options))
  failure.check(fs.mkdir(dir, 493, options)) -- 0755
  failure.check(fs.chown(dir, user.uid, user.gid, options))
  if epoch then
    failure.check(fs.utime(dir, epoch, 0, options))
    failure.check(fs.utime(path.dirname(dir), parent.mtime, parent.mtime_nsec, options))
  end
end

--- Makes what is missing, 0755 and owned by the user; what is there stays as it is. Links lead
-- nowhere outside the root. With `epoch`, the new directories have that time and those they are
-- made in keep theirs, so that the result depends on nothing but its input.
function workdir.make(root, dir, user, epoch)
  for _, at in ipairs(ancestors(path.clean("/" .. dir))) do
    local found = fs.stat(at, { root = root })
    if not found then
      make_one(root, at, user, epoch)
    elseif found.type ~= "dir" then
      failure.raise("system", ("working directory %s: %s is not a directory"):format(dir, at))
    end
  end
end

return workdir
