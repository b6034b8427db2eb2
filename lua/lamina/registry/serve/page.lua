--- A part of a sorted list, as `?n=COUNT&last=NAME` asks for it.
--
--   page.of({ "a", "b", "c" }, "n=1&last=a")   -> { "b" }, "n=1&last=b"
--
-- The second value asks for what comes next, nil at the end; no page is an answer to an n that is
-- no number.
local page = {}

local function decode(value)
  return (value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

function page.of(list, query)
  local asked = {}
  for key, value in query:gmatch("([^&=]+)=([^&]*)") do asked[key] = decode(value) end
  if asked.n and not asked.n:find("^%d+$") then return nil end
  local count, part = tonumber(asked.n) or math.huge, {}
  for _, name in ipairs(list) do
    if not asked.last or name > asked.last then
      if #part == count then
        return part, count > 0 and ("n=%s&last=%s"):format(asked.n, part[count]) or nil
      end
      part[#part + 1] = name
    end
  end
  return part
end

return page
