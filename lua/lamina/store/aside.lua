--- Moves what is damaged, and may yet be worth something to somebody, out of the way: into
-- damaged/, where nothing ever looks. Answers the new path. With fs.link as `take` the old path
-- stays as well.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

return function(root, path, take)
  local dir = root .. "/damaged"
  failure.check(fs.mkdirs(dir, 448)) -- 0700
  local target = failure.check(fs.tmpdir(dir, "")) .. "/" .. path:match("[^/]+$")
  failure.check((take or fs.rename)(path, target))
  return target
end
