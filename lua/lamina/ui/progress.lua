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
  local options = { write = write }
  if kind == "live" then
    options.size, options.colour = size, has_colour()
    options.now = require("lamina.util.sched").now
  end
  return require("lamina.ui." .. kind).new(options), kind
end

--- Redraws from time to time; for as long as the task isn't cancelled.
local function tick(view)
  local sched = require "lamina.util.sched"
  while true do
    sched.sleep(redraw_ms)
    view:tick()
  end
end

--- Shows what the bus tells until the answered value is closed.
function progress.show(bus, kind)
  if kind == "quiet" then return setmetatable({}, { __close = function() end }) end
  local view, chosen = view_of(kind)
  local stop = bus:on(function(name, data) view:hear(name, data) end)
  local ticker = chosen == "live" and require("lamina.util.sched").spawn(tick, view)
  return setmetatable({}, { __close = function()
    stop()
    if ticker then ticker:cancel() end
    view:close()
  end })
end

return progress
