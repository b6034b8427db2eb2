--- Where a store lies: its folders, and whether a directory is fit to be one.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local place = {}

place.folders = { "blobs", "blobs/sha256", "layers", "containers", "cache", "downloads", "logs",
  "tmp" }

--- All that lies in a store; what else is there isn't ours.
place.entries = { "blobs", "cache", "containers", "damaged", "downloads", "gc.lock", "lamina.db",
  "lamina.db-journal", "lamina.db-shm", "lamina.db-wal", "layers", "logs", "tmp", "volumes" }

-- How a user who has no id in this user namespace is seen (user_namespaces(7)).
local unmapped = 65534

local other_store = "a store is one user's: choose another with --root; `lamina save` and "
  .. "`lamina load` bring images over"

--- The directory must be ours alone: whoever could write to it could change every image, and
-- whoever could read it would find set-id programs (SECURITY ST-20).
function place.check(root)
  local stat, err = fs.stat(root, { follow = false })
  if not stat then failure.check(nil, err) end
  local why
  local _, euid = fs.getuid()
  if stat.type ~= "dir" then
    why = "is not a directory"
  elseif stat.uid ~= euid then
    why = stat.uid == unmapped and "belongs to another user"
      or ("belongs to user %d"):format(stat.uid)
  elseif stat.mode & 63 ~= 0 then -- 077
    why = ("is open to others (mode %o)"):format(stat.mode)
  end
  if why then
    failure.raise("system", ("the store %s %s"):format(root, why), { hint = stat.uid == euid
      and "chmod 700 it, or choose another with --root" or other_store })
  end
end

--- A directory that holds other things is no place for a new store: they would lie among ours,
-- and somebody has mistyped its name.
local function check_empty(root)
  if fs.stat(root .. "/lamina.db", { follow = false }) then return end
  local known = { ["lost+found"] = true }
  for _, name in ipairs(place.entries) do known[name] = true end
  for _, name in ipairs(failure.check(fs.list(root))) do
    if not known[name] then
      failure.raise("system", ("%s is no store, and there is '%s' in it"):format(root, name),
        { hint = "choose an empty directory, or a new one, with --root" })
    end
  end
end

--- A folder of ours may be missing, but nothing else may stand in its place: through a link there
-- we would write, and remove, elsewhere.
local function make_folder(path)
  local stat = fs.stat(path, { follow = false })
  if not stat then return failure.check(fs.mkdirs(path, 448)) end -- 0700
  if stat.type == "dir" then return end
  failure.raise("corrupt", ("%s is a %s where the store has a directory"):format(path, stat.type),
    { hint = "move it away, then run `lamina fsck`" })
end

--- Makes what is missing of a store's folders, where a store may be.
function place.make(root)
  if not fs.stat(root, { follow = false }) then failure.check(fs.mkdirs(root, 448)) end -- 0700
  place.check(root)
  check_empty(root)
  local tmp = root .. "/tmp"
  local is_new = not fs.stat(tmp, { follow = false })
  for _, name in ipairs(place.folders) do make_folder(root .. "/" .. name) end
  -- ext4 looks at every inode that was freed in the last minutes before it takes another: scattered
  -- over the disk, a build doesn't meet what the one before it has taken away
  if is_new then fs.scatter(tmp) end
end

--- Whether a store that is there can only be read: its file system, or its mode, says so.
function place.is_readonly(root)
  if not fs.stat(root .. "/lamina.db") then return false end
  local file, err = fs.open(root .. "/gc.lock", "rw")
  if file then file:close() end
  return not file and (err.errno == "EROFS" or err.errno == "EACCES")
end

--- An empty database beside blobs isn't a new store: its tables were lost.
function place.check_tables(root)
  local stat = fs.stat(root .. "/lamina.db")
  if stat and stat.size > 0 then return end
  if #(fs.list(root .. "/blobs/sha256") or {}) == 0 then return end
  failure.raise("corrupt", ("%s/lamina.db is %s, and the store isn't empty"):format(root,
    stat and "empty" or "missing"),
    { hint = "`lamina fsck --repair` makes it again from what is there" })
end

return place
