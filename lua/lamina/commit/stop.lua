--- The end of a running container from outside: a signal to its first process, and patience.
local failure = require "lamina.util.failure"
local lock = require "lamina.store.lock"
local running = require "lamina.store.running"
local signal = require "lamina.image.signal"

local stop = {}

--- A signal that a user has named, as the core takes it.
local function number_of(name)
  if signal.is_valid(name) then return signal.value(name) end
  failure.raise("usage", ("'%s' is no signal"):format(name), { hint = "one is TERM, SIGKILL or 9" })
end

--- Sends a signal. One that kills is waited for, so that the container can be started again.
function stop.kill(record, name)
  if record.status ~= "running" then
    failure.raise("invalid-input", ("container %s is not running"):format(record.name))
  end
  local value = number_of(name)
  if value == "KILL" or value == 9 then return running.kill(record) end
  running.signal(record, value)
end

--- Ends a container: with the signal named, the image's or TERM, and after so many seconds with
-- KILL. One that doesn't run is left as it is.
function stop.run(record, options)
  local value = number_of(options.signal or record.config.StopSignal or "TERM")
  if record.status ~= "running" then return end
  running.signal(record, value)
  local held, err = lock.wait(record.dir .. "/lock", "exclusive", options.seconds)
  if held then return held:release() end
  if err.errno == "EAGAIN" then return running.kill(record) end
  if err.errno ~= "ENOENT" then failure.check(nil, err) end -- `run --rm` has removed it itself
end

return stop
