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

--- The ends of "port" or "port-port".
local function range_of(text, spec)
  local first, last = text:match("^([^-]*)-(.*)$")
  first = number(first or text, spec)
  last = last and number(last, spec) or first
  if last < first then invalid(spec, "the range ends before it begins") end
  return first, last
end

local function is_ipv4(text)
  local count = 0
  for digits in (text .. "."):gmatch("([^.]*)%.") do
    count = count + 1
    if not digits:find("^%d%d?%d?$") or digits:find("^0.") or tonumber(digits) > 255 then
      return false
    end
  end
  return count == 4
end

--- Whether a text has the form of an IPv6 address; how many groups "::" stands for isn't looked at.
local function is_ipv6(text)
  local head, tail = text:match("^(.*:)([^:]*)$")
  if tail and is_ipv4(tail) then text = head .. "0" end
  return text:find("^[%x:]+$") ~= nil and text:find(":", 1, true) ~= nil
    and not text:find("%x%x%x%x%x") and not text:find(":::", 1, true)
end

--- Where on the host a port shall appear is none of an image's business; but it is to be right.
local function check_host(text, spec, is_range, width)
  local ip, host = text:match("^(.*):([^:]*)$")
  ip, host = ip or "", host or text
  ip = ip:match("^%[(.*)%]$") or ip
  if ip ~= "" and not is_ipv4(ip) and not is_ipv6(ip) then
    invalid(spec, ("'%s' is no IP address"):format(ip))
  end
  if host == "" then return end
  local first, last = range_of(host, spec)
  if is_range and last - first ~= width then invalid(spec, "the ranges have different lengths") end
end

--- "[ip:][host:]port[-port][/protocol]" as a list of "port/protocol".
function port.expand(spec)
  local text, protocol = spec:match("^([^/]*)/?(.*)$")
  protocol = protocol == "" and "tcp" or protocol:lower()
  if not protocols[protocol] then invalid(spec, "the protocol is tcp, udp or sctp") end
  local host, range = text:match("^(.*):([^:]*)$")
  local first, last = range_of(range or text, spec)
  if host then check_host(host, spec, last > first, last - first) end
  local list = {}
  for value = first, last do list[#list + 1] = ("%d/%s"):format(value, protocol) end
  return list
end

return port
