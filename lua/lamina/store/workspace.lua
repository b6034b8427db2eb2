--- Where a process keeps what isn't finished: a folder in tmp/, held by a lock on a file in it.
--
-- The kernel drops the lock when the process ends, however it does; then anyone may sweep the
-- folder. Leases are kept under its name and fall with it.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local workspace = {}

local Workspace = {}
Workspace.__index = Workspace

--- Makes one below `tmp`. A sweeper that comes between the folder and its lock takes it away: then
-- it is made again.
function workspace.new(tmp)
  for _ = 1, 10 do
    local dir = failure.check(fs.tmpdir(tmp, ""))
    local lock = fs.lock(dir .. "/lock", "exclusive", { wait = false })
    if lock and fs.stat(dir .. "/lock") then
      return setmetatable({ dir = dir, name = dir:match("[^/]+$"), lock = lock }, Workspace)
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

--- Removes the folders below `tmp` whose processes are gone; answers their names. Something that
-- is no folder of ours is removed too: nothing else belongs there.
function workspace.sweep(tmp)
  local gone = {}
  for _, name in ipairs(failure.check(fs.list(tmp))) do
    local dir = tmp .. "/" .. name
    local stat = fs.stat(dir, { follow = false })
    local lock = stat and stat.type == "dir"
      and fs.lock(dir .. "/lock", "exclusive", { wait = false })
    if lock or (stat and stat.type ~= "dir") then
      if fs.remove(dir) then gone[#gone + 1] = name end
    end
    if lock then lock:release() end
  end
  return gone
end

return workspace
