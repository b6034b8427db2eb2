--- The files of /etc that a command sees instead of the image's: resolv.conf, hosts, hostname.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local resolv = require "lamina.exec.resolv"

local files = {}

local limit = 1024 * 1024

--- A file of the host, or "" where there is none.
local function host_file(path)
  return fs.read(path, { limit = limit }) or ""
end

local function host_resolv()
  local text = host_file("/etc/resolv.conf")
  if not resolv.is_stub(text) then return text end
  local real = host_file("/run/systemd/resolve/resolv.conf")
  return real ~= "" and real or text
end

local function hosts(hostname)
  return ("127.0.0.1\tlocalhost %s\n"):format(hostname)
    .. "::1\tlocalhost ip6-localhost ip6-loopback\n"
end

local function write(dir, name, text)
  failure.check(fs.write(dir .. "/" .. name, text, { mode = 420 })) -- 0644
end

--- Writes the three files into a new folder of the store and answers it.
function files.make(store, hostname, network)
  local dir = store:temp("etc")
  write(dir, "resolv.conf", resolv.text(host_resolv(), network))
  write(dir, "hosts", hosts(hostname))
  write(dir, "hostname", hostname .. "\n")
  return dir
end

-- Steps see the same files, read-only: one folder a store and kind of network is enough.
local shared = setmetatable({}, { __mode = "k" })

--- A folder that stays as it is for as long as the store is open.
function files.share(store, hostname, network)
  local of_store = shared[store] or {}
  local key = network .. " " .. hostname
  shared[store] = of_store
  of_store[key] = of_store[key] or files.make(store, hostname, network)
  return of_store[key]
end

return files
