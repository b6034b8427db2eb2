--- `lamina cp`: files between a container and the host, as Docker copies them.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local path = require "lamina.util.path"
local place = require "lamina.commit.place"
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

--- Where a directory goes: into one that is there, or under the new name.
local function directory_target(from, to)
  local there = to:stat(true)
  if not there then
    check_parent(to)
    return to.path .. "/"
  end
  if there.type ~= "dir" then fail("%s is not a directory", to.path) end
  if copies_contents(from.path) then return to.path .. "/" end
  return to.path .. "/" .. name_of(from.path) .. "/"
end

local function file_target(to)
  local there = to:stat(true)
  if there and there.type == "dir" then return to.path .. "/" end
  if not there and to.path:find("/$") then fail("%s: there is no such directory", to.path) end
  if not there then check_parent(to) end
  return to.path
end

local function copy(from, source, to, destination, owner)
  sched.job(layer.copy, { from = from, to = to, sources = { source }, destination = destination,
    chown = owner })
end

--- A link is copied as it is: alone in a directory of its own, whose contents are then copied.
local function copy_link(store, from, to, target, owner)
  local into, name = target, name_of(from.path)
  if not target:find("/$") then into, name = path.dirname(target), name_of(target) end
  local dir = store:temp("link")
  local link = failure.check(from:stat(false)).target
  failure.check(fs.symlink(link, dir .. "/" .. name))
  local root <close> = failure.check(fs.open(dir, "dir"))
  copy(root:fd(), "/", to.fd, into .. "/", owner)
end

local function found(from, follows)
  local entry, err = from:stat(follows)
  if entry then return entry end
  failure.raise("not-found", ("%s: %s"):format(from.path, err.message), { errno = err.errno })
end

--- Copies what is at one place to another. Unless options.archive says that owners are kept,
-- everything belongs to the root user of where it goes (the caller, on the host).
function cp.copy(store, from, to, options)
  local owner = not options.archive and { uid = 0, gid = 0 } or nil
  local entry = found(from, options.follow_link or from.path:find("/$") ~= nil)
  if entry.type == "dir" then
    copy(from.fd, from.path, to.fd, directory_target(from, to), owner)
  elseif entry.type == "link" then
    copy_link(store, from, to, file_target(to), owner)
  else
    copy(from.fd, from.path, to.fd, file_target(to), owner)
  end
end

--- Writes what is at a place as a tar, under its own name.
function cp.write_tar(store, from, output, options)
  local dir = store:temp("tar")
  local to <close> = place.host(dir .. "/")
  local keeps = { archive = true, follow_link = options.follow_link }
  cp.copy(store, from, to, keeps)
  sched.job(layer.pack, dir, { form = "tree", output = output, compression = "none" })
end

--- Unpacks a tar, in any compression, into a directory that is there.
function cp.read_tar(input, to)
  local entry = found(to, true)
  if entry.type ~= "dir" then fail("%s is not a directory", to.path) end
  sched.job(layer.apply, input, to.path, { form = "tree", root = to.fd })
end

return cp
