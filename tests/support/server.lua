--- An HTTP server on loopback for a spec (server.py): `local web <close> = server.start()`.
--
--   web:url("/files/x")    web:put("x", "text")    web:log()
local helper = require "support.helper"

local server = {}

local Server = {}
Server.__index = Server

--- Starts one. options: scheme ("https" with cert and key, paths), host.
function server.start(options)
  options = options or {}
  local self = setmetatable({ dir = helper.tmpdir(), scheme = options.scheme or "http" }, Server)
  assert(os.execute("mkdir -p " .. self.dir .. "/files " .. self.dir .. "/git"))
  local tls = options.cert and ("CERT=%s KEY=%s "):format(options.cert, options.key) or ""
  self.input = assert(io.popen(("%sexec python3 %s/tests/support/server.py %s 2>%s/err"):format(
    tls, helper.top, self.dir, self.dir), "w"))
  for _ = 1, 500 do
    local file = io.open(self.dir .. "/port")
    if file then
      self.port = file:read("a")
      file:close()
      return self
    end
    os.execute("sleep 0.02")
  end
  error("the server didn't start: " .. helper.read(self.dir .. "/err"))
end

function Server:url(path, host)
  return ("%s://%s:%s%s"):format(self.scheme, host or "127.0.0.1", self.port, path)
end

--- Puts a file below /files/; answers its URL.
function Server:put(name, text, mtime)
  local path = helper.write(self.dir .. "/files/" .. name, text)
  if mtime then os.execute(("touch -d @%d %s"):format(mtime, path)) end
  return self:url("/files/" .. name)
end

--- The lines of the requests so far, and forgets them.
function Server:log()
  local file = io.open(self.dir .. "/log")
  if not file then return {} end
  local lines = {}
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  os.remove(self.dir .. "/log")
  return lines
end

function Server:close()
  if self.input then self.input:close() end
  self.input = nil
end

Server.__close = Server.close

return server
