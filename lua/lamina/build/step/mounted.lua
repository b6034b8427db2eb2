--- Makes the mounts of a run step, and undoes what they needed.
local agent = require "lamina.build.step.agent"
local cachedir = require "lamina.build.step.cachedir"
local deliver = require "lamina.build.deliver"
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local secret = require "lamina.build.step.secret"

local mounted = {}

local Mounted = {}
Mounted.__index = Mounted

--- Keeps a value that is to be closed after the step.
local function keep(self, value)
  self.held[#self.held + 1] = value
  return value
end

local function new_folder(self, dir)
  self.folders = (self.folders or 0) + 1
  local path = ("%s/mount-%d"):format(dir.path, self.folders)
  failure.check(fs.mkdir(path))
  failure.check(fs.chmod(path, 493)) -- 0755
  return path
end

--- A writable view of a tree whose changes are thrown away.
local function writable(self, lower, dir)
  local upper, work = new_folder(self, dir), new_folder(self, dir)
  return keep(self, exec.writable_view(self.store, lower, upper, work)):fd()
end

local make = {}

--- Whether the files themselves look as a copy of them would. Of a context nothing may be left out,
-- and all of it has to be root's.
local function is_as_copied(source, tree, name)
  if not source.is_context then return true end
  return not tree.filter and tree:digest(name, { state = true })
    == tree:digest(name, { state = true, uid = 0, gid = 0 })
end

--- The path of a copy in a folder of the step's.
local function copied(self, tree, name, is_dir, dir)
  local folder = new_folder(self, dir)
  deliver.select(tree, name, folder)
  return is_dir and folder or folder .. "/" .. name:match("[^/]+$")
end

--- Copying takes time, so a step sees the files themselves where it can't tell. What it writes goes
-- to a copy, or over a directory, and is thrown away: never to the files themselves.
function make.bind(self, mount, work, dir)
  local tree = work:tree(mount.use.source)
  local name = tree:find_one(mount.use.select.paths[1])
  local is_dir, is_readonly = tree:stat(name).type == "dir", mount.readonly ~= false
  local bound = { type = "bind", target = mount.target, readonly = is_readonly }
  if not is_as_copied(mount.use.source, tree, name) or not (is_dir or is_readonly) then
    bound.source = copied(self, tree, name, is_dir, dir)
    return bound
  end
  bound.fd = keep(self, failure.check(fs.open(name == "" and "." or name, "path",
    { root = tree.fd }))):fd()
  if not is_readonly then bound.fd = writable(self, "/proc/self/fd/" .. bound.fd, dir) end
  return bound
end

local strictness = { shared = 1, private = 2, locked = 3 }

--- Opens the caches of all mounts, one for each id, shared as the strictest of its mounts says
-- (SEMANTICS 67). All steps take them in the same order, so that no two wait for each other.
local function open_caches(self, mounts, work)
  local by_id, ids = {}, {}
  for _, mount in ipairs(mounts) do
    if mount.type == "cache" then
      local known = by_id[mount.id]
      if not known then ids[#ids + 1] = mount.id end
      by_id[mount.id] = known or setmetatable({}, { __index = mount })
      local sharing = mount.sharing or "shared"
      if not known or strictness[sharing] > strictness[known.sharing] then
        by_id[mount.id].sharing = sharing
      end
    end
  end
  table.sort(ids)
  for _, id in ipairs(ids) do self.caches[id] = keep(self, cachedir.open(work, by_id[id])) end
end

function make.cache(self, mount)
  local place = self.caches[mount.id]
  return { type = "bind", source = place.path, target = mount.target, readonly = mount.readonly }
end

--- A script is a file of the step's folder, to be read and run.
function make.script(self, mount, _, dir)
  local path = new_folder(self, dir) .. "/script"
  failure.check(fs.write(path, mount.text, { mode = 493 })) -- 0755
  failure.check(fs.chmod(path, 493))
  return { type = "bind", source = path, target = mount.target, readonly = true }
end

function make.tmpfs(_, mount)
  return { type = "tmpfs", target = mount.target, size = mount.size and tostring(mount.size),
    mode = mount.mode and ("%o"):format(mount.mode) }
end

function make.secret(self, mount, work, dir)
  local text = secret.read(mount, work.options.secrets)
  if not text then return nil end
  if mount.env then self.env[#self.env + 1] = mount.env .. "=" .. text end
  if not mount.target then return nil end
  self.vault = self.vault or keep(self, secret.vault(new_folder(self, dir)))
  return { type = "bind", source = self.vault:put(mount, text), target = mount.target,
    readonly = true }
end

--- The first agent is the one that programs find.
function make.ssh(self, mount, work, dir)
  local given = (work.options.ssh or {})[mount.id]
  local socket = agent.open(mount, given, given and new_folder(self, dir))
  if not socket then return nil end
  keep(self, socket)
  if not self.has_agent then self.env[#self.env + 1] = "SSH_AUTH_SOCK=" .. mount.target end
  self.has_agent = true
  return { type = "bind", source = socket.path, target = mount.target, readonly = true }
end

--- Opens every mount of a vertex: { list = as namespace.start takes them, env = { "NAME=…" } }.
function mounted.open(vertex, work, dir)
  local self = setmetatable({ held = {}, list = {}, env = {}, caches = {}, store = work.store },
    Mounted)
  local unfinished <close> = setmetatable({}, { __close = function(guard)
    if not guard.done then self:close() end
  end })
  open_caches(self, vertex.mounts, work)
  for _, mount in ipairs(vertex.mounts) do
    self.list[#self.list + 1] = make[mount.type](self, mount, work, dir)
  end
  unfinished.done = true
  return self
end

function Mounted:close()
  for i = #self.held, 1, -1 do self.held[i]:close() end
  self.held = {}
end

Mounted.__close = Mounted.close

return mounted
