--- Programs of the host that do a part of our work: run to their end, their output caught.
--
--   local out = program.run { args = { "git", "version" }, env = { "PATH=…" } }
--
-- No terminal, no input, no descriptor of ours; it dies with us, or when the task is cancelled.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local namespace = require "lamina.core.namespace"
local sched = require "lamina.util.sched"

local program = {}

local most_kept = 1 << 20

--- What a program writes to one pipe: a task that reads it, and its lines so far.
local function reader()
  local read, write = failure.check(fs.pipe())
  local lines = { size = 0 }
  local task = sched.spawn(function()
    local file <close> = read
    sched.read_lines(file:fd(), function(line)
      lines.size = lines.size + #line
      if lines.size <= most_kept then lines[#lines + 1] = line end
    end)
  end)
  return write, lines, task
end

--- Runs it: status (as process:wait answers it), lines of its output, lines of its errors.
-- spec: args, env (list), hint (when the program isn't there).
function program.try(spec)
  local null <close> = failure.check(fs.open("/dev/null", "r"))
  local out, lines, out_task = reader()
  local err, errors, err_task = reader()
  local _out_task <close> = out_task
  local _err_task <close> = err_task
  local process <close>, why = namespace.spawn { args = spec.args, env = spec.env,
    stdin = null:fd(), stdout = out:fd(), stderr = err:fd() }
  out:close()
  err:close()
  if not process then
    failure.raise("system", why.message, { errno = why.errno,
      hint = why.errno == "ENOENT" and spec.hint or nil })
  end
  local status = sched.process(process)
  out_task:wait()
  err_task:wait()
  return status, lines, errors
end

return program
