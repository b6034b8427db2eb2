--- How a command has ended, in words: its status or signal, and what may have been the reason.
local duration = require "lamina.util.duration"
local failure = require "lamina.util.failure"
local memory = require "lamina.exec.memory"

local ending = {}

-- What a shell answers when what it called was killed by SIGKILL.
local killed_below = 128 + 9

local function describe(status, timeout)
  if timeout then return ("killed after %s, its timeout"):format(timeout) end
  if status.exited then return "exit status " .. status.exited end
  return "killed by signal " .. (status.name or status.signal)
end

local reasons = {
  cgroup = "out of memory: the limit of the cgroup that lamina runs in was reached",
  machine = "the kernel killed a process of this machine for want of memory meanwhile",
  none = "it wasn't memory: the kernel has killed nothing for want of it meanwhile",
  unknown = "nothing of lamina's killed it: memory may have run out",
  missing = "the command, or something it calls, isn't in this stage",
}

--- Why a command may have ended like this; nil where nothing is known. What was killed for want of
-- memory may lie far below the command, which ends with a status of its own then.
local function reason(status, kills)
  if status.exited == 127 then return reasons.missing end
  local where = memory.compare(kills, memory.kills())
  if where then return reasons[where] end
  if status.name ~= "SIGKILL" and status.exited ~= killed_below then return nil end
  return where == nil and reasons.unknown or reasons.none
end

--- Raises a failure unless all is well. `how`: timeout (text, when it was over), kills (counted
-- before the command ran), lines and are_more (the last of what it wrote), id (the step's number).
function ending.judge(status, how)
  if status.exited == 0 and not how.timeout then return end
  local hints = {}
  if not how.timeout then hints[1] = reason(status, how.kills) end
  if how.are_more then
    hints[#hints + 1] = ("`lamina logs %s` shows all it wrote"):format(how.id)
  end
  failure.raise("step-failed", describe(status, how.timeout), {
    detail = #how.lines > 0 and table.concat(how.lines, "\n") or nil,
    hint = #hints > 0 and hints or nil,
  })
end

--- The time limit of a vertex, as text.
function ending.timeout(vertex)
  return duration.format(vertex.timeout * 1000000)
end

return ending
