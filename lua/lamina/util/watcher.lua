--- Waits for something to happen in directories: by the kernel's notices, else by time.
--
--   local watcher <close> = watcher.new()
--   watcher:watch { "dir", … }      -- replaces what was watched
--   watcher:wait()                  -- in a task: until something has happened, and is over
--
-- It tells that something may have changed, not what: who asks looks for himself.
local sched = require "lamina.util.sched"
local uv = require "luv"

local watcher = {}

-- What comes in a row, as when a checkout replaces files, is one change.
local quiet_ms, longest_row = 100, 50

-- More directories than this, or any that can't be watched, are looked at this often.
local most_directories, poll_ms = 4096, 1000

local Watcher = {}
Watcher.__index = Watcher

function watcher.new()
  return setmetatable({ handles = {}, has_changed = false }, Watcher)
end

local function stop(self)
  for _, handle in pairs(self.handles) do
    if not handle:is_closing() then handle:close() end
  end
  self.handles = {}
end

local function note(self)
  self.has_changed = true
  if self.wake then self.wake() end
end

--- Starts to watch one directory; false when the kernel has no room for it.
local function start(self, path)
  local handle = uv.new_fs_event()
  if not handle then return false end
  self.handles[path] = handle
  return handle:start(path, {}, function() note(self) end) ~= nil
end

--- Watches these directories. A handle that is there stays: nothing is missed meanwhile.
function Watcher:watch(paths)
  local wanted = {}
  for _, path in ipairs(paths) do wanted[path] = true end
  for path, handle in pairs(self.handles) do
    if not wanted[path] then
      handle:close()
      self.handles[path] = nil
    end
  end
  self.polls = #paths > most_directories
  if self.polls then return stop(self) end
  for _, path in ipairs(paths) do
    if not self.handles[path] and not start(self, path) then self.polls = true end
  end
end

local function suspend(self)
  sched.suspend(function(wake)
    self.wake = wake
    local timer = self.polls and uv.new_timer()
    if timer then timer:start(poll_ms, 0, function() wake() end) end
    return setmetatable({}, { __close = function()
      self.wake = nil
      if timer then timer:close() end
    end })
  end)
end

--- Waits until something has happened, and then until nothing does for a moment.
function Watcher:wait()
  if not self.has_changed then suspend(self) end
  for _ = 1, longest_row do
    self.has_changed = false
    sched.sleep(quiet_ms)
    if not self.has_changed then return end
  end
end

function Watcher:close()
  stop(self)
end

Watcher.__close = Watcher.close

return watcher
