--- Watches over what a test could leave behind.
local fs = require "lamina.core.fs"

local watch = {}

local function open_descriptors()
  local list = {}
  for _, name in ipairs(assert(fs.list("/proc/self/fd"))) do
    list[#list + 1] = fs.readlink("/proc/self/fd/" .. name) -- not that of the listing
  end
  return list
end

local function collect()
  collectgarbage()
  collectgarbage() -- what the first round has finalized is freed by the second
end

--- Runs the function; afterwards, with all garbage collected, as many descriptors are open.
function watch.descriptors(fn, ...)
  collect()
  local before = open_descriptors()
  fn(...)
  collect()
  local after = open_descriptors()
  assert(#after == #before, ("%d descriptors before, %d after: %s"):format(#before, #after,
    table.concat(after, " ")))
end

--- Runs the function with a collector that never pauses, in both of its modes: what a binding
-- doesn't hold is gone at once.
function watch.restless(fn)
  collectgarbage("incremental", 0, 1000)
  local ok, err = pcall(fn)
  collectgarbage("generational", 1, 1)
  if ok then ok, err = pcall(fn) end
  collectgarbage("incremental", 200, 100)
  if not ok then error(err, 0) end
end

return watch
