--- Fields of an option's value between commas: `id=x,"dest=a,b"`. A field in double quotes may hold
-- commas, and `""` for a quote, as in Docker's options.
local csv = {}

local function broken(text, complain)
  complain(("a quote without its end, or text behind it, in '%s'"):format(text))
end

--- A field that begins with a quote, and where it ends.
local function quoted(text, at, complain)
  local parts = {}
  at = at + 1
  while true do
    local stop = text:find('"', at, true) or broken(text, complain)
    parts[#parts + 1] = text:sub(at, stop - 1)
    local after = text:sub(stop + 1, stop + 1)
    if after ~= '"' then
      if after ~= "" and after ~= "," then broken(text, complain) end
      return table.concat(parts), stop + 1
    end
    parts[#parts + 1], at = '"', stop + 2
  end
end

--- The fields as a list. `complain(message)` raises.
function csv.fields(text, complain)
  local fields, at = {}, 1
  repeat
    local stop
    if text:sub(at, at) == '"' then
      fields[#fields + 1], stop = quoted(text, at, complain)
    else
      stop = text:find(",", at, true) or #text + 1
      fields[#fields + 1] = text:sub(at, stop - 1)
    end
    at = stop + 1
  until stop > #text
  return fields
end

return csv
