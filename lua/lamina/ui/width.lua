--- How many columns of a terminal a text takes: two for each character that is East Asian wide, or
-- an emoji, else one. What a terminal sets narrower still (marks on a character) counts as one.
local width = {}

-- Wide characters (Unicode's East Asian Width W and F): first and last of each range.
local ranges = {}
for range in ([[1100-115F 231A-231B 2329-232A 23E9-23EC 23F0 23F3 25FD-25FE 2614-2615 2648-2653
  267F 2693 26A1 26AA-26AB 26BD-26BE 26C4-26C5 26CE 26D4 26EA 26F2-26F3 26F5 26FA 26FD 2705
  270A-270B 2728 274C 274E 2753-2755 2757 2795-2797 27B0 27BF 2B1B-2B1C 2B50 2B55 2E80-303E
  3041-4DBF 4E00-A4C6 A960-A97C AC00-D7A3 F900-FAD9 FE10-FE19 FE30-FE6B FF01-FF60 FFE0-FFE6
  16FE0-1B2FB 1F004 1F0CF 1F18E 1F191-1F19A 1F200-1F64F 1F680-1F6FF 1F7E0-1F7F0 1F90C-1F9FF
  1FA70-1FAFF 20000-3FFFD]]):gmatch("%S+") do
  local first, last = range:match("^(%x+)%-?(%x*)$")
  ranges[#ranges + 1] = { tonumber(first, 16), tonumber(last ~= "" and last or first, 16) }
end

local function columns_of(code)
  if code < ranges[1][1] then return 1 end
  for _, range in ipairs(ranges) do
    if code <= range[2] then return code >= range[1] and 2 or 1 end
  end
  return 1
end

--- The columns of a text, which is UTF-8.
function width.of(text)
  if not text:find("[\128-\255]") then return #text end
  local columns = 0
  for _, code in utf8.codes(text) do columns = columns + columns_of(code) end
  return columns
end

--- As much of a text's beginning as so many columns hold.
function width.clip(text, columns)
  if #text <= columns then return text end
  for at, code in utf8.codes(text) do
    columns = columns - columns_of(code)
    if columns < 0 then return text:sub(1, at - 1) end
  end
  return text
end

return width
