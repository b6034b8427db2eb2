-- tap.lua - a busted output handler: one line a test, the failure below it, counts at the end.
local base = require "busted.outputHandlers.base"

-- busted forgets what a spec file has loaded. luv loaded a second time would meet the loop of the
-- first, which is collected: it crashes. What is loaded here stays.
require "luv"

return function()
  local busted = require "busted"
  local handler = base()
  local counts = { success = 0, failure = 0, error = 0, pending = 0 }

  local function say(...) io.write(...) io.write("\n") io.flush() end

  local function name_of(element) return handler.getFullName(element) end

  handler.testEnd = function(element, _, status)
    counts[status] = counts[status] + 1
    if status == "success" then
      say("ok ", name_of(element))
    elseif status == "pending" then
      say("skip ", name_of(element))
    else
      say("not ok ", name_of(element))
    end
    return nil, true
  end

  handler.trouble = function(element, _, message, debug)
    if element.descriptor ~= "it" then counts.error = counts.error + 1 end
    local text = type(message) == "string" and message or require("pl.pretty").write(message)
    say("  ", (text:gsub("\n", "\n  ")))
    if debug and debug.traceback then say("  ", (debug.traceback:gsub("\n", "\n  "))) end
    return nil, true
  end

  handler.suiteEnd = function()
    say(("# %d passed, %d failed, %d skipped"):format(counts.success,
      counts.failure + counts.error, counts.pending))
    return nil, true
  end

  busted.subscribe({ "test", "end" }, handler.testEnd, { predicate = handler.cancelOnPending })
  busted.subscribe({ "suite", "end" }, handler.suiteEnd)
  for _, kind in ipairs { "failure", "error" } do
    busted.subscribe({ kind }, handler.trouble)
  end
  return handler
end
