--- Base64 (RFC 4648), as it is in headers and credential files.
local base64 = {}

local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local value_of = {}
for i = 1, #digits do value_of[digits:byte(i)] = i - 1 end

function base64.encode(bytes)
  local out = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local all = a << 16 | (b or 0) << 8 | (c or 0)
    for i = 0, 3 do
      local place = (all >> (18 - 6 * i) & 63) + 1
      out[#out + 1] = (i <= 1 or (i == 2 and b) or c) and digits:sub(place, place) or "="
    end
  end
  return table.concat(out)
end

--- The bytes, or nil for what is no base64. Padding may be missing.
function base64.decode(text)
  local body = text:match("^([%w+/]*)=?=?$")
  if not body or #body % 4 == 1 then return nil end
  local out = {}
  for at = 1, #body, 4 do
    local all, count = 0, math.min(4, #body - at + 1)
    for i = 0, 3 do all = all << 6 | (value_of[body:byte(at + i)] or 0) end
    out[#out + 1] = string.char(all >> 16, all >> 8 & 255, all & 255):sub(1, count - 1)
  end
  return table.concat(out)
end

return base64
