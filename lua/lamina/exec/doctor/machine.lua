--- The checks of the kernel and of the programs that lamina runs.
local fs = require "lamina.core.fs"

local machine = {}

local List = {}
List.__index = List

function machine.list()
  return setmetatable({ rows = {} }, List)
end

local function add(self, state, name, message, hint)
  self.rows[#self.rows + 1] = { name = name, state = state, message = message, hint = hint }
end

function List:ok(name, message) add(self, "ok", name, message) end

function List:limited(name, message, hint) add(self, "limited", name, message, hint) end

function List:missing(name, message, hint) add(self, "missing", name, message, hint) end

local function first_line(path)
  local text = fs.read(path)
  return text and text:match("^[^\n]*")
end

local oldest_major, oldest_minor = 5, 12 -- mount_setattr; overlays in user namespaces came in 5.11

function machine.kernel(list)
  local release = first_line("/proc/sys/kernel/osrelease") or "unknown"
  local major, minor = release:match("^(%d+)%.(%d+)")
  major, minor = tonumber(major), tonumber(minor)
  if not major or major > oldest_major or (major == oldest_major and minor >= oldest_minor) then
    return list:ok("kernel", "Linux " .. release)
  end
  list:missing("kernel", ("Linux %s is older than %d.%d"):format(release, oldest_major,
    oldest_minor), "use a newer kernel")
end

-- Settings that keep an ordinary user from making a user namespace: file, value, what helps.
local userns_settings = {
  { "/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000" },
  { "/proc/sys/kernel/unprivileged_userns_clone", "0",
    "sysctl -w kernel.unprivileged_userns_clone=1" },
  { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
    "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for lamina "
      .. "that allows userns" },
}

function machine.namespace_hint(uid)
  for _, row in ipairs(uid ~= 0 and userns_settings or {}) do
    if first_line(row[1]) == row[2] then return "as root: " .. row[3] end
  end
  return "a container or a system-call filter around this shell may forbid it; run lamina outside"
end

local function find_program(name)
  for dir in (os.getenv("PATH") or ""):gmatch("[^:]+") do
    local stat = fs.stat(dir .. "/" .. name)
    if stat and stat.type == "file" and stat.mode & 73 ~= 0 then return dir .. "/" .. name, stat end
  end
end

local function check_tun(list)
  local stat = fs.stat("/dev/net/tun")
  local file, err
  if stat then file, err = fs.open("/dev/net/tun", "r") end
  if file then
    file:close()
    return list:ok("/dev/net/tun", "can be opened")
  end
  list:missing("/dev/net/tun", stat and err.message or "isn't there", stat
    and "as root: chmod 666 /dev/net/tun (udev sets this mode where it runs)"
    or "as root: modprobe tun; in a container, pass the device in")
end

--- What commands with a network of their own need; `--network host` and `none` do without.
function machine.network(list)
  local path = find_program "slirp4netns"
  if path then
    list:ok("slirp4netns", path)
  else
    list:missing("slirp4netns", "isn't installed: RUN has no network but the host's",
      "apt-get install slirp4netns")
  end
  check_tun(list)
end

--- Whether a file grants ids to a user; by name or number, as newuidmap reads it.
local function is_granted(file, uid)
  local name
  for line in (fs.read("/etc/passwd") or ""):gmatch("[^\n]+") do
    local who, number = line:match("^([^:]+):[^:]*:(%d+):")
    if tonumber(number) == uid then name = who break end
  end
  for line in (fs.read(file) or ""):gmatch("[^\n]+") do
    local who = line:match("^([^:]+):%d+:%d+$")
    if who and (who == name or who == tostring(uid)) then return true, name end
  end
  return false, name
end

--- What there is for a user's sub-ids, looked up while we are that user.
function machine.subids(uid)
  local has_uids, name = is_granted("/etc/subuid", uid)
  local helper, stat = find_program "newuidmap"
  return { granted = has_uids and is_granted("/etc/subgid", uid), name = name or tostring(uid),
    helper = helper, is_setuid = stat and stat.mode & 2048 ~= 0 } -- 04000
end

--- With one id only, everything in an image belongs to root: chown to others fails.
function machine.check_ids(list, home, subids)
  if home.ids > 1 then return list:ok("sub-ids", ("%d ids"):format(home.ids)) end
  local hint = "the system-call filter or mount options around this shell keep newuidmap from it"
  if not subids.helper then
    hint = "apt-get install uidmap"
  elseif not subids.granted then
    hint = ("as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s")
      :format(subids.name)
  elseif not subids.is_setuid then
    hint = ("newuidmap isn't set-user-id; it works if it has the capability: as root: "
      .. "chmod u+s %s"):format(subids.helper)
  end
  list:limited("sub-ids", "only one id: files of images can belong to nobody but root", hint)
end

-- What is lost without a call that has a substitute.
local substitutes = { openat2 = "paths are walked part by part instead, which is slower" }

--- The system calls, as namespace.probe tells them.
function machine.calls(list, probed)
  local names = {}
  for name in pairs(probed) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local why = probed[name] == "ENOSYS" and "this kernel hasn't got it" or "it is refused"
    if probed[name] == true then
      list:ok(name, "can be called")
    elseif substitutes[name] then
      list:limited(name, ("%s: %s"):format(why, substitutes[name]), "use a newer kernel")
    else
      list:missing(name, why, probed[name] == "ENOSYS" and "use a newer kernel"
        or "a system-call filter around this shell refuses it; run lamina outside of it")
    end
  end
end

function machine.cgroups(list)
  if fs.stat("/sys/fs/cgroup/cgroup.controllers") then
    return list:ok("cgroup v2", "mounted")
  end
  list:limited("cgroup v2", "isn't mounted: containers don't see a cgroup of their own",
    "boot with systemd.unified_cgroup_hierarchy=1")
end

return machine
