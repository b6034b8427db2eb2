--- An isolated network with a way out, for all commands of one build or one container.
--
--   local net <close> = network.new()
--   local fd = net:fd()        -- the first call makes the namespace and starts slirp4netns
--
-- slirp4netns forwards in user mode, so it needs no privilege, and 127.0.0.1 of the host stays
-- out of reach. It dies with us.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local namespace = require "lamina.core.namespace"
local sched = require "lamina.util.sched"

local network = {}

local Network = {}
Network.__index = Network

local arguments = {
  "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox",
  "--netns-type=path", "--ready-fd=3", "/proc/self/fd/4", "tap0",
}

function network.new()
  return setmetatable({ waiting = false }, Network)
end

--- slirp4netns writes one byte when the interface is up; an end of file means that it gave up.
local function wait_until_ready(self, pipe)
  sched.readable(pipe:fd())
  if pipe:read(1) == "1" then return end
  local status = self.helper:wait() or {}
  failure.raise("system", ("start the network: slirp4netns ended (%s)")
    :format(status.exited and "exit status " .. status.exited or status.name or "unknown"),
    { hint = "'--network host' or '--network none' do without it" })
end

local function spawn(self, writer)
  local helper, err = namespace.spawn {
    args = arguments, fds = { writer:fd(), self.netns:fd() }, -- they become 3 and 4
  }
  if helper then return helper end
  failure.raise("system", "start the network: slirp4netns: " .. (err.message or "unknown error"),
    { errno = err.errno, hint = "install slirp4netns, or use '--network host' or 'none'" })
end

local function start(self)
  local reader <close>, write_end = fs.pipe()
  local writer <close> = write_end
  self.netns = failure.check(namespace.network())
  self.helper = spawn(self, writer)
  writer:close() -- so that the end of the helper is the end of the file
  wait_until_ready(self, reader)
end

--- The namespace's descriptor. Steps that come while it starts wait for the same start.
function Network:fd()
  if not self.starting then
    self.starting = sched.spawn(start, self)
  end
  self.starting:wait()
  return self.netns:fd()
end

function Network:close()
  if self.starting then self.starting:cancel() end
  if self.helper then self.helper:close() end
  if self.netns then self.netns:close() end
  self.starting, self.helper, self.netns = nil, nil, nil
end

Network.__close = Network.close

return network
