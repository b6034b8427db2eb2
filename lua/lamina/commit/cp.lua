--- `lamina cp`: files between a container and the host, as Docker copies them.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local limits = require "lamina.config.limits"
local path = require "lamina.util.path"
local place = require "lamina.commit.place"
local rootpath = require "lamina.exec.rootpath"
local sched = require "lamina.util.sched"

local cp = {}

--- "CONTAINER:PATH", a path of the host, or "-".
function cp.parse(text)
  if text == "-" then return { is_stream = true } end
  local name, rest = text:match("^([^:/]+):(.*)$")
  if name and not text:find("^%.%.?/") then
    return { container = name, path = rest == "" and "/" or rest }
  end
  return { path = text }
end

local function fail(...)
  failure.raise("invalid-input", string.format(...))
end

local function copies_contents(text)
  return text:find("/%.$") ~= nil or text == "."
end

--- The last part of a path, "" for the root.
local function name_of(text)
  local base = path.basename(path.clean(text))
  return (base == "/" or base == ".") and "" or base
end

local function check_parent(to)
  local parent = to:parent():stat(true)
  if parent and parent.type == "dir" then return end
  fail("%s: there is no such directory", path.dirname(path.clean(to.path)))
end

--- Where a directory goes: into one that is there, or under the new name. Also whether it is new.
local function directory_target(from, to)
  local there = to:stat(true)
  if not there then
    check_parent(to)
    return to.path .. "/", true
  end
  if there.type ~= "dir" then fail("%s is not a directory", to.path) end
  if copies_contents(from.path) then return to.path .. "/" end
  local target = to.path .. "/" .. name_of(from.path) .. "/"
  return target, not fs.stat(target, { root = to.fd })
end

local function file_target(to)
  local there = to:stat(true)
  if there and there.type == "dir" then return to.path .. "/" end
  if there and there.type ~= "file" then -- /dev/null is no file's to replace
    fail("%s is neither a directory nor a regular file", to.path)
  end
  if not there and to.path:find("/$") then fail("%s: there is no such directory", to.path) end
  if not there then check_parent(to) end
  return to.path
end

--- Where a target really is, links followed beneath its root; "/" at its end stays.
local function real(to, target)
  local is_dir = target:find("/$") and "/" or ""
  return (("/" .. rootpath.follow(to.fd, target) .. is_dir):gsub("^//", "/"))
end

--- Copies the source, of which `name` tells what it is called in a directory.
local function copy(from, source, name, to, target, how)
  return sched.job(layer.copy, { from = from, sources = { { path = source, name = name } },
    to = to.fd, destination = real(to, target), chown = how.owner, powerless = how.powerless,
    foreign = how.foreign })
end

--- A directory that the copy made gets what the source's has.
local function take_attributes(entry, to, target, how)
  local dir <close> = failure.check(fs.open(real(to, target), "dir", { root = to.fd }))
  local at = ("/proc/self/fd/%d/"):format(dir:fd())
  if not how.owner then failure.check(fs.chown(at, entry.uid, entry.gid)) end
  failure.check(fs.chmod(at, entry.mode & 4095)) -- 07777
  failure.check(fs.utime(at, entry.mtime, entry.mtime_nsec))
end

local function copy_directory(from, entry, to, how)
  local target, is_new = directory_target(from, to)
  local source = rootpath.follow(from.fd, from.path)
  local result = copy(from.fd, source, name_of(from.path), to, target, how)
  if is_new then take_attributes(entry, to, target, how) end
  return result
end

--- A link is copied as it is: alone in a directory of its own, whose contents are then copied.
local function copy_link(store, from, to, how)
  local target = file_target(to)
  local into, name = target, name_of(from.path)
  if not target:find("/$") then into, name = path.dirname(target), name_of(target) end
  local dir = store:temp("link")
  failure.check(fs.symlink(rootpath.target(from.fd, from.path), dir .. "/" .. name))
  local root <close> = failure.check(fs.open(dir, "dir"))
  return copy(root:fd(), "", "", to, into .. "/", how)
end

local function found(from, follows)
  local entry, err = from:stat(follows)
  if entry then return entry end
  failure.raise("not-found", err.message, { errno = err.errno })
end

--- Copies what is at one place to another; answers how many devices were left out. Unless
-- options.archive says that owners are kept, everything belongs to the root user of where it goes
-- (the caller, on the host). options.powerless: no file has more rights than its reader there;
-- options.foreign: the files are from the host.
function cp.copy(store, from, to, options)
  local how = { owner = not options.archive and { 0, 0 } or nil, powerless = options.powerless,
    foreign = options.foreign }
  local entry = found(from, options.follow_link or from.path:find("/%.?$") ~= nil)
  if entry.type == "dir" then return copy_directory(from, entry, to, how).left_out end
  if entry.type == "link" then return copy_link(store, from, to, how).left_out end
  local source = rootpath.follow(from.fd, from.path)
  return copy(from.fd, source, name_of(from.path), to, file_target(to), how).left_out
end

--- Writes what is at a place as a tar, under its own name.
function cp.write_tar(store, from, output, options)
  local dir = store:temp("tar")
  local to <close> = place.host(dir .. "/")
  local keeps = { archive = true, follow_link = options.follow_link }
  cp.copy(store, from, to, keeps)
  sched.job(layer.pack, dir, { form = "tree", output = output, compression = "none" })
end

--- Unpacks a tar, in any compression, into a directory that is there. Its owners are kept, unless
-- this user has one id only to give.
function cp.read_tar(store, input, to)
  local entry = found(to, true)
  if entry.type ~= "dir" then fail("%s is not a directory", to.path) end
  local owner = store.ids == 1 and 0 or nil
  sched.job(layer.apply, input, to.path, { form = "tree", root = to.fd, ids = store.ids,
    uid = owner, gid = owner, limits = limits.archive() })
end

return cp
