--- What a task can wait for: time, descriptors, processes, jobs, other tasks, signals.
--
--   sched.run(function()
--     local other <close> = sched.spawn(download)   -- cancelled when this block is left
--     local status = sched.process(running)
--     other:wait()
--   end)
local failure = require "lamina.util.failure"
local task = require "lamina.util.task"
local uv = require "luv"

local sched = {
  run = task.run, spawn = task.spawn, join = task.join, suspend = task.suspend,
  cancel_all = task.cancel_all, later = task.later,
}

--- A libuv handle as a value to close. A handle that is closed twice would raise.
local Handle = {}
Handle.__index = Handle

function Handle:close()
  if self.uv and not self.uv:is_closing() then self.uv:close() end
  self.uv = nil
end

Handle.__close = Handle.close

local function own(handle)
  return setmetatable({ uv = handle }, Handle)
end

--- Seconds that only grow, for measuring.
function sched.now()
  return uv.hrtime() / 1e9
end

function sched.sleep(ms)
  task.suspend(function(wake)
    local timer = uv.new_timer()
    uv.update_time() -- the loop's clock stands still while we compute
    timer:start(math.max(0, ms) // 1 | 0, 0, function() wake() end)
    return own(timer)
  end)
end

--- Waits until a descriptor can be read, or its other end is gone. One task a descriptor.
function sched.readable(fd)
  local poll, message, name = uv.new_poll(fd)
  if not poll and name == "EPERM" then return end -- a regular file never has to be waited for
  failure.check(poll, message, name)
  task.suspend(function(wake)
    poll:start("r", function() wake() end)
    return own(poll)
  end)
end

--- Waits for the end of a core process; answers its status table.
function sched.process(process)
  local status = failure.check(process:wait(true))
  while not status do
    sched.readable(process:pidfd())
    status = failure.check(process:wait(true))
  end
  return status
end

--- The values of a job's function, or its `nil, err` raised as a failure.
local function job_result(ok, ...)
  if not ok then error((...), 0) end
  return failure.check(...)
end

--- Waits for the job's messages; answers what the last one holds.
local function follow(job, progress)
  while true do
    local message = table.pack(job:read())
    if message[1] == "result" then
      return job_result(table.unpack(message, 2, message.n))
    elseif message[1] == "progress" then
      if progress then progress(message[2]) end
    elseif failure.check(message[1], message[2]) == "more" then
      sched.readable(job:fd())
    else
      failure.raise("system", "a job ended without a result")
    end
  end
end

--- Like sched.job, with options: `progress` is called with { done=, total= }, `confine = false`
-- leaves the system-call filter off.
function sched.job_with(options, fn, ...)
  local core = require "lamina.core.job"
  local job <close> = failure.check(core.start_with({ confine = options.confine }, fn, ...))
  local result = table.pack(follow(job, options.progress))
  return table.unpack(result, 1, result.n)
end

--- Runs a core function in a child process; it is killed when the task is cancelled.
function sched.job(fn, ...)
  return sched.job_with({}, fn, ...)
end

local function cancel_each(group)
  for i = #group, 1, -1 do group[i]:cancel() end
end

--- How many things this machine does at once.
function sched.cores()
  return uv.available_parallelism and uv.available_parallelism() or #uv.cpu_info()
end

--- Runs functions in parallel, at most `limit` at a time; answers the first value of each. The
-- first failure cancels the others and is raised.
function sched.all(functions, limit)
  local results, taken = {}, 0
  local function work()
    while taken < #functions do
      taken = taken + 1
      local mine = taken
      results[mine] = functions[mine]()
    end
  end
  local lanes <close> = setmetatable({}, { __close = cancel_each })
  for i = 1, math.min(limit or #functions, #functions) do lanes[i] = task.spawn(work) end
  task.join(lanes)
  return results
end

--- Calls a function for each signal ("sigint"), from the loop, until the handle is closed.
function sched.on_signal(name, fn)
  local handle = uv.new_signal()
  failure.check(handle:start(name, function() task.later(fn, name) end))
  handle:unref()
  return own(handle)
end

-- A line without end is passed on in pieces of this size (ESC-11).
local longest_line = 64 * 1024

--- Calls fn with each whole line in `buffered`, and true; answers the rest. A pattern would look at
-- what has no newline once for each of its bytes.
local function split_lines(buffered, fn)
  local at, newline = 1, buffered:find("\n", 1, true)
  while newline do
    fn(buffered:sub(at, newline - 1), true)
    at = newline + 1
    newline = buffered:find("\n", at, true)
  end
  local rest = buffered:sub(at)
  if #rest < longest_line then return rest end
  fn(rest, false)
  return ""
end

--- Reads a descriptor to its end and calls fn with each line, and whether a newline came behind
-- it. The caller keeps the descriptor.
function sched.read_lines(fd, fn)
  local rest = ""
  while true do
    local bytes, message, name = uv.fs_read(fd, 64 * 1024, -1)
    if name == "EAGAIN" then
      sched.readable(fd)
    elseif name == "EIO" or bytes == "" then -- EIO: the other side of a terminal is gone
      break
    else
      rest = split_lines(rest .. failure.check(bytes, message, name), fn)
    end
  end
  if rest ~= "" then fn(rest, false) end
end

return sched
