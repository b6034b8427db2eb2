--- A place that files are copied from or to: a path below the root of a container or of the host.
--
--   local place <close> = place.open(store, record, "/etc", true)    -- to write there
--   place.fd, place.path                                             -- resolve path below fd
--
-- A running container is seen as it sees itself. A stopped one is mounted for the occasion; what
-- lies in one of its volumes is then found there.
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local overlay = require "lamina.core.overlay"
local path = require "lamina.util.path"
local volume = require "lamina.commit.volume"

local place = {}

local Place = {}
Place.__index = Place

--- Lets go of what is held, the last first; may run twice.
function Place:close()
  while #self.held > 0 do
    local value = table.remove(self.held)
    local close = value.close or value.release
    close(value)
  end
end

Place.__close = Place.close

local function new(fd, at, held)
  return setmetatable({ fd = fd, path = at, held = held }, Place)
end

--- A path of the host; a relative one from the working directory. What a caller names is opened
-- before a container's namespaces are entered: those have other mounts, and their working directory
-- is the root.
function place.host(text)
  local absolute = text:sub(1, 1) == "/" and text
    or failure.check(fs.realpath(".")) .. "/" .. text
  local root = failure.check(fs.open("/", "dir"))
  return new(root:fd(), absolute, { root })
end

--- The mount of a stopped container that a path lies in: the mount and the rest of the path.
local function mount_at(store, record, text)
  local found
  local clean = path.clean("/" .. text)
  for _, mount in ipairs(volume.mounts(store, record)) do
    local is_below = (clean .. "/"):sub(1, #mount.target + 1) == mount.target .. "/"
    if is_below and fs.stat(mount.source).type == "dir" then found = mount end
  end
  return found, found and "/" .. text:sub(#found.target + 2)
end

local function in_volume(mount, rest, writes)
  if writes and mount.readonly then
    failure.raise("invalid-input", ("%s is mounted read-only"):format(mount.target))
  end
  local root = failure.check(fs.open(mount.source, "dir"))
  return new(root:fd(), rest, { root })
end

--- A container's tree to read from: its writable layer is one more layer, the topmost.
function place.view(store, record)
  local lower = store.layers:paths(exec.distinct(record.layers))
  table.insert(lower, 1, record.dir .. "/upper")
  return failure.check(overlay.mount { lower = lower, userxattr = store.userxattr })
end

local function mounted(store, record, writes)
  if not writes then return place.view(store, record) end
  return exec.mount(store, record.layers, record.dir .. "/upper", record.dir .. "/work")
end

local function in_stopped(store, record, text, writes)
  local mount, rest = mount_at(store, record, text)
  if mount then return in_volume(mount, rest, writes) end
  local claim = store.containers:claim(record.id)
  local ok, view = pcall(mounted, store, record, writes)
  if ok then return new(view:fd(), text, { claim, view }) end
  claim:release()
  error(view, 0)
end

--- A path of a container.
function place.open(store, record, text, writes)
  if record.status ~= "running" then return in_stopped(store, record, text, writes) end
  local root = failure.check(fs.open(("/proc/%d/root"):format(record.pid.pid), "path"))
  return new(root:fd(), text, { root })
end

--- What is there, or nil; a link at the end is only followed where that is asked for.
function Place:stat(follows)
  return fs.stat(self.path, { root = self.fd, follow = follows })
end

--- The directory that the path is in.
function Place:parent()
  return new(self.fd, path.dirname(path.clean(self.path)), {})
end

return place
