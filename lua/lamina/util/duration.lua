--- Durations as Go writes and reads them: "1m30s", "500ms"; nanoseconds as integers.
local duration = {}

local units = {
  ns = 1, us = 1000, ["µs"] = 1000, ["μs"] = 1000, ms = 1000000, s = 1000000000,
  m = 60 * 1000000000, h = 3600 * 1000000000,
}

--- Reads a duration; nil, message when it is none. Numbers are seconds.
function duration.parse(value)
  if type(value) == "number" then return math.floor(value * 1e9) end
  if value == "0" then return 0 end
  local sign, rest, total = 1, value, 0
  if rest:find("^[+-]") then sign, rest = rest:sub(1, 1) == "-" and -1 or 1, rest:sub(2) end
  if rest == "" then return nil, "invalid duration" end
  while rest ~= "" do
    local number, unit, behind = rest:match("^([%d.]+)([^%d.]+)(.*)$")
    local amount = number and tonumber(number)
    if not amount or not units[unit] then
      return nil, ('invalid duration "%s" (a number with a unit is meant: 30s, 1m30s, 500ms)')
        :format(value)
    end
    total, rest = total + amount * (units[unit] + 0.0), behind -- a float can't wrap around
  end
  if total >= 2 ^ 63 then return nil, ('invalid duration "%s" (too long)'):format(value) end
  return sign * math.floor(total)
end

--- A fraction without trailing zeros: 1.5, 2.
local function decimal(amount, unit)
  local whole, rest = amount // unit, amount % unit
  if rest == 0 then return tostring(whole) end
  local width = #tostring(unit) - 1
  return (("%d.%0" .. width .. "d"):format(whole, rest):gsub("0+$", ""))
end

--- Writes a duration: "0s", "1.5ms", "1h0m0s".
function duration.format(nanoseconds)
  if nanoseconds < 0 then return "-" .. duration.format(-nanoseconds) end
  if nanoseconds == 0 then return "0s" end
  if nanoseconds < 1000 then return nanoseconds .. "ns" end
  if nanoseconds < 1000000 then return decimal(nanoseconds, 1000) .. "µs" end
  if nanoseconds < units.s then return decimal(nanoseconds, 1000000) .. "ms" end
  local hours, minutes = nanoseconds // units.h, nanoseconds // units.m % 60
  local text = decimal(nanoseconds % units.m, units.s) .. "s"
  if nanoseconds >= units.m then text = minutes .. "m" .. text end
  if hours > 0 then text = hours .. "h" .. text end
  return text
end

return duration
