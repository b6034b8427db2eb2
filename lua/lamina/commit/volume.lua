--- What `--volume` names, and the directories behind it (SEMANTICS 37, 99).
--
-- An anonymous volume lies in its container's folder and goes with it; a named one stays in the
-- store. A new one gets what the image has at its place, and never becomes part of a layer.
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local path = require "lamina.util.path"
local rootpath = require "lamina.exec.rootpath"
local sched = require "lamina.util.sched"

local volume = {}

-- Others of Docker's options change nothing here: there is no SELinux label to set, and nothing
-- is ever propagated.
local flags = {
  ro = { readonly = true }, rw = { readonly = false }, nocopy = { nocopy = true },
  z = {}, Z = {}, rprivate = {}, consistent = {}, cached = {}, delegated = {},
}

local function usage(spec, why, hint)
  failure.raise("usage", ("--volume '%s': %s"):format(spec, why), { hint = hint })
end

local function read_flags(parsed, text, spec)
  for name in text:gmatch("[^,]+") do
    if not flags[name] then usage(spec, ("unknown option '%s'"):format(name)) end
    for key, value in pairs(flags[name]) do parsed[key] = value end
  end
end

local function check_target(target, spec)
  if target:sub(1, 1) ~= "/" then usage(spec, "the place in the container is an absolute path") end
  if path.clean(target) == "/" then usage(spec, "nothing can be mounted on /") end
  return path.clean(target)
end

local function read_source(parsed, source, spec)
  if source:find("^%.?%.?/") or source == "." or source == ".." then
    parsed.source = fs.realpath(source)
    if parsed.source then return end
    usage(spec, ("%s: there is no such file or directory"):format(source))
  elseif not source:find("^[%w][%w_.-]+$") then
    usage(spec, ("'%s' is neither a path nor a volume's name"):format(source),
      "a path begins with '/' or './'")
  end
  parsed.volume = source
end

--- "/target", "name:/target[:options]" or "/source:/target[:options]":
-- { source= | volume= | neither (anonymous), target=, readonly=, nocopy= }.
function volume.parse(spec)
  local parsed = {}
  local source, rest = spec:match("^([^:]+):(.+)$")
  if not source then
    parsed.target = check_target(spec, spec)
    return parsed
  end
  local target, options = rest:match("^([^:]+):(.+)$")
  parsed.target = check_target(target or rest, spec)
  read_flags(parsed, options or "", spec)
  read_source(parsed, source, spec)
  return parsed
end

--- All mounts of a container: those asked for, and an anonymous one for each other VOLUME. Those
-- that others lie in come first.
function volume.list(specs, volumes)
  local list, taken = {}, {}
  for _, spec in ipairs(specs or {}) do
    local parsed = volume.parse(spec)
    if taken[parsed.target] then usage(spec, "something is mounted there already") end
    list[#list + 1], taken[parsed.target] = parsed, true
  end
  for name in pairs(volumes or {}) do
    local target = path.clean("/" .. name)
    if target ~= "/" and not taken[target] then
      list[#list + 1], taken[target] = { target = target }, true
    end
  end
  table.sort(list, function(a, b) return a.target < b.target end)
  return list
end

--- Gives a new directory the attributes of the one it stands for.
local function take_attributes(dir, entry)
  failure.check(fs.chown(dir, entry.uid, entry.gid))
  failure.check(fs.chmod(dir, entry.mode & 4095)) -- 07777
  failure.check(fs.utime(dir, entry.mtime, entry.mtime_nsec))
end

local function copy_content(root, target, dir)
  local to <close> = failure.check(fs.open(dir, "dir"))
  sched.job(layer.copy, { from = root, to = to:fd(), destination = "/",
    sources = { { path = rootpath.follow(root, target), name = "" } } })
end

--- Copies what the image has at `target` into the empty directory.
local function seed(store, layers, target, dir)
  failure.check(fs.chmod(dir, 493)) -- 0755
  if #layers == 0 then return end
  local view <close> = exec.mount(store, layers)
  local entry = fs.stat(target, { root = view:fd() })
  if not entry then return end
  if entry.type ~= "dir" then
    failure.raise("invalid-input", ("volume %s: the image has a file there"):format(target))
  end
  copy_content(view:fd(), target, dir)
  take_attributes(dir, entry)
end

--- Makes a volume beside its final place and moves it there: nobody sees half a one.
local function make(store, layers, mount, final)
  local dir = store:temp("volume")
  if not mount.nocopy then seed(store, layers, mount.target, dir) end
  failure.check(fs.mkdirs(path.dirname(final)))
  local done, err = fs.rename(dir, final, { noreplace = true })
  if not done and err.errno ~= "EEXIST" then failure.check(done, err) end
end

--- What is mounted, wherever it lies: the `number`th mount of a container.
local function directory(store, record, mount, number)
  if mount.source then return mount.source end
  if mount.volume then return ("%s/volumes/%s"):format(store.root, mount.volume) end
  return ("%s/volumes/%d"):format(record.dir, number)
end

--- A container's mounts: { source = the path on this machine, target =, readonly = }.
function volume.mounts(store, record)
  local list = {}
  for i, mount in ipairs(record.config.host.mounts or {}) do
    list[i] = { source = directory(store, record, mount, i), target = mount.target,
      readonly = mount.readonly or false }
  end
  return list
end

--- Makes the volumes of a new container that aren't there.
function volume.make_all(store, record)
  for i, mount in ipairs(record.config.host.mounts) do
    local final = directory(store, record, mount, i)
    if not mount.source and not fs.stat(final) then make(store, record.layers, mount, final) end
  end
end

return volume
