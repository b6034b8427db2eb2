--- How a command's failure is told: `lamina: WHAT: WHY`, its details, a hint; and its status.
local failure = require "lamina.util.failure"
local plain = require "lamina.ui.plain"
local text = require "lamina.util.text"

local report = {}

local function say(...)
  io.stderr:write(...)
end

local function lines_of(value)
  return type(value) == "table" and value or { value }
end

--- A mistake of ours: all we know about it.
local function internal(message)
  say("lamina: internal error: ", text.escape(tostring(message), "\n\t"), "\n")
  say("hint: this is a fault of lamina, not yours; please report it with these lines\n")
  return 1
end

--- Tells what a recipe prints.
function report.said(line)
  say(plain.printed(line))
end

--- Tells how many attestations of an image couldn't go along.
function report.left_out(command, count)
  if count == 0 then return end
  say(("lamina: %s: %d attestations are left out: the layers are compressed otherwise here, so "
    .. "that they would be about another manifest\n"):format(command, count))
end

--- Tells a failure and answers the exit status. `detail` is a text of many lines (what a failed
-- command wrote); `hint` one or a list.
function report.failure(err, debugging)
  if not failure.is(err) then return internal(err) end
  if err.is_closed then return err.status end -- nobody reads what we write
  say("lamina: ", text.escape(tostring(err)), "\n")
  if err.detail then say(text.escape(err.detail, "\n\t"), "\n") end
  for _, hint in ipairs(lines_of(err.hint)) do say("hint: ", text.escape(hint), "\n") end
  if debugging then say(text.escape(err.traceback or "", "\n\t"), "\n") end
  return err.status
end

return report
