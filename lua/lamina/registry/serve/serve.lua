--- The store as a registry that can only be read, for programs of this machine.
local connection = require "lamina.registry.serve.connection"
local content = require "lamina.registry.serve.content"
local failure = require "lamina.util.failure"
local is_loopback = require "lamina.registry.loopback"
local sched = require "lamina.util.sched"
local uv = require "luv"

local serve = {}

local most = 64 -- connections at a time

--- "127.0.0.1:5000" as host and port; only addresses that nobody else can reach.
local function parse(address)
  local host, port = address:match("^(.*):(%d+)$")
  port = tonumber(port)
  if port and port <= 65535 and (host == "::1" or is_loopback(address)) then
    if host == "localhost" then host = "127.0.0.1" end
    return host:match("^%[(.*)%]$") or host, math.tointeger(port)
  end
  failure.raise("usage", ("'%s' is no loopback address with a port"):format(address),
    { hint = "the store is for this machine alone: 127.0.0.1:5000" })
end

--- Serves until the task is cancelled. `ready(address)` is called once it listens.
function serve.run(store, address, ready)
  local host, port = parse(address)
  local from <close> = content.new(store)
  local server, count = uv.new_tcp(), 0
  local _server <close> = setmetatable({}, { __close = function() server:close() end })
  failure.check(server:bind(host, port))
  local function attend(client)
    local _one <close> = setmetatable({}, { __close = function() count = count - 1 end })
    connection.run(client, function(request) return from:answer(request) end)
  end
  failure.check(server:listen(16, function(err)
    if err then return end
    local client = uv.new_tcp()
    if not server:accept(client) or count >= most then return client:close() end
    count = count + 1
    sched.spawn(attend, client)
  end))
  local name = failure.check(server:getsockname())
  ready((name.family == "inet6" and "[%s]:%d" or "%s:%d"):format(name.ip, name.port))
  sched.suspend(function() end)
end

return serve
