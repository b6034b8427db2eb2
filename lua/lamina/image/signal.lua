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

-- Second names, and the ends of the real-time ones (signal(7)).
local same = { IOT = "ABRT", CLD = "CHLD", IO = "POLL", RTMIN = 34, RTMAX = 64 }

--- A valid name as a number, or as the one name that C libraries give it.
function signal.value(text)
  local name = text:upper():gsub("^SIG", "")
  local from, offset = name:match("^(RTM%u+)([+-]%d+)$")
  if from then return same[from] + math.tointeger(tonumber(offset)) end
  return math.tointeger(tonumber(text)) or same[name] or name
end

return signal
