--- The caller's ssh agent for run steps: a socket of ours in the step, and behind it the agent.
--
-- The agent's own socket isn't handed in: an agent talks to its own user only, and the step's may
-- be another; so may the mode and the owner be that the step asks for. Nor may a step tell it all
-- that there is (agentmessage.lua). With key files instead of a socket an ssh-agent is started for
-- the step, which holds them (no key is ever in the step).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local message = require "lamina.build.step.agentmessage"
local namespace = require "lamina.core.namespace"
local program = require "lamina.exec.program"
local sched = require "lamina.util.sched"
local uv = require "luv"

local agent = {}

local Agent = {}
Agent.__index = Agent

local backlog = 16

local function shut(handle)
  if handle and not handle:is_closing() then handle:close() end
end

local function shut_both(self, one, other)
  shut(one)
  shut(other)
  self.open[one], self.open[other] = nil, nil
end

--- Writes, and calls `after` once it is done; an end that is gone takes the other one with it.
local function write(self, to, other, bytes, after)
  if bytes == "" then return after() end
  if to:is_closing() then return shut_both(self, to, other) end
  to:write(bytes, function(err)
    if err or other:is_closing() then return shut_both(self, to, other) end
    after()
  end)
end

--- Passes on what comes, until either end is gone. Nothing more is read before that is written, so
-- that who doesn't read what he asked for fills no memory. `sieve(bytes)` answers what goes on and
-- what goes back; nil ends it.
local function pass(self, from, to, sieve)
  from:read_start(function(err, bytes)
    local on, back = nil, nil
    if not err and bytes then on, back = sieve(bytes) end
    if not on then return shut_both(self, from, to) end
    from:read_stop()
    write(self, to, from, on, function()
      write(self, from, to, back, function() pass(self, from, to, sieve) end)
    end)
  end)
end

local function everything(bytes) return bytes, "" end

--- A sieve of what a step says.
local function requests()
  local rest = ""
  return function(bytes)
    local passed, refused, left = message.split(rest .. bytes)
    rest = left
    return passed, passed and message.refusal:rep(refused)
  end
end

local function accept(self)
  local client, upstream = uv.new_pipe(false), uv.new_pipe(false)
  self.open[client], self.open[upstream] = true, true
  self.server:accept(client)
  upstream:connect(self.upstream, function(err)
    if err or client:is_closing() then return shut_both(self, client, upstream) end
    pass(self, client, upstream, requests())
    pass(self, upstream, client, everything)
  end)
end

--- A socket's path has at most 107 bytes: through a descriptor any folder is near enough.
local function near(dir, name)
  return ("/proc/%d/fd/%d/%s"):format(fs.getpid(), dir:fd(), name)
end

local function listen(self, mount)
  self.server = uv.new_pipe(false)
  failure.check(self.server:bind(near(self.dir, "socket")))
  failure.check(self.server:listen(backlog, function(err)
    if not err then accept(self) end
  end))
  failure.check(fs.chmod(self.path, mount.mode or 384)) -- 0600
  failure.check(fs.chown(self.path, mount.uid or 0, mount.gid or 0))
end

local function add_keys(socket, keys)
  local args = { "ssh-add", "-q", "--", table.unpack(keys) }
  local status, _, errors = program.try { args = args, env = {
    "PATH=" .. (os.getenv("PATH") or "/usr/bin:/bin"), "SSH_AUTH_SOCK=" .. socket,
    "SSH_ASKPASS_REQUIRE=never", "LC_ALL=C" }, hint = "install openssh-client" }
  if status.exited == 0 then return end
  failure.raise("invalid-input", "ssh: the key can't be used: " .. (errors[1] or "ssh-add failed"),
    { hint = "a key with a passphrase is added to an agent of one's own" })
end

--- Whether something listens on a socket: a program's is there before it does.
local function is_listening(path)
  local pipe, listens = uv.new_pipe(false), false
  sched.suspend(function(wake)
    pipe:connect(path, function(err)
      listens = not err
      wake()
    end)
    return setmetatable({}, { __close = function() shut(pipe) end })
  end)
  return listens
end

--- An ssh-agent that holds the keys; it ends with the step.
local function start(self, keys)
  local null <close> = failure.check(fs.open("/dev/null", "rw"))
  local socket = near(self.dir, "agent")
  local process, err = namespace.spawn { args = { "ssh-agent", "-D", "-a", socket },
    stdin = null:fd(), stdout = null:fd(), stderr = null:fd() }
  if not process then
    failure.raise("system", "ssh: " .. err.message, { errno = err.errno,
      hint = err.errno == "ENOENT" and "install openssh-client" or nil })
  end
  self.process = process
  while not is_listening(socket) do
    if process:wait(true) then failure.raise("system", "ssh: ssh-agent has ended") end
    sched.sleep(5)
  end
  add_keys(socket, keys)
  return socket
end

--- The socket for a mount in a folder of the step; nil where the caller gives none and none is
-- required. given: { socket = path } or { keys = { path, … } }.
function agent.open(mount, given, folder)
  if not given then
    if not mount.required then return nil end
    failure.raise("not-found", ("run: the ssh agent '%s' isn't given"):format(mount.id),
      { hint = ("--ssh %s gives it"):format(mount.id) })
  end
  local self = setmetatable({ path = folder .. "/socket", open = {} }, Agent)
  self.dir = failure.check(fs.open(folder, "dir"))
  local ok, err = pcall(function()
    self.upstream = given.socket or start(self, given.keys)
    listen(self, mount)
  end)
  if ok then return self end
  self:close()
  error(err, 0)
end

function Agent:close()
  shut(self.server)
  for handle in pairs(self.open) do shut(handle) end
  if self.process then self.process:close() end
  self.dir:close()
  self.open, self.process = {}, nil
end

return agent
