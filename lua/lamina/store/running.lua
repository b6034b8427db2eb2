--- The first process of a running container, and the lamina that runs it, as others find them.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local lock = require "lamina.store.lock"

local running = {}

--- Whether a process is there: { pid, start (clock ticks since boot), boot }, which together name
-- one and no later one. Nil names none.
function running.is_alive(process)
  return process ~= nil and process.boot == fs.boot_id() and process.start ~= nil
    and fs.start_time(process.pid) == process.start
end

--- The lamina that runs a container's first process: its parent; nil where that is gone.
function running.owner(pid)
  local parent = (fs.read(("/proc/%d/stat"):format(pid)) or ""):match("^.*%) %a (%d+)")
  parent = parent and math.tointeger(tonumber(parent))
  return parent and parent > 1 and parent or nil
end

local function send(pid, signal)
  local process <close> = failure.check(require("lamina.core.namespace").attach(pid))
  local ok, err = process:kill(signal)
  return ok or err.errno
end

--- Sends a signal to a running container's first process. In the user namespace of an ordinary
-- user's other lamina we have no rights over one that has a sub-id: its parent, that lamina, is the
-- user's own, passes signals on, and takes the container along when it is killed.
function running.signal(one, signal)
  if not running.is_alive(one.pid) or send(one.pid.pid, signal) ~= "EPERM" then return end
  local owner = running.owner(one.pid.pid)
  if owner then send(owner, signal) end
end

--- Kills a running container's first process and waits until its lamina has let go.
function running.kill(one)
  running.signal(one, "KILL")
  local held, err = lock.wait(one.dir .. "/lock", "exclusive")
  if held then return held:release() end
  if err.errno ~= "ENOENT" then failure.check(nil, err) end -- `run --rm` has removed it itself
end

return running
