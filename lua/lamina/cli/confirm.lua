--- "Are you sure?", for commands that remove a lot at once.
local failure = require "lamina.util.failure"
local terminal = require "lamina.core.terminal"

--- Asks on the terminal whether to go on; raises unless the answer is yes. Where nobody can be
-- asked the command needs its --force.
return function(command, what, lines)
  if not (terminal.is_terminal(0) and terminal.is_terminal(2)) then
    failure.raise("usage", ("%s: nobody can be asked whether to go on"):format(command),
      { hint = "--force doesn't ask" })
  end
  io.stderr:write(what, ":\n  ", table.concat(lines, "\n  "), "\nGo on? [y/N] ")
  local answer = (io.read("l") or ""):lower()
  if answer ~= "y" and answer ~= "yes" then
    failure.raise("interrupted", command .. ": nothing was removed", { status = 1 })
  end
end
