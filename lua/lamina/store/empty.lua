--- Empties the whole store: the only way for an ordinary user to remove files of sub-ids. What
-- else lies in its directory stays.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local place = require "lamina.store.place"

--- Nobody else may be at work in a store that is emptied.
local function check_alone(store)
  for _, one in ipairs(store.containers:list()) do
    failure.raise("name-in-use", ("container %s is running"):format(one.name),
      { hint = ("`lamina rm --force %s` ends it"):format(one.name) })
  end
  store:sweep()
  if #failure.check(fs.list(store.root .. "/tmp")) > 0 then
    failure.raise("name-in-use", ("another lamina is at work in %s"):format(store.root),
      { hint = "wait until it is done, or stop it" })
  end
end

return function(store)
  local _alone <close> = store:alone()
  check_alone(store)
  store.db:close()
  for _, name in ipairs(place.entries) do
    failure.check(fs.remove(store.root .. "/" .. name))
  end
  if #failure.check(fs.list(store.root)) == 0 then failure.check(fs.remove(store.root)) end
end
