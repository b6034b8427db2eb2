--- Chooses who shows a command's events: "auto", "plain", "live", "json" or "quiet".
--
--   local view <close> = progress.show(bus, "auto")
--
-- They write to standard error: standard output is for what the command answers.
local progress = {}

local redraw_ms = 100

local function write(words)
  io.stderr:write(words)
end

local most_buffered = 64 * 1024

--- A write that gathers what is told in one turn of the loop: a step may say a million lines.
-- Answers it and what writes the rest.
local function gather()
  local later = require("lamina.util.sched").later
  local parts, size, is_due = {}, 0, false
  local function flush()
    is_due = false
    if size == 0 then return end
    write(table.concat(parts))
    parts, size = {}, 0
  end
  return function(words)
    parts[#parts + 1], size = words, size + #words
    if size > most_buffered then return flush() end
    if not is_due then later(flush) end
    is_due = true
  end, flush
end

local function is_terminal()
  local terminal = require "lamina.core.terminal"
  return terminal.is_terminal(2) and os.getenv("TERM") ~= "dumb"
end

local function size()
  local rows, columns = require("lamina.core.terminal").size(2)
  if not rows or rows < 2 or columns < 20 then return 24, 80 end
  return rows, columns
end

local function has_colour()
  return (os.getenv("NO_COLOR") or "") == ""
end

local function view_of(kind)
  if kind == "auto" then kind = is_terminal() and "live" or "plain" end
  local options, flush = { write = write }, nil
  if kind ~= "live" then
    options.write, flush = gather()
  else
    options.size, options.colour = size, has_colour()
    options.now = require("lamina.util.sched").now
  end
  return require("lamina.ui." .. kind).new(options), kind, flush
end

--- Redraws from time to time; for as long as the task isn't cancelled.
local function tick(view)
  local sched = require "lamina.util.sched"
  while true do
    sched.sleep(redraw_ms)
    view:tick()
  end
end

-- What a view is to its caller: close() may be called before its block is left, and again then.
local closing = { __close = function(shown)
  local close = shown.close
  shown.close = function() end
  close()
end }

--- Shows what the bus tells until the answered value is closed.
function progress.show(bus, kind)
  local view, chosen, flush = view_of(kind)
  local stop = bus:on(function(name, data) view:hear(name, data) end)
  local ticker = chosen == "live" and require("lamina.util.sched").spawn(tick, view)
  return setmetatable({ close = function()
    stop()
    if ticker then ticker:cancel() end
    view:close()
    if flush then flush() end
  end }, closing)
end

--- Writes the trace of what the bus tells to an open file, once the answered value is closed.
function progress.trace(bus, file)
  local failure = require "lamina.util.failure"
  local view = require("lamina.ui.trace").new {
    now = require("lamina.util.sched").now,
    write = function(words) failure.check(file:write(words)) end,
  }
  local stop = bus:on(function(name, data) view:hear(name, data) end)
  return setmetatable({ close = function()
    stop()
    view:close()
    file:close()
  end }, closing)
end

return progress
