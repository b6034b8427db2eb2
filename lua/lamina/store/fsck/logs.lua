--- The logs of steps: files whose names are their digests. One that is missing is no damage: it was
-- pruned with what it belonged to.
local aside = require "lamina.store.aside"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"

local logs = {}

--- `is_well`, where it is given, looks again whether it is damaged after all.
local function damaged(found, store, path, kind, message, is_well)
  found:damage { kind = kind, subject = path, message = message, repair = function()
    if not (is_well and is_well()) then aside(store.root, path) end
    return true
  end }
end

--- Looks at names and kinds; answers the names of those that may be read, for `hash`.
function logs.check(found, store)
  local names, good = fs.list(store.logs.dir) or {}, {} -- a store of an earlier version has none
  for _, name in ipairs(names) do
    local path = store.logs:path(name)
    local stat = fs.stat(path, { follow = false })
    if stat and (stat.type ~= "file" or #name ~= 64 or name:find("[^0-9a-f]")) then
      damaged(found, store, path, "foreign-entry", "doesn't belong here: it is no log")
    elseif stat then
      good[#good + 1] = name
    end
  end
  if #names > 0 then found:count("logs", #names) end
  return good
end

--- Why a log isn't what its name says; nil where it is, or was collected meanwhile.
local function problem_of(path, name)
  local ok, hex = pcall(sched.job, digest.file, path)
  if not ok and not failure.is(hex) then error(hex, 0) end
  if hex == name or not fs.stat(path, { follow = false }) then return nil end
  return ok and "isn't what its name says" or hex.message
end

--- Reads the bytes of logs. That takes its time, so the repairs look again.
function logs.hash(found, store, names)
  for _, name in ipairs(names) do
    local path = store.logs:path(name)
    local why = problem_of(path, name)
    if why then
      damaged(found, store, path, "damaged-log", why, function()
        return problem_of(path, name) == nil
      end)
    end
  end
end

return logs
