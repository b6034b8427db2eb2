--- The checks of where the store is: that it can be written, that overlays work there, its space.
local fs = require "lamina.core.fs"
local overlay = require "lamina.core.overlay"

local place = {}

local little_space = 2 << 30

--- The store itself, or the nearest directory above it that is there.
local function nearest(root)
  local at = root
  while at ~= "/" and not fs.stat(at) do at = at:match("^(.*)/[^/]*$") end
  return at == "" and "/" or at
end

--- Mounts an overlay as a step gets one and writes through it; answers nil, err where that fails.
local function try_overlay(dir, home)
  for _, name in ipairs { "lower", "upper", "work" } do
    local ok, err = fs.mkdir(dir .. "/" .. name)
    if not ok then return nil, err end
  end
  fs.write(dir .. "/lower/file", "below")
  local mount <close>, err = overlay.mount { lower = { dir .. "/lower" }, upper = dir .. "/upper",
    work = dir .. "/work", userxattr = home.userxattr }
  if not mount then return nil, err end
  local file <close>, problem = fs.open("/file", "a", { root = mount:fd() })
  if not file then return nil, problem end
  return fs.stat(dir .. "/upper/file") ~= nil, { message = "overlay: a changed file isn't above" }
end

local function check_overlay(list, dir, home)
  local name = home.userxattr and "overlay (as a user)" or "overlay"
  local done, err = try_overlay(dir, home)
  if done then
    return list:ok(name, home.userxattr and "works, with userxattr" or "works")
  end
  list:missing(name, err.message, err.errno == "ENODEV" and "as root: modprobe overlay"
    or "choose a store on a local ext4, xfs, btrfs or tmpfs with --root or LAMINA_ROOT; "
      .. "NFS and another overlay can't hold one")
end

local function megabytes(bytes)
  return ("%.1f GB free"):format(bytes / 1e9)
end

local function check_space(list, dir)
  local bytes = fs.space(dir)
  if not bytes then return end
  if bytes >= little_space then return list:ok("space", megabytes(bytes)) end
  list:limited("space", "only " .. megabytes(bytes),
    "`lamina prune` frees what nothing needs; --root and LAMINA_ROOT name another place")
end

--- Why a store that is there isn't one we would use.
local function objection(root)
  local stat = fs.stat(root, { follow = false })
  if not stat then return nil end
  if stat.type ~= "dir" then return "is no directory" end
  local _, euid = fs.getuid()
  if stat.uid ~= euid then return "belongs to somebody else" end
  if stat.mode & 63 ~= 0 then return ("is open to others (mode %o)"):format(stat.mode) end -- 077
end

--- What is made to try things out goes again, whatever happens.
local function scratch(parent)
  local dir, err = fs.tmpdir(parent, ".lamina-doctor-")
  if not dir then return nil, err end
  return setmetatable({ dir = dir }, { __close = function() fs.remove(dir) end })
end

--- Checks the place of a store, which need not be there yet; nothing of it is made.
function place.check(list, root, home)
  local at, why = nearest(root), objection(root)
  if why then
    return list:missing("store", ("%s %s"):format(root, why),
      "chmod 700 it if it is yours, or choose another with --root or LAMINA_ROOT")
  end
  local stat = fs.stat(at)
  if stat.type ~= "dir" then
    return list:missing("store", ("%s is no directory"):format(at), "choose another with --root")
  end
  local tried <close>, err = scratch(at)
  if not tried then
    return list:missing("store", ("%s: %s can't be written to: %s"):format(root, at, err.message),
      "choose another with --root or LAMINA_ROOT")
  end
  list:ok("store", at == root and root or root .. " (made when it is first used)")
  check_overlay(list, tried.dir, home)
  check_space(list, at)
end

return place
