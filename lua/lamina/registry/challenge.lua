--- What a registry wants to see: the header WWW-Authenticate of a 401 (RFC 9110, 11.6.1).
--
--   challenge.parse 'Bearer realm="https://a/token",service="a"'
--     -> { { scheme = "bearer", realm = "https://a/token", service = "a" } }
local challenge = {}

local token = "^([%w!#$%%&'*+.^_`|~-]+)()"

local function skip(text, at)
  return text:match("^[%s,]*()", at)
end

--- One `name=value`; the value is a token or quoted. Answers name, value, where it ends.
local function parameter(text, at)
  local name, rest = text:match(token, at)
  local value_at = name and text:match("^%s*=%s*()", rest)
  if not value_at then return nil end
  if text:sub(value_at, value_at) ~= '"' then
    local value, behind = text:match("^([^%s,]*)()", value_at)
    return name:lower(), value, behind
  end
  local parts, i = {}, value_at + 1
  while i <= #text do
    local char = text:sub(i, i)
    if char == '"' then return name:lower(), table.concat(parts), i + 1 end
    if char == "\\" then
      i = i + 1
      char = text:sub(i, i)
    end
    parts[#parts + 1], i = char, i + 1
  end
  return nil -- a quote that isn't closed
end

--- The challenges of a header, in its order. What can't be read ends the list.
function challenge.parse(text)
  local list, at = {}, skip(text, 1)
  while at <= #text do
    local name, value, behind = parameter(text, at)
    if name and #list > 0 then
      list[#list][name], at = value, behind
    else
      local scheme, rest = text:match(token, at)
      if not scheme or text:find("^%s*=", rest) then break end -- half a parameter
      list[#list + 1], at = { scheme = scheme:lower() }, rest
    end
    at = skip(text, at)
  end
  return list
end

--- The one of them that we can answer: bearer before basic.
function challenge.choose(list)
  for _, scheme in ipairs { "bearer", "basic" } do
    for _, one in ipairs(list) do
      if one.scheme == scheme and (scheme == "basic" or one.realm) then return one end
    end
  end
end

return challenge
