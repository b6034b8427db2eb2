--- Ports as EXPOSE and --expose name them (SEMANTICS 36).
local failure = require "lamina.util.failure"

local port = {}

local protocols = { tcp = true, udp = true, sctp = true }

local function invalid(spec, why)
  failure.raise("invalid-input", ("expose: '%s': %s"):format(spec, why))
end

local function number(digits, spec)
  local value = digits:find("^%d+$") and #digits < 6 and tonumber(digits)
  if not value or value > 65535 then invalid(spec, "a port is a number from 0 to 65535") end
  return math.tointeger(value)
end

--- "[ip:][host:]port[-port][/protocol]" as a list of "port/protocol". Where on the host a port
-- shall appear is none of an image's business.
function port.expand(spec)
  local text, protocol = spec:match("^([^/]*)/(.*)$")
  text, protocol = text or spec, (protocol or "tcp"):lower()
  if not protocols[protocol] then invalid(spec, "the protocol is tcp, udp or sctp") end
  local range = text:match("([^:]*)$")
  local first, last = range:match("^([^-]*)-(.*)$")
  first = number(first or range, spec)
  last = last and number(last, spec) or first
  if last < first then invalid(spec, "the range ends before it begins") end
  local list = {}
  for value = first, last do list[#list + 1] = ("%d/%s"):format(value, protocol) end
  return list
end

return port
