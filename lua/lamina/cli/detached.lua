--- Commands that go on in the background (`run -d`): the caller gets their first word and leaves.
--
-- The child tells through a pipe, in one JSON message, what to print or how it failed.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local namespace = require "lamina.core.namespace"

local detached = {}

local told_fields = { "kind", "message", "status", "hint", "errno", "detail" }

local function describe(err)
  if not failure.is(err) then return { internal = tostring(err) } end
  local told = {}
  for _, field in ipairs(told_fields) do told[field] = err[field] end
  return told
end

--- The child's half: runs the work and ends the process. Only the first message counts.
local function child(work, writer, ready)
  local function tell(message)
    if not writer then return end
    writer:write(json.encode(message))
    writer:close()
    writer = nil
    failure.check(fs.open(("/proc/self/fd/%d"):format(ready), "w")):write("1")
  end
  local ok, err = xpcall(work, function(e)
    return failure.is(e) and e or debug.traceback(tostring(e), 2)
  end, function(text) tell { text = text } end)
  if not ok then tell(describe(err)) end
  os.exit(ok and 0 or 1, true)
end

local function read_all(reader)
  local parts = {}
  for chunk in function() return reader:read(4096) end do
    if chunk == "" then break end
    parts[#parts + 1] = chunk
  end
  return table.concat(parts)
end

--- Raises the failure that the child told, or answers its word.
local function listen(reader)
  local message = json.decode(read_all(reader)) or { internal = "it ended without a word" }
  if message.text then return message.text end
  if message.internal then error("in the background: " .. message.internal, 0) end
  failure.raise(message.kind, message.message, message)
end

--- Runs `work(ready)` in a session of its own and answers the text that it calls `ready` with.
-- Nothing that a process can't share may be open yet: no database, no loop.
function detached.run(work)
  local reader <close>, writer = fs.pipe()
  local who, ready = namespace.daemonize("/dev/null")
  if who == "child" then
    reader:close()
    child(work, writer, ready)
  end
  writer:close()
  failure.check(who, ready)
  return listen(reader)
end

return detached
