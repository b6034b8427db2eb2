--- Cache mounts as things of the store: directories below cache/, named by digests of their ids.
--
-- The lock file beside a directory holds the id, and its time is that of the last use: no step can
-- reach it.
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local lock = require "lamina.store.lock"
local usage = require "lamina.store.usage"

local mount = {}

local longest_id = 4096

local function folder(store)
  return store.root .. "/cache"
end

--- Where the directory of an id is, whether or not it is there.
function mount.path(store, id)
  return ("%s/%s"):format(folder(store), digest.sha256(id):sub(1, 32))
end

--- Notes that a directory, whose lock is held, is used for an id.
function mount.note(path, id)
  local stat = fs.stat(path .. ".lock")
  if stat and stat.size == 0 then
    local file <close> = failure.check(fs.open(path .. ".lock", "rw"))
    failure.check(file:write(id:sub(1, longest_id)))
  end
  failure.check(fs.utime(path .. ".lock", os.time()))
end

--- All of them: { name =, path =, id = (nil: unknown), used =, created = }, by name.
function mount.list(store)
  local list = {}
  for _, name in ipairs(fs.list(folder(store)) or {}) do
    local path = folder(store) .. "/" .. name
    local stat = name:find("^%x+%.?%d*$") and #name:match("^%x+") == 32
      and fs.stat(path, { follow = false })
    if stat and stat.type == "dir" then
      local id = fs.read(path .. ".lock", { limit = longest_id })
      local used = (fs.stat(path .. ".lock") or stat).mtime
      list[#list + 1] = { name = name, path = path, used = used, created = stat.ctime,
        id = id and id ~= "" and id or nil }
    end
  end
  return list
end

function mount.bytes(one)
  return usage.tree(one.path)
end

--- Whether no step uses it just now.
function mount.is_free(one)
  return lock.is_free(one.path .. ".lock")
end

--- Removes one that no step uses just now; answers whether it was removed.
function mount.remove(store, one)
  local held = fs.lock(one.path .. ".lock", "exclusive", { wait = false })
  if not held then return false end
  local is_there = fs.stat(one.path, { follow = false }) ~= nil -- another one may be removing it
  if is_there then store:bury(one.path) end
  held:release()
  return is_there
end

--- Gives a finished directory of tmp/ to an id that has none; answers whether it was taken.
function mount.adopt(store, dir, id)
  local path = mount.path(store, id)
  local held = fs.lock(path .. ".lock", "exclusive", { wait = false })
  local done = held and fs.rename(dir, path, { noreplace = true })
  if done then mount.note(path, id) end
  if held then held:release() end
  return done ~= nil and done ~= false
end

return mount
