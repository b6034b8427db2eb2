--- What the kernel and the machine allow, in words.
--
--   for _, row in ipairs(doctor.run(root)) do print(row.name, row.state, row.message) end
--
-- A row: name, state, message, hint (where there is something to do). States: "ok"; "limited", what
-- works but not fully; "missing", what lamina needs for its work.
local fs = require "lamina.core.fs"
local machine = require "lamina.exec.doctor.machine"
local namespace = require "lamina.core.namespace"
local place = require "lamina.exec.doctor.place"

local doctor = {}

local function namespaces(list, uid, home, err)
  if not home then
    return list:missing("namespaces", err.message, machine.namespace_hint(uid))
  end
  list:ok("namespaces", uid == 0 and "may be made; this is root"
    or "an ordinary user may make them")
end

--- Runs every check. The process enters its namespaces, so it is good for nothing else.
function doctor.run(root)
  local list = machine.list()
  local _, uid = fs.getuid()
  machine.kernel(list)
  machine.network(list) -- before we are root of a namespace, where more seems allowed than is
  local subids = uid ~= 0 and machine.subids(uid)
  local home, err = namespace.enter()
  namespaces(list, uid, home, err)
  if home and subids then machine.check_ids(list, home, subids) end
  if home then
    machine.calls(list, namespace.probe())
    place.check(list, root, home)
  end
  machine.cgroups(list)
  return list.rows
end

return doctor
