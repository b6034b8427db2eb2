--- Whether a directory holds little, so that what is to be done with it needs no job.
local fs = require "lamina.core.fs"

local extent = {}

--- Counts what lies in a directory; false as soon as it isn't little.
local function count(dir, found, most)
  for _, name in ipairs(fs.list(dir) or {}) do
    local path = dir .. "/" .. name
    local entry = fs.stat(path, { follow = false })
    if not entry then return false end
    found.entries, found.bytes = found.entries + 1, found.bytes + entry.size
    if found.entries > most.entries or found.bytes > most.bytes then return false end
    if entry.type == "dir" and (entry.size > most.directory or not count(path, found, most)) then
      return false
    end
  end
  return true
end

--- Whether there are no more entries, nor bytes in them, than `most` says: { entries =, bytes =,
-- directory = the bytes that a directory itself may have, which tell of its names }.
function extent.is_little(dir, most)
  return count(dir, { entries = 0, bytes = 0 }, most)
end

return extent
