--- A build as a Chrome trace, for chrome://tracing, Perfetto and the like: a row for each step with
-- its phases, what its command used, and how many steps ran.
--
--   local view <close> = trace.new { write = function(text) … end, now = sched.now }
--   bus:on(function(name, data) view:hear(name, data) end)
--
-- The text is written when the view is closed, whatever has ended the build.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local text = require "lamina.util.text"

local trace = {}

local View = {}
View.__index = View

function trace.new(options)
  local self = setmetatable({ write = options.write, now = options.now, events = json.array {},
    began = options.now(), open = {}, rows = {}, last_row = 0, running = 0 },
    View)
  self:add { ph = "M", name = "process_name", args = { name = "lamina build" } }
  self:add { ph = "M", name = "thread_name", args = { name = "build" } }
  return self
end

--- Adds an event; all of them stand in one process.
function View:add(event)
  event.pid, event.tid = 1, event.tid or 0
  self.events[#self.events + 1] = event
end

--- The row of a step. Viewers want numbers, and a trigger's step has none ("3.1").
function View:row(id)
  if not id then return 0 end
  if not self.rows[id] then
    self.last_row = self.last_row + 1
    self.rows[id] = self.last_row
  end
  return self.rows[id]
end

--- Microseconds since the beginning.
function View:time(seconds)
  return math.max(0, (seconds - self.began) * 1e6 // 1 | 0)
end

--- Names the row of a step, once.
local function name_row(self, data)
  if self.open[data.id] then return end
  self.open[data.id] = {}
  local name = ("#%s %s"):format(data.id, text.escape(data.label or ""))
  self:add { ph = "M", name = "thread_name", tid = self:row(data.id), args = { name = name } }
end

local function count_running(self, change)
  self.running = self.running + change
  self:add { ph = "C", name = "running steps", ts = self:time(self.now()),
    args = { steps = self.running } }
end

--- What a step used, in units that are read without counting digits.
local function arguments(data, status)
  local args = { status = status, recipe = data.file, line = data.line }
  if data.user then
    args.cpu_user_seconds, args.cpu_system_seconds = data.user, data.system
    args.memory_peak_bytes = data.memory
    args.read_bytes, args.written_bytes = data.read, data.written
  end
  if data.message then args.message = text.escape(data.message) end
  return args
end

local function close_step(self, data, status)
  name_row(self, data)
  local began = self.open[data.id].began
  if not began then return end
  self.open[data.id].began = nil
  self:add { ph = "X", cat = "step", name = text.escape(data.label or ""), tid = self:row(data.id),
    ts = self:time(began), dur = self:time(self.now()) - self:time(began),
    args = arguments(data, status) }
  count_running(self, -1)
end

--- Ends the steps that run.
local function interrupt(self)
  for _, open in pairs(self.open) do
    if open.began then close_step(self, open.data, "interrupted") end
  end
end

local heard = {}

heard["build.started"] = interrupt

heard["step.started"] = function(self, data)
  name_row(self, data)
  local open = self.open[data.id]
  open.began, open.data = self.now(), data
  count_running(self, 1)
end

heard["step.cached"] = function(self, data)
  name_row(self, data)
  self:add { ph = "i", s = "t", cat = "step", name = "cached", tid = self:row(data.id),
    ts = self:time(self.now()), args = arguments(data, "cached") }
end

heard["step.finished"] = function(self, data) close_step(self, data, "ran") end
heard["step.failed"] = function(self, data) close_step(self, data, "failed") end

--- A phase of a step, or of the build, whose row is the first.
local function add_phase(self, data)
  self:add { ph = "X", cat = "phase", name = data.phase, tid = self:row(data.id),
    ts = self:time(data.began), dur = self:time(data.began + data.seconds)
      - self:time(data.began) }
end

heard["step.phase"], heard["build.phase"] = add_phase, add_phase

function View:hear(name, data)
  if heard[name] then heard[name](self, data) end
end

--- Writes all of it; steps that still run were interrupted.
function View:close()
  if not self.write then return end
  interrupt(self)
  local all = failure.check(json.encode { traceEvents = self.events, displayTimeUnit = "ms" })
  self.write(all .. "\n")
  self.write = nil
end

View.__close = View.close

return trace
