--- What a command writes: sent to the bus line by line, the last lines kept for a failure, all of
-- it in a log of the store.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"
local uv = require "luv"

local output = {}

local kept_lines, longest_kept = 20, 1024

local Streams = {}
Streams.__index = Streams

--- A descriptor of luv's as a value to close.
local Descriptor = {}
Descriptor.__index = Descriptor

local function own(fd)
  return setmetatable({ number = fd }, Descriptor)
end

function Descriptor:fd()
  return self.number
end

function Descriptor:close()
  if self.number then uv.fs_close(self.number) end
  self.number = nil
end

--- Our end never blocks, the command's does.
local function pipe()
  local ends = failure.check(uv.pipe({ nonblock = true }, {}))
  return own(ends.read), own(ends.write)
end

--- Opens /dev/null and the two pipes for a command of the build whose work this is.
function output.open(vertex, work)
  local self = setmetatable({ id = vertex.id, vertex = vertex, bus = work.options.bus, kept = {},
    count = 0, readers = {}, log = work.store.logs:writer() }, Streams)
  self.null = failure.check(fs.open("/dev/null", "r"))
  self.stdout_end, self.stdout = pipe()
  self.stderr_end, self.stderr = pipe()
  return self
end

local function take(self, stream, line, is_whole)
  self.log:add(stream, line, is_whole)
  self.count = self.count + 1
  self.kept[self.count % kept_lines + 1] = line:sub(1, longest_kept) -- a ring
  self.bus:emit("step.output", { id = self.id, stream = stream, line = line })
end

--- Starts reading. Our copies of the command's ends are closed, so that its end is the end.
function Streams:follow()
  self.stdout:close()
  self.stderr:close()
  for _, stream in ipairs { "stdout", "stderr" } do
    local fd = self[stream .. "_end"]:fd()
    self.readers[#self.readers + 1] = sched.spawn(sched.read_lines, fd, function(line, is_whole)
      take(self, stream, line, is_whole)
    end)
  end
end

--- The last lines, and whether there were more.
function Streams:lines()
  local lines = {}
  for i = math.max(1, self.count - kept_lines + 1), self.count do
    lines[#lines + 1] = self.kept[i % kept_lines + 1]
  end
  return lines, self.count > kept_lines
end

--- Gives the log its name; a command that is killed has one as well.
local function keep_log(self, at_once)
  local log <close> = self.log
  if not log then return end
  self.log = nil
  self.vertex.log = log:finish(at_once)
  if self.vertex.log then
    self.bus:emit("step.log", { id = self.id, log = self.vertex.log })
  end
end

--- Waits until everything that was written has been read. Nobody writes any more: a command's
-- namespace ends with it.
function Streams:finish()
  for _, reader in ipairs(self.readers) do reader:wait() end
  keep_log(self)
end

function Streams:close()
  for _, reader in ipairs(self.readers) do reader:cancel() end
  for _, name in ipairs { "null", "stdout", "stderr", "stdout_end", "stderr_end" } do
    if self[name] then self[name]:close() end
  end
  keep_log(self, true)
end

Streams.__close = Streams.close

return output
