--- The time that goes into images: now, or what SOURCE_DATE_EPOCH says.
local failure = require "lamina.util.failure"

local clock = {}

--- Seconds since 1970.
function clock.now()
  local epoch = os.getenv("SOURCE_DATE_EPOCH")
  if not epoch then return os.time() end
  return math.tointeger(tonumber(epoch:match("^%d+$")))
    or failure.raise("usage", ("SOURCE_DATE_EPOCH '%s' is not a number of seconds"):format(epoch))
end

return clock
