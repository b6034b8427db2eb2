--- Waiting for a lock that another process holds.
--
-- A blocked flock(2) would keep the loop from hearing a signal: Ctrl-C would do nothing until the
-- other process is done. So a task asks again from time to time; where there is no task to wait,
-- the call blocks.
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"

local lock = {}

local longest_ms = 50

--- As fs.lock: the lock, or nil, err. `mode` is "shared" or "exclusive". A task may say how many
-- seconds it waits at most; then err is "EAGAIN".
function lock.wait(path, mode, seconds)
  local delay, limit = 1, seconds and sched.now() + seconds
  while coroutine.isyieldable() do
    local held, err = fs.lock(path, mode, { wait = false })
    if held or err.errno ~= "EAGAIN" or limit and sched.now() >= limit then return held, err end
    sched.sleep(delay)
    delay = math.min(2 * delay, longest_ms)
  end
  return fs.lock(path, mode)
end

--- Whether nobody holds a lock just now; makes no file.
function lock.is_free(path)
  if not fs.stat(path, { follow = false }) then return true end
  local held = fs.lock(path, "exclusive", { wait = false })
  if held then held:release() end
  return held ~= nil
end

--- Whether the file that a lock is on still has that name: another process may have moved it away
-- while the lock was waited for.
function lock.is_on(held, path)
  local mine, named = fs.stat(("/proc/self/fd/%d"):format(held:fd())), fs.stat(path)
  return mine ~= nil and named ~= nil and mine.ino == named.ino and mine.dev == named.dev
end

return lock
