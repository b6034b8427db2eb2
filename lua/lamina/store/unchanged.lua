--- Checks that an image or an index is as it was when it was listed: otherwise somebody uses it
-- again, or has removed it, and a failure "name-in-use" or "not-found" is raised. `listed` is { id,
-- names, stored }, without `stored` where it may have been stored again. `stored` and `names` are
-- what is known of it now, `stored` nil when it is gone.
local failure = require "lamina.util.failure"

return function(listed, stored, names)
  local is_there = stored and stored == (listed.stored or stored)
  if is_there and table.concat(names, " ") == table.concat(listed.names, " ") then return end
  failure.raise(stored and "name-in-use" or "not-found", ("image %s was %s meanwhile"):format(
    listed.id:sub(8, 19), stored and "stored or named again" or "removed"))
end
