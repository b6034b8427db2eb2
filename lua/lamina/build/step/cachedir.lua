--- Cache mounts: directories of the store that outlive steps and never become part of a layer
-- (SEMANTICS 67).
--
-- The directory's name is a digest of the id, so an id never acts as a path. Who uses one holds
-- its lock: shared ones together, `locked` ones alone, `private` ones get another directory where
-- the first is taken.
local deliver = require "lamina.build.deliver"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local mounts = require "lamina.store.mount"
local sched = require "lamina.util.sched"

local cachedir = {}

local poll_ms = 50

local Place = {}
Place.__index = Place

function Place:close()
  if self.lock then self.lock:release() end
  self.lock = nil
end

--- Takes the lock, or answers nil where another has it.
local function try(path, mode)
  local lock, err = fs.lock(path .. ".lock", mode, { wait = false })
  if lock or err.errno == "EAGAIN" or err.errno == "EWOULDBLOCK" then return lock end
  failure.check(lock, err)
end

local function lock_place(base, sharing)
  local instance, path = 0, base
  local mode = sharing == "shared" and "shared" or "exclusive"
  while true do
    local lock = try(path, mode)
    if lock then return setmetatable({ path = path, lock = lock }, Place) end
    if sharing == "private" then
      instance = instance + 1
      path = ("%s.%d"):format(base, instance)
    else
      sched.sleep(poll_ms)
    end
  end
end

--- Fills a new directory from the stage or context it is to start from.
local function seed(work, mount, path)
  if not mount.use then return end
  local tree = work:tree(mount.use.source)
  deliver.select(tree, tree:find_one(mount.use.select.paths[1]), path)
end

--- Makes the directory whole before it gets its name.
local function create(work, mount, path)
  local new = work.store:temp("cache")
  seed(work, mount, new)
  failure.check(fs.chown(new, mount.uid or 0, mount.gid or 0))
  failure.check(fs.chmod(new, mount.mode or 493)) -- 0755
  local done, err = fs.rename(new, path, { noreplace = true })
  if done then return end
  fs.remove(new)
  if err.errno ~= "EEXIST" then failure.check(done, err) end
end

--- The directory of a cache mount, made on its first use: { path= }, to be closed.
function cachedir.open(work, mount)
  local base = mounts.path(work.store, mount.id)
  failure.check(fs.mkdirs(work.store.root .. "/cache", 448)) -- 0700
  local place = lock_place(base, mount.sharing or "shared")
  if not fs.stat(place.path) then
    local ok, err = pcall(create, work, mount, place.path)
    if not ok then
      place:close()
      error(err, 0)
    end
  end
  mounts.note(place.path, mount.id)
  return place
end

return cachedir
