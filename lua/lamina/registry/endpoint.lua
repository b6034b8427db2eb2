--- Where a registry is: the hosts to ask for what a name's domain stands for, mirrors first.
--
--   { registry = "docker.io", host = "registry-1.docker.io", is_mirror = false, is_tls = true,
--     base = "https://registry-1.docker.io", ca_file =, cert_file =, key_file = }
--
-- Without TLS are only hosts that are set so and this machine's own, unless there are certificates
-- for them. Nothing ever falls back to it.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local is_loopback = require "lamina.registry.loopback"
local settings = require "lamina.registry.settings"

local endpoint = {}

local homes = { ["docker.io"] = "registry-1.docker.io" }

--- The first folder of certificates for a host; nil when there is none.
local function folder_of(host)
  for _, dir in ipairs(settings.certificate_folders()) do
    local path = dir .. "/" .. host
    local stat = fs.stat(path)
    if stat and stat.type == "dir" then return path end
  end
end

--- The files of certs.d: *.crt is whom to trust, NAME.cert and NAME.key who we are.
local function certificates(dir)
  local found = {}
  for _, name in ipairs(dir and failure.check(fs.list(dir)) or {}) do
    local path, kind = dir .. "/" .. name, name:match("%.(%w+)$")
    if kind == "crt" then
      if found.ca_file then
        failure.raise("unsupported", dir .. ": more than one file *.crt",
          { hint = "one file may hold several certificates" })
      end
      found.ca_file = path
    elseif kind == "cert" then
      found.cert_file, found.key_file = path, (path:gsub("cert$", "key"))
    end
  end
  if found.key_file and not fs.stat(found.key_file) then
    failure.raise("not-found", ("%s is missing, the key of %s"):format(found.key_file,
      found.cert_file))
  end
  return found
end

--- What is set for the host comes before what its folder has. One file may be certificate and key.
local function identity(host, set)
  local found = certificates(folder_of(host))
  if set.key and not set.cert then
    failure.raise("invalid-input", ("%s: a key is set for it, and no certificate"):format(host))
  end
  if set.cert then found.cert_file, found.key_file = set.cert, set.key or set.cert end
  found.ca_file = set.ca or found.ca_file
  for _, path in pairs(found) do
    if not fs.stat(path) then
      failure.raise("not-found", ("%s: there is no %s, which is set for it"):format(host, path))
    end
  end
  return found
end

local function make(registry, scheme, host, is_mirror)
  local set = settings.of(is_mirror and host or registry)
  local found = scheme == "https" and identity(host, set) or {}
  return { registry = registry, host = host, base = scheme .. "://" .. host,
    is_tls = scheme == "https", is_mirror = is_mirror, ca_file = found.ca_file,
    cert_file = found.cert_file, key_file = found.key_file }
end

local function scheme_of(domain, host)
  local set = settings.of(domain)
  local is_plain = set.insecure
  if is_plain == nil then
    is_plain = is_loopback(host) and not (set.ca or set.cert or set.key) and not folder_of(host)
  end
  return is_plain and "http" or "https"
end

--- The registry itself.
function endpoint.home(domain)
  local host = homes[domain] or domain
  return make(domain, scheme_of(domain, host), host, false)
end

--- Whom to ask for images, in this order.
function endpoint.list(domain)
  local list = {}
  for _, url in ipairs(settings.of(domain).mirrors or {}) do
    local scheme, host = url:match("^(https?)://(.+)$")
    list[#list + 1] = make(domain, scheme, host, true)
  end
  list[#list + 1] = endpoint.home(domain)
  return list
end

return endpoint
