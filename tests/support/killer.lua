--- Kills a lamina at some moment, and tells what is left of it.
--
--   local killer = require "support.killer"
--   local t = killer.time("lamina import …")            -- seconds, undisturbed
--   killer.kill_after("lamina import …", 0.4 * t, "leader")
--   assert.same({}, killer.survivors())
--
-- Whatever runs is found by a variable in its environment, so no process group, namespace or
-- name can hide it.
local helper = require "support.helper"
local uv = require "luv"

local killer = {}

local mark = "LAMINA_TEST_MARK=" .. helper.tmpdir():match("[^/]+$")

--- The mark for a command's `-e` option: a container has an environment of its own.
killer.mark = mark

local function marked(command)
  return mark .. " exec setsid " .. command
end

--- How long a command line takes when nobody disturbs it. It must succeed.
function killer.time(command)
  local start = uv.hrtime()
  local status, out, err = helper.sh(command)
  if status ~= 0 then error(("%s: status %d: %s%s"):format(command, status, out, err), 2) end
  return (uv.hrtime() - start) / 1e9
end

--- Starts a command line, waits so many seconds, and kills its first process ("leader") or
-- everything in its session ("group"). Answers whether it still ran.
function killer.kill_after(command, seconds, whom)
  local target = whom == "group" and "-$pid" or "$pid"
  local status = helper.sh(("(%s) >/dev/null 2>&1 & pid=$!; sleep %.4f; kill -KILL %s; wait $pid")
    :format(marked(command), seconds, target))
  return status == 137
end

--- Starts a command line and kills its first process as soon as a shell condition holds.
function killer.kill_when(command, condition)
  helper.sh(("(%s) >/dev/null 2>&1 & pid=$!; until %s; do sleep 0.01; done; "
    .. "kill -KILL $pid; wait $pid"):format(marked(command), condition))
end

local function is_marked(pid)
  local file = io.open("/proc/" .. pid .. "/environ", "rb")
  if not file then return false end
  local text = file:read("a") or ""
  file:close()
  return ("\0" .. text .. "\0"):find("\0" .. mark .. "\0", 1, true) ~= nil
end

local function marked_processes()
  local list = {}
  local pipe <close> = assert(io.popen("ls /proc"))
  for name in pipe:lines() do
    if name:match("^%d+$") and is_marked(name) then
      local file <close> = io.open("/proc/" .. name .. "/cmdline", "rb")
      list[#list + 1] = name .. " " .. (file and file:read("a") or ""):gsub("%z", " ")
    end
  end
  return list
end

--- What still runs; the kernel gets a few seconds to end what it has been told to end.
function killer.survivors()
  local list
  for _ = 1, 100 do
    list = marked_processes()
    if #list == 0 then break end
    os.execute("sleep 0.05")
  end
  return list
end

--- How often a command line makes a system call in the process that makes it most often.
function killer.count_calls(command, call)
  local dir = helper.tmpdir()
  helper.sh(("strace -ff -qq -o %s/log -e trace=%s %s >/dev/null 2>&1"):format(helper.quote(dir),
    call, command))
  local _, out = helper.sh(("grep -c '^%s(' %s/log.* | sed 's/.*://' | sort -n | tail -1"):format(
    call, helper.quote(dir)))
  return tonumber(out) or 0
end

--- All numbers up to `count`, or that many of them.
function killer.some_of(count, wanted)
  local list = {}
  for n = 1, count do
    if math.random() * (count - n + 1) < wanted - #list then list[#list + 1] = n end
  end
  return list
end

--- Runs a command line that is killed when it begins its Nth such call.
function killer.kill_at(command, call, n)
  helper.sh(("%s strace -f -qq -o /dev/null -e trace=%s --inject=%s:signal=KILL:when=%d %s "
    .. ">/dev/null 2>&1"):format(mark, call, call, n, command))
end

--- Runs a command line in which the Nth such call fails; answers status, stdout, stderr.
function killer.fail_at(command, call, n, errno)
  return helper.sh(
    ("strace -f -qq -o /dev/null -e trace=%s --inject=%s:error=%s:when=%d %s"):format(call, call,
      errno, n, command))
end

--- The calls of a command line, in their order, as strace writes them; `calls` as for its trace.
function killer.trace(command, calls)
  local log = helper.tmpdir() .. "/log"
  local status, _, err = helper.sh(("strace -f -qq -y -o %s -e trace=%s %s"):format(
    helper.quote(log), calls, command))
  if status ~= 0 then error(("%s: status %d: %s"):format(command, status, err), 2) end
  local lines = {}
  for line in io.lines(log) do lines[#lines + 1] = line end
  return lines
end

return killer
