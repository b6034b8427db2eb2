--- Sizes as people write them: "500MB", "10g", "1.5GiB", or a number of bytes.
local size = {}

local powers = { [""] = 0, k = 1, m = 2, g = 3, t = 4 }

--- Bytes; nil, message when it is none. `thousand` is what a unit without "i" means.
local function parse(text, thousand)
  local number, unit, binary = text:lower():match("^(%d+%.?%d*)%s*([kmgt]?)(i?)b?$")
  if not number or (binary == "i" and unit == "") then
    return nil, ("a size is a number with kB, MB, GB or TB, not '%s'"):format(text)
  end
  local bytes = tonumber(number) * (binary == "i" and 1024 or thousand) ^ powers[unit]
  if bytes >= 2 ^ 63 then return nil, ("the size '%s' is too large"):format(text) end
  return math.floor(bytes)
end

--- Bytes of a file or of all files; nil, message when it is none. Units are Docker's for these.
function size.parse(text)
  return parse(text, 1000)
end

--- Bytes of memory, whose "64m" is 64 MiB; nil, message when it is none.
function size.memory(text)
  return parse(text, 1024)
end

local units = { "", "k", "M", "G", "T" }

--- Divides by a base for as long as nothing is left over; answers the number and how often.
local function divided(bytes, base)
  local times = 0
  while bytes > 0 and bytes % base == 0 and times < #units - 1 do
    bytes, times = bytes // base, times + 1
  end
  return bytes, times
end

--- A text that means exactly so many bytes: "64MiB", "10GB", "1234B".
function size.format(bytes)
  local binary, shifts = divided(bytes, 1024)
  local number, times = divided(bytes, 1000)
  if binary < number then return ("%d%siB"):format(binary, units[shifts + 1]:upper()) end
  return ("%d%sB"):format(number, units[times + 1])
end

return size
