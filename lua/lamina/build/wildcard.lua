--- What patterns of sources match in a scan (core fs.scan), also those with "**", which stands for
-- any number of directories, none among them.
local failure = require "lamina.util.failure"

local wildcard = {}

local function match(scan, pattern)
  return failure.check(scan:match(pattern))
end

local function matches_directory(scan, pattern)
  for _, name in ipairs(match(scan, pattern)) do
    if scan:entry(name).type == "dir" then return true end
  end
  return false
end

--- Tries a pattern with one directory more in the place of its first "**", as long as there is one.
-- `tried` holds the patterns that were: several "**" come to the same ones in many ways.
local function collect(scan, pattern, found, tried)
  if tried[pattern] then return end
  tried[pattern] = true
  local before, behind = ("/" .. pattern):match("^/(.-)%f[^/]%*%*/(.*)$")
  if not before then
    for _, name in ipairs(match(scan, pattern)) do found[name] = true end
    return
  end
  local way = before
  repeat
    collect(scan, way .. behind, found, tried)
    way = way .. "*/"
  until not matches_directory(scan, way:sub(1, -2))
end

--- The paths that match, by name. Of a directory that matches nothing else does, unless `is_deep`:
-- then "**" has its meaning. At the end of a pattern it is "*", since directories are taken whole.
function wildcard.match(scan, pattern, is_deep)
  if not is_deep then return match(scan, pattern) end
  local found, list = {}, {}
  collect(scan, (pattern:gsub("%f[^/\0]%*%*$", "*")), found, {})
  for name in pairs(found) do list[#list + 1] = name end
  table.sort(list)
  return list
end

return wildcard
