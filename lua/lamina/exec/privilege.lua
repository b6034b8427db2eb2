--- What a command that may do everything gets (`security = "insecure"`, `--privileged`).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local privilege = {}

-- By their numbers in the kernel, from 0 on.
privilege.capabilities = {}

for name in ([[CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
  LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE
  SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
  SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
  WAKE_ALARM BLOCK_SUSPEND AUDIT_READ]]):gmatch("%S+") do
  table.insert(privilege.capabilities, name)
end

--- Those of them that this process has to give: root in a container lacks some.
function privilege.available()
  local status = failure.check(fs.read("/proc/self/status"))
  local own, list = tonumber(status:match("\nCapPrm:%s*(%x+)"), 16), {}
  for number, name in ipairs(privilege.capabilities) do
    if own & (1 << number - 1) ~= 0 then list[#list + 1] = name end
  end
  return list
end

return privilege
