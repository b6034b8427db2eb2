--- Coroutines on libuv's loop: how they are started, wait, end and are cancelled.
--
-- `lamina.util.sched` is what others use. What wakes a waiting task only puts it on a queue, and
-- the loop alone resumes tasks, one at a time. So a task is never resumed from inside another,
-- and may be cancelled (coroutine.close) wherever it waits. Cancelling runs the task's <close>
-- variables; these must not wait. A task waits in its own coroutine, not in one it made.
local failure = require "lamina.util.failure"
local uv = require "luv"

local task = {}

local Task = { __name = "lamina.task" }
Task.__index = Task

-- The process has one loop, libuv's default one, so it has one of each of these as well.
local queue, head, tail = {}, 1, 0
local current   -- the task that runs now
local alive     -- the running loop's unfinished tasks; nil when no loop runs
local unseen    -- tasks that failed while nobody waited for them
local serial = 0

--- Has a function called by the loop, after what is queued already. A turn of the loop runs timers
-- before it waits for descriptors: the stop keeps it from waiting when a timer has woken a task.
function task.later(call, ...)
  tail = tail + 1
  queue[tail] = table.pack(call, ...)
  uv.stop()
end

--- An error that is no failure keeps the lines it came from.
local function traced(thread, message)
  if type(message) ~= "string" or message:find("\nstack traceback:", 1, true) then
    return message
  end
  return debug.traceback(thread, message)
end

local function finish(self, ok, ...)
  self.ended, self.ok, self.values = true, ok, table.pack(...)
  alive[self] = nil
  if not ok and not self.observed then unseen[self] = true end
  for _, wake in ipairs(self.waiters) do wake() end
end

local function resume(self, ...)
  if self.ended then return end
  current = self
  local result = table.pack(coroutine.resume(self.thread, ...))
  current = nil
  if coroutine.status(self.thread) ~= "dead" then return end
  if not result[1] then result[2] = traced(self.thread, result[2]) end
  coroutine.close(self.thread)
  finish(self, table.unpack(result, 1, result.n))
end

--- Starts a task; it runs as soon as the caller waits.
function task.spawn(fn, ...)
  if not alive then error("a task needs sched.run around it", 2) end
  serial = serial + 1
  local self = { serial = serial, thread = coroutine.create(fn), waiters = {} }
  alive[self] = true
  task.later(resume, self, ...)
  return setmetatable(self, Task)
end

--- Waits until the wake of `start(wake)` is called, and answers what it was given. `start` may
-- answer a value with __close that undoes it; it is closed then, and when the task is cancelled.
function task.suspend(start)
  local self = current or error("only a task can wait (sched.run)", 3)
  local woken = false
  local _undo <close> = start(function(...)
    if not woken then task.later(resume, self, ...) end
    woken = true
  end)
  return coroutine.yield()
end

--- Waits for the end of a task: its values, or its error raised again.
function Task:wait()
  self.observed, unseen[self] = true, nil
  if not self.ended then
    task.suspend(function(wake) self.waiters[#self.waiters + 1] = wake end)
  end
  if not self.ok then error(self.values[1], 0) end
  return table.unpack(self.values, 1, self.values.n)
end

--- Ends a task where it waits; who waits for it has `reason` raised, a failure "interrupted".
function Task:cancel(reason)
  if self.ended then return end
  reason = failure.is(reason) and reason or failure.new("interrupted", "cancelled")
  if self == current then error(reason, 0) end
  self.observed = true
  local ok, err = coroutine.close(self.thread)
  finish(self, false, ok and reason or err)
end

function Task:__close() self:cancel() end

--- The tasks of a list that run still; raises the error of one that failed.
local function unfinished(list)
  local running = {}
  for _, self in ipairs(list) do
    self.observed, unseen[self] = true, nil
    if not self.ended then
      running[#running + 1] = self
    elseif not self.ok then
      error(self.values[1], 0)
    end
  end
  return running
end

--- Waits until all tasks have ended, or one has failed, whose error is raised at once.
function task.join(list)
  local running = unfinished(list)
  while #running > 0 do
    task.suspend(function(wake)
      for _, self in ipairs(running) do self.waiters[#self.waiters + 1] = wake end
    end)
    running = unfinished(list)
  end
end

--- Cancels every task, the youngest first: what a task stands on outlives it.
function task.cancel_all(reason)
  local list = {}
  for self in pairs(alive or {}) do list[#list + 1] = self end
  table.sort(list, function(a, b) return a.serial > b.serial end)
  for _, self in ipairs(list) do self:cancel(reason) end
end

local function drain()
  while head <= tail do
    local entry = queue[head]
    queue[head], head = nil, head + 1
    entry[1](table.unpack(entry, 2, entry.n))
  end
end

local function turn(main)
  drain()
  while not main.ended do
    if not uv.loop_alive() then error("every task waits and nothing can wake one") end
    uv.run("once")
    drain()
  end
end

--- Cancels what is left and lets closed handles go; answers an error that nobody has seen.
local function clear()
  task.cancel_all()
  drain()
  uv.run("nowait") -- a stop from `later` may end this turn before it has begun
  uv.run("nowait")
  local lost = next(unseen)
  alive, unseen = nil, nil
  queue, head, tail = {}, 1, 0
  return lost and lost.values[1]
end

--- Runs a function as the main task, and the loop until it ends; answers its values or raises its
-- error. Tasks it leaves behind are cancelled. Inside a task it is a plain call.
function task.run(fn, ...)
  if current then return fn(...) end
  alive, unseen = {}, {}
  local main = task.spawn(fn, ...)
  main.observed = true
  local ok, err = xpcall(turn, debug.traceback, main)
  local lost = clear()
  if not ok then error(err, 0) end
  if not main.ok then error(main.values[1], 0) end
  if lost then error(lost, 0) end
  return table.unpack(main.values, 1, main.values.n)
end

return task
