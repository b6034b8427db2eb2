--- A proxy before a registry that spoils what it is told to (proxy.py).
--
--   local front <close> = proxy.start(server)       -- a registry (registry.lua)
--   front:rules({ { path = "/blobs/", truncate = 100, times = 1 } }, { kind = "basic", … })
--   front:name "a/b:v1"      front:requests()       -- { { method, path, headers }, … } so far
local helper = require "support.helper"
local json = require "lamina.core.json"

local proxy = {}

local Proxy = {}
Proxy.__index = Proxy

local serial = 0

function proxy.start(server)
  local self = setmetatable({ dir = helper.tmpdir() }, Proxy)
  self.input = assert(io.popen(("exec python3 %s/tests/support/proxy.py %s %s 2>%s/err"):format(
    helper.top, self.dir, server.port, self.dir), "w"))
  for _ = 1, 500 do
    local file = io.open(self.dir .. "/port")
    if file then
      self.port = file:read("a")
      file:close()
      self.host = "127.0.0.1:" .. self.port
      return self
    end
    os.execute("sleep 0.02")
  end
  error("the proxy didn't start: " .. helper.read(self.dir .. "/err"))
end

function Proxy:name(rest)
  return self.host .. "/" .. rest
end

--- What it does from now on, instead of what it did before.
function Proxy:rules(rules, auth)
  serial = serial + 1
  helper.write(self.dir .. "/rules.new", json.encode { serial = serial,
    rules = json.array(rules or {}), auth = auth })
  assert(os.rename(self.dir .. "/rules.new", self.dir .. "/rules"))
end

--- The requests since the last call.
function Proxy:requests()
  local list, file = {}, io.open(self.dir .. "/log")
  if not file then return list end
  for line in file:lines() do list[#list + 1] = json.decode(line) end
  file:close()
  os.remove(self.dir .. "/log")
  return list
end

function Proxy:close()
  if self.input then self.input:close() end
  self.input = nil
end

Proxy.__close = Proxy.close

return proxy
