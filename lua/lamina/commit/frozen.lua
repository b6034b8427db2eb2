--- A running container stands still while its files are read, and goes on whatever happens.
--
-- A second process watches: when this one dies before it has let the container go on, that one
-- does it.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local lock = require "lamina.store.lock"
local namespace = require "lamina.core.namespace"

local frozen = {}

--- The watcher's life: a word on the pipe means that all is well, its end that we are alone.
local function watch(reader, ready, pid)
  failure.check(fs.open(("/proc/self/fd/%d"):format(ready), "w")):write("1")
  if reader:read(1) == "" then namespace.thaw(pid) end
  os.exit(0, false) -- what is open belongs to the other process
end

local function start_watcher(pid)
  local reader <close>, writer = fs.pipe()
  local who, ready = namespace.daemonize("/dev/null")
  if who == "child" then
    writer:close()
    watch(reader, ready, pid)
  end
  failure.check(who, ready)
  return writer
end

--- Freezes a running container until the answered value is closed. One at a time: who is done
-- first would let it go on under the other's eyes.
function frozen.hold(record)
  local alone = failure.check(lock.wait(record.dir .. "/freeze.lock", "exclusive"))
  local pid = record.pid.pid
  local writer = start_watcher(pid)
  local ok, err = namespace.freeze(pid)
  local held = setmetatable({}, { __close = function()
    namespace.thaw(pid)
    writer:write("1")
    writer:close()
    alone:close()
  end })
  if ok then return held end
  getmetatable(held).__close()
  failure.check(ok, err)
end

return frozen
