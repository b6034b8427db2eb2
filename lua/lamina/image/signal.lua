--- Names of signals, as STOPSIGNAL takes them.
local signal = {}

local names = {}
for name in ([[HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD
  CLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS RTMIN RTMAX]])
  :gmatch("%S+") do
  names[name] = true
end

--- Whether a text names a signal: "SIGTERM", "term", "15", "RTMIN+3".
function signal.is_valid(text)
  if text:find("^%d+$") then return tonumber(text) >= 1 and tonumber(text) <= 64 end
  local name = text:upper():gsub("^SIG", "")
  local offset = name:match("^RTMIN%+(%d%d?)$") or name:match("^RTMAX%-(%d%d?)$")
  if offset then return tonumber(offset) <= 15 end
  return names[name] or false
end

return signal
