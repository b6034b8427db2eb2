--- Points in time as Docker shows them.
local text = require "lamina.util.text"

local when = {}

--- Seconds since the epoch of a number or an RFC 3339 text; nil where it is neither.
function when.seconds(value)
  if type(value) == "number" then return value end
  return type(value) == "string" and text.parse_time(value) or nil
end

--- "3 hours": how long ago it was.
function when.long(value)
  local seconds = when.seconds(value)
  return seconds and text.duration(math.max(0, os.time() - seconds)) or "N/A"
end

--- "3 hours ago"; "N/A" for no time, which an image may leave out.
function when.since(value)
  local seconds = when.seconds(value)
  return seconds and text.age(math.max(0, os.time() - seconds)) or "N/A"
end

--- "2024-01-02 15:04:05 +0000 UTC".
function when.at(value)
  local seconds = when.seconds(value)
  return seconds and os.date("!%Y-%m-%d %H:%M:%S +0000 UTC", seconds // 1 | 0) or "N/A"
end

--- "2024-01-02T15:04:05Z".
function when.exactly(value)
  local seconds = when.seconds(value)
  return seconds and text.rfc3339(seconds // 1 | 0) or "N/A"
end

return when
