--- One command in one root file system: what build steps and `lamina run` stand on.
--
--   local net <close> = exec.network(store)          -- nothing is started before it is needed
--   local running <close> = exec.start(store, {
--     layers = { diff ids, bottom first },
--     upper = dir, work = dir,       -- the writable layer; neither: a read-only view
--     args = { "make", "all" },      -- args[1] is looked up in env's PATH inside the root
--     env = { "A=b" },               -- all of it; HOME is added from the image's passwd if absent
--     cwd = "/src",                  -- made when missing (0755, owned by the user); default "/"
--     user = "",                     -- "name|uid[:group|gid]", resolved inside the root
--     hostname = nil,                -- given: also bound as /etc/hostname; else "lamina"
--     network = "default",           -- "host", "none", or what exec.network answered
--     mounts = {},                   -- as namespace.start; their targets are made and unmade here
--     check_target = nil,            -- raises where nothing may be mounted; is given each target
--                                    -- once the links on the way to it are followed
--     volatile = false,              -- true for steps: nothing is synced, hosts and resolv.conf
--                                    -- are read-only and shared
--     foreground = false,            -- true: signals wait for process:attend from before the start
--     -- passed on to namespace.start as they are: readonly, terminal, stdin, stdout, stderr,
--     -- capabilities, no_new_privileges, seccomp, init, rlimits
--   })
--   local status = running:wait()                    -- in a task
--   local status = running.process:attend{ … }       -- or in the foreground
--   running:close()      -- (also __close) whatever is left is killed, stubs are gone, parents have
--                        -- their times back, nothing is mounted: the upper may be sealed
--
-- running.process: the core process; running.pid; running.root: descriptor of the merged root,
-- valid until close; running.user: { uid=, gid=, groups=, home=, name= };
-- running.stubs: paths in the root that are there only because something is mounted on them.
--
-- A command that can't be found or run fails with a failure "system" whose status is 127 or 126.
local failure = require "lamina.util.failure"
local files = require "lamina.exec.files"
local fs = require "lamina.core.fs"
local implied = require "lamina.exec.implied"
local namespace = require "lamina.core.namespace"
local network = require "lamina.exec.network"
local overlay = require "lamina.core.overlay"
local rootpath = require "lamina.exec.rootpath"
local workdir = require "lamina.exec.workdir"

local exec = {}

local default_hostname = "lamina"

-- What goes on to namespace.start untouched.
local passed_on = {
  "readonly", "terminal", "stdin", "stdout", "stderr", "capabilities", "no_new_privileges",
  "seccomp", "init", "rlimits",
}

local Running = {}
Running.__index = Running

--- A network that exec.start takes; nothing is started before the first command needs it.
function exec.network(store)
  return network.new(store)
end

local function mount_all(store, layers, upper, work, volatile)
  local lower = store.layers:paths(layers)
  local correction = implied.folder(store, layers, exec.mount)
  if correction then table.insert(lower, 1, correction) end
  return failure.check(overlay.mount { lower = lower, upper = upper, work = work,
    userxattr = store.userxattr, volatile = upper and volatile })
end

--- Mounts layers (bottom first) as one tree; the answered core mount unmounts when it is closed.
function exec.mount(store, layers, upper, work, volatile)
  layers = exec.distinct(layers)
  local ok, result = pcall(mount_all, store, layers, upper, work, volatile)
  if ok then return result end
  store.layers:check(layers) -- says more
  error(result, 0)
end

--- The layers as one read-only tree; nil where there are none.
function exec.view(store, layers)
  return #layers > 0 and exec.mount(store, layers) or nil
end

--- Mounts a writable upper over one directory; what is written is thrown away with the upper.
function exec.writable_view(store, lower, upper, work)
  return failure.check(overlay.mount {
    lower = { lower }, upper = upper, work = work, userxattr = store.userxattr, volatile = true,
  })
end

--- The list without repeated layers. The kernel refuses to stack a directory on itself; of equal
-- layers the topmost hides all that the others say.
function exec.distinct(layers)
  local kept, seen = {}, {}
  for i = #layers, 1, -1 do
    if not seen[layers[i]] then table.insert(kept, 1, layers[i]) end
    seen[layers[i]] = true
  end
  return kept
end

--- The kind of network, for resolv.conf, and what namespace.start takes.
local function join_network(self, wanted)
  if wanted == "host" or wanted == "none" then return wanted, wanted end
  if wanted == nil or wanted == "default" then
    self.network = network.new(self.store)
    wanted = self.network
  end
  return "default", wanted:fd()
end

--- The mounts of our own files, and those that were asked for; answers how many are ours, too.
local function all_mounts(self, spec, kind)
  local hostname = spec.hostname or default_hostname
  if not spec.volatile then self.etc = files.make(self.store, hostname, kind) end
  local dir = self.etc or files.share(self.store, hostname, kind)
  local list = {}
  for _, name in ipairs { "resolv.conf", "hosts", spec.hostname and "hostname" } do
    list[#list + 1] = { type = "bind", source = dir .. "/" .. name, target = "/etc/" .. name,
      readonly = spec.volatile or false }
  end
  local ours = #list
  for _, mount in ipairs(spec.mounts or {}) do
    local own = {}
    for key, value in pairs(mount) do own[key] = value end
    list[#list + 1] = own
  end
  return list, ours
end

--- Whether a directory or a file has to be there to be mounted on.
local function stub_kind(mount)
  if mount.type ~= "bind" then return "dir" end
  local source = mount.source or ("/proc/self/fd/%d"):format(mount.fd)
  return failure.check(fs.stat(source)).type == "dir" and "dir" or "file"
end

--- Links on the way to a target are followed now: nothing is looked up twice, and what they lead
-- to is made where it is missing.
local function make_stubs(self, spec, mounts, ours)
  local list = {}
  self.stubs = {}
  for i, mount in ipairs(mounts) do
    mount.target = "/" .. rootpath.follow(self.root, mount.target)
    if spec.check_target and i > ours then spec.check_target(mount.target) end
    list[i] = { path = mount.target, kind = stub_kind(mount) }
    self.stubs[i] = mount.target
  end
  self.prepared = failure.check(namespace.prepare(self.root, list))
end

--- The environment with HOME, which the image's passwd tells where the caller doesn't.
local function environment(spec, user)
  local env = table.move(spec.env or {}, 1, #(spec.env or {}), 1, {})
  for _, entry in ipairs(env) do
    if entry:find("^HOME=") then return env end
  end
  env[#env + 1] = "HOME=" .. (user.home and user.home ~= "" and user.home or "/")
  return env
end

local function launch(self, spec, net, mounts)
  local start = {
    root = self.root, args = spec.args, env = environment(spec, self.user), network = net,
    cwd = spec.cwd or "/", mounts = mounts, hostname = spec.hostname or default_hostname,
    user = { uid = self.user.uid, gid = self.user.gid, groups = self.user.groups },
  }
  for _, key in ipairs(passed_on) do start[key] = spec[key] end
  if spec.foreground then self.signals = namespace.hold_signals() end
  self.process = failure.check(namespace.start(start))
  self.pid = self.process:pid()
end

local function start(self, spec)
  local kind, net = join_network(self, spec.network)
  self.mount = exec.mount(self.store, spec.layers, spec.upper, spec.work, spec.volatile)
  self.root = self.mount:fd()
  self.user = failure.check(namespace.resolve_user(self.root, spec.user or ""))
  local mounts, ours = all_mounts(self, spec, kind)
  if spec.upper then workdir.make(self.root, spec.cwd or "/", self.user) end
  make_stubs(self, spec, mounts, ours)
  launch(self, spec, net, mounts)
end

--- Starts a command; see the head of this file.
function exec.start(store, spec)
  local self = setmetatable({ store = store }, Running)
  local unfinished <close> = setmetatable({}, { __close = function(guard)
    if not guard.done then self:close() end -- an error, or the task was cancelled
  end })
  start(self, spec)
  unfinished.done = true
  return self
end

--- Waits in a task for the end of the command: { exited = } or { signal =, name = }.
function Running:wait()
  return require("lamina.util.sched").process(self.process)
end

-- In the order they are let go: nothing may write any more when the stubs are looked at.
local held = { { "process", "close" }, { "prepared", "remove" }, { "mount", "close" },
  { "network", "close" }, { "signals", "close" } }

function Running:close()
  for _, entry in ipairs(held) do
    local value = self[entry[1]]
    self[entry[1]] = nil
    if value then value[entry[2]](value) end
  end
  if self.etc then fs.remove(self.etc) end
  self.etc, self.root, self.pid = nil, nil, nil
end

Running.__close = Running.close

return exec
