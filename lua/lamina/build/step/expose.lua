--- EXPOSE: port specifications as Docker reads them (SEMANTICS 36).
local failure = require "lamina.util.failure"
local gotext = require "lamina.build.gotext"
local words = require "lamina.dockerfile.words"

local protocols = { tcp = true, udp = true, sctp = true }

local function invalid(spec, why)
  failure.raise("invalid-input", ("expose: '%s': %s"):format(spec, why))
end

local function port_number(digits, spec)
  local port = digits:find("^%d+$") and #digits < 6 and tonumber(digits)
  if not port or port > 65535 then invalid(spec, "a port is a number from 0 to 65535") end
  return port
end

--- "[ip:][host:]port[-port][/protocol]" -> "port/protocol" for each port of the range. Where on
-- the host a port shall appear is none of an image's business.
local function each_port(spec, add)
  local text, protocol = spec:match("^([^/]*)/(.*)$")
  text, protocol = text or spec, (protocol or "tcp"):lower()
  if not protocols[protocol] then invalid(spec, "the protocol is tcp, udp or sctp") end
  local range = text:match("([^:]*)$")
  local first, last = range:match("^([^-]*)-(.*)$")
  first = port_number(first or range, spec)
  last = last and port_number(last, spec) or first
  if last < first then invalid(spec, "the range ends before it begins") end
  for port = first, last do add(("%d/%s"):format(port, protocol)) end
end

--- The words that the step's ports expand to: a variable may hold several (SEMANTICS 27).
local function specifications(step, at)
  local list = {}
  for _, text in ipairs(step.ports) do
    for _, word in ipairs(words.split(text, function(name) return at:variable(name) end)) do
      list[#list + 1] = word
    end
  end
  table.sort(list)
  return list
end

return function(step, at)
  local ports, added = {}, {}
  for key, value in pairs(at.config.ExposedPorts or {}) do ports[key] = value end
  for _, spec in ipairs(specifications(step, at)) do
    each_port(spec, function(port)
      ports[port] = {}
      added[#added + 1] = port
    end)
  end
  return at:configured({ ExposedPorts = ports }):remember("EXPOSE " .. gotext.list(added))
end
