--- How much of the disk a folder takes.
local fs = require "lamina.core.fs"

local usage = {}

--- The bytes of a tree's regular files, a file with several names once. What can't be looked at
-- counts nothing: this is for people to read.
function usage.tree(path)
  local sum, seen, todo = 0, {}, { path }
  while #todo > 0 do
    local at = table.remove(todo)
    local stat = fs.stat(at, { follow = false })
    if stat and stat.type == "dir" then
      for _, name in ipairs(fs.list(at) or {}) do todo[#todo + 1] = at .. "/" .. name end
    elseif stat and stat.type == "file" and not seen[stat.ino] then
      seen[stat.ino] = stat.nlink > 1 or nil
      sum = sum + stat.size
    end
  end
  return sum
end

return usage
