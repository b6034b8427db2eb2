--- The logs of steps: files whose names are their digests. One that is missing is no damage: it was
-- pruned with what it belonged to.
local aside = require "lamina.store.aside"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"

local logs = {}

local function damaged(found, store, path, kind, message)
  found:damage { kind = kind, subject = path, message = message, repair = function()
    aside(store.root, path)
    return true
  end }
end

--- Checks names and kinds, and with `deep` the bytes.
function logs.check(found, store, deep)
  local names = fs.list(store.logs.dir) or {} -- a store of an earlier version has none
  for _, name in ipairs(names) do
    local path = store.logs:path(name)
    local stat = fs.stat(path, { follow = false })
    if stat and (stat.type ~= "file" or #name ~= 64 or name:find("[^0-9a-f]")) then
      damaged(found, store, path, "foreign-entry", "doesn't belong here: it is no log")
    elseif stat and deep then
      local ok, hex = pcall(sched.job, digest.file, path)
      if not ok and not failure.is(hex) then error(hex, 0) end
      if fs.stat(path, { follow = false }) and hex ~= name then
        damaged(found, store, path, "damaged-log",
          ok and "isn't what its name says" or hex.message)
      end
    end
  end
  if #names > 0 then found:count("logs", #names) end
end

return logs
