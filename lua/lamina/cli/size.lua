--- Sizes as people write them: "500MB", "10g", "1.5GiB", or a number of bytes.
local failure = require "lamina.util.failure"

local size = {}

local powers = { [""] = 0, k = 1, m = 2, g = 3, t = 4 }

--- Bytes; raises a failure "usage". Without "i" between, a unit is Docker's: thousands.
function size.parse(text)
  local number, unit, binary = text:lower():match("^(%d+%.?%d*)%s*([kmgt]?)(i?)b?$")
  if not number or (binary == "i" and unit == "") then
    failure.raise("usage", ("a size is a number with kB, MB, GB or TB, not '%s'"):format(text))
  end
  return math.floor(tonumber(number) * (binary == "i" and 1024 or 1000) ^ powers[unit])
end

return size
