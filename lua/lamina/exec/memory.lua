--- How often the kernel has killed a process for want of memory: what tells such a SIGKILL apart.
--
-- Commands run in lamina's own cgroup, whose events count for all below it. Where there is no such
-- count, the machine's is left, which other people's processes raise as well.
local fs = require "lamina.core.fs"

local memory = {}

--- The files that may hold the count of our cgroup: of cgroup v2, then of v1.
local function places(root)
  local list = {}
  for line in (fs.read(root .. "/proc/self/cgroup") or ""):gmatch("[^\n]+") do
    local number, controllers, path = line:match("^(%d+):([^:]*):(/.*)$")
    if number == "0" then
      for _, mount in ipairs { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" } do
        list[#list + 1] = root .. mount .. path .. "/memory.events"
      end
    elseif controllers and ("," .. controllers .. ","):find(",memory,", 1, true) then
      list[#list + 1] = root .. "/sys/fs/cgroup/memory" .. path .. "/memory.oom_control"
    end
  end
  return list
end

local function count_in(path)
  local text = fs.read(path)
  return text and math.tointeger(tonumber(("\n" .. text):match("\noom_kill (%d+)")))
end

--- The counts so far: { cgroup=, machine= }, each nil where it isn't known. `root` is for tests.
function memory.kills(root)
  root = root or ""
  local kills = { machine = count_in(root .. "/proc/vmstat") }
  for _, path in ipairs(places(root)) do
    kills.cgroup = kills.cgroup or count_in(path)
  end
  return kills
end

--- Where a process was killed between two counts: "cgroup" (its limit), "machine", false (nowhere)
-- or nil, when nothing was counted.
function memory.compare(before, after)
  if before.cgroup and after.cgroup and after.cgroup > before.cgroup then return "cgroup" end
  if not before.machine or not after.machine then return nil end
  return after.machine > before.machine and "machine" or false
end

return memory
