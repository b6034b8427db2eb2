--- An isolated network with a way out, for all commands of one build or one container.
--
--   local net <close> = network.new(store)
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

-- Its sandbox: a mount namespace with nothing in it, and no capabilities.
local arguments = {
  "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox",
  "--netns-type=path", "--ready-fd=3", "/proc/self/fd/4", "tap0",
}

function network.new(store)
  return setmetatable({ store = store }, Network)
end

local function give_up(message, errno, hint)
  local hints = { hint or "'--network host' and '--network none' do without it" }
  if hint then hints[2] = "'--network host' and '--network none' do without it" end
  failure.raise("system", "start the network: slirp4netns: " .. message,
    { errno = errno, hint = hints })
end

--- What it said last, and what may be done about it.
local function explain(self)
  local said = fs.read(self.log) or ""
  local message = said:match("([^\n]*tun[^\n]*)") or said:match("([^\n]+)\n*$") or "it ended"
  give_up(message, nil, message:find("/dev/net/tun", 1, true)
    and "every user needs to read and write /dev/net/tun (mode 0666, as udev sets it)" or nil)
end

--- Its output goes to a file: it speaks even when all is well.
local function spawn(self, writer)
  local null <close> = failure.check(fs.open("/dev/null", "r"))
  local log <close> = failure.check(fs.open(self.log, "w", { mode = 384 })) -- 0600
  local helper, err = namespace.spawn {
    args = arguments, stdin = null:fd(), stdout = log:fd(), stderr = log:fd(),
    fds = { writer:fd(), self.netns:fd() }, -- they become 3 and 4
  }
  if helper then return helper end
  give_up(err.message, err.errno, err.errno == "ENOENT" and "install slirp4netns" or nil)
end

--- It writes one byte when the interface is up; an end of file means that it gave up.
local function start(self)
  local reader <close>, write_end = failure.check(fs.pipe())
  local writer <close> = write_end
  self.log = self.store:temp("network") .. "/log"
  self.netns = failure.check(namespace.network())
  self.helper = spawn(self, writer)
  writer:close() -- so that the end of the helper is the end of the file
  sched.readable(reader:fd())
  if reader:read(1) ~= "1" then explain(self) end
end

--- The namespace's descriptor. Steps that come while it starts wait for the same start.
function Network:fd()
  self.starting = self.starting or sched.spawn(start, self)
  self.starting:wait()
  return self.netns:fd()
end

function Network:close()
  if self.starting then self.starting:cancel() end
  for _, name in ipairs { "helper", "netns" } do
    if self[name] then self[name]:close() end
    self[name] = nil
  end
  self.starting = nil
end

Network.__close = Network.close

return network
