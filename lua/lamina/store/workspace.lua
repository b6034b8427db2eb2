--- Where a process keeps what isn't finished: a folder in tmp/, held by a lock on a file in it.
--
-- The kernel drops the lock when the process ends, however it does; then anyone may sweep the
-- folder. Leases are kept under its name and fall with it.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local locks = require "lamina.store.lock"

local workspace = {}

local Workspace = {}
Workspace.__index = Workspace

--- Makes one below `tmp`. A sweeper that comes between the folder and its lock takes it away: then
-- it is made again.
function workspace.new(tmp)
  for _ = 1, 10 do
    local dir = failure.check(fs.tmpdir(tmp, ""))
    local lock, err = fs.lock(dir .. "/lock", "exclusive", { wait = false })
    if lock and locks.is_on(lock, dir .. "/lock") then
      return setmetatable({ dir = dir, name = dir:match("[^/]+$"), lock = lock }, Workspace)
    elseif not lock and err.errno ~= "EAGAIN" and err.errno ~= "ENOENT" then
      fs.remove(dir)
      failure.check(nil, err)
    end
  end
  failure.raise("system", tmp .. ": a folder to work in can't be held")
end

--- A fresh folder for one thing.
function Workspace:temp(prefix)
  return failure.check(fs.tmpdir(self.dir, prefix and prefix .. "-" or ""))
end

--- Takes away what is left; may run twice.
function Workspace:close()
  if not self.lock then return end
  fs.remove(self.dir)
  self.lock:release()
  self.lock = nil
end

Workspace.__close = Workspace.close

--- Whether a folder's process is gone: then the lock is ours, which is answered. A lock file that
-- isn't there any more was taken away by another sweeper.
local function take_dead(dir)
  local lock = fs.lock(dir .. "/lock", "exclusive", { wait = false })
  if lock and locks.is_on(lock, dir .. "/lock") then return lock end
  if lock then lock:release() end
end

local grave = "gone."

--- The folder loses its name first: a process that has just made it, and has no lock on it yet,
-- sees that it is gone; one that comes later can't take the name.
local function remove_folder(tmp, name)
  local lock = take_dead(tmp .. "/" .. name)
  if not lock then return false end
  local dir = name:sub(1, #grave) == grave and name or grave .. name
  local done = (dir == name or fs.rename(tmp .. "/" .. name, tmp .. "/" .. dir))
    and fs.remove(tmp .. "/" .. dir)
  lock:release()
  return done or false
end

--- Removes the folders below `tmp` whose processes are gone; answers how many. Something that is
-- no folder of ours is removed too: nothing else belongs there.
function workspace.sweep(tmp)
  local count = 0
  for _, name in ipairs(failure.check(fs.list(tmp))) do
    local stat = fs.stat(tmp .. "/" .. name, { follow = false })
    local done
    if stat and stat.type == "dir" then
      done = remove_folder(tmp, name)
    elseif stat then
      done = fs.remove(tmp .. "/" .. name)
    end
    if done then count = count + 1 end
  end
  return count
end

return workspace
