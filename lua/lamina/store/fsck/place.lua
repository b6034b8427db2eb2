--- The store's own directory: its folders, who may read them, and what is mounted there.
local failure = require "lamina.util.failure"
local folders = require("lamina.store.place").folders
local fs = require "lamina.core.fs"

local place = {}

local function check_mode(found, path)
  local stat = fs.stat(path, { follow = false })
  if not stat or stat.type ~= "dir" or stat.mode & 63 == 0 then return end -- 077
  found:damage { kind = "permissions", subject = path,
    message = ("is open to others (mode %o)"):format(stat.mode),
    repair = function() return fs.chmod(path, 448) end } -- 0700
end

--- Escapes of a mount point in mountinfo: blanks, tabs, newlines, backslashes.
local function unescape(text)
  return (text:gsub("\\(%d%d%d)", function(digits) return string.char(tonumber(digits, 8)) end))
end

--- What is mounted below the store would be hidden, or taken for a part of it.
local function check_mounts(found, root)
  local below = root .. "/"
  for line in (fs.read("/proc/self/mountinfo") or ""):gmatch("[^\n]+") do
    local at = unescape(line:match("^%S+ %S+ %S+ %S+ (%S+)") or "")
    if at:sub(1, #below) == below then
      found:damage { kind = "stray-mount", subject = at, message = "something is mounted here",
        hint = ("umount '%s'"):format(at) }
    end
  end
end

local function check_leftovers(found, store)
  for _, name in ipairs(failure.check(fs.list(store.root .. "/tmp"))) do
    local lock = fs.lock(("%s/tmp/%s/lock"):format(store.root, name), "shared", { wait = false })
    if lock then
      lock:release()
      found:notice { kind = "leftover", subject = store.root .. "/tmp/" .. name,
        message = "left by a process that is gone" }
    end
  end
  for _, row in ipairs(failure.check(store.db:rows "select distinct workspace from leases")) do
    if not fs.stat(store.root .. "/tmp/" .. row.workspace) then
      found:notice { kind = "dead-lease", subject = row.workspace,
        message = "keeps things for a process that is gone" }
    end
  end
end

function place.check(found, store)
  for _, name in ipairs(folders) do check_mode(found, store.root .. "/" .. name) end
  check_mounts(found, failure.check(fs.realpath(store.root)))
  check_leftovers(found, store)
end

return place
