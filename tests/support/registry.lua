--- A real registry (Debian's docker-registry) on loopback: `local it <close> = registry.start()`.
--
--   it.host                                   "127.0.0.1:40123"
--   it:name "a/b:v1"                          the whole name of something in it
--   it:push("oci-archive:/tmp/x.tar", "a/b:v1")     by skopeo, which is it.skopeo
--   it:log()                                  what it was asked for: "GET /v2/a/b/manifests/v1 200"
--   it:versions()                             in which versions of HTTP: { "1.1", "2.0" }
local helper = require "support.helper"

local registry = {}

local Registry = {}
Registry.__index = Registry

local template = [[
version: 0.1
log: { level: info, formatter: json, accesslog: { disabled: false } }
storage:
  filesystem: { rootdirectory: %s/data }
  delete: { enabled: true }
http:
  addr: %s:0
%s]]

-- The password "secret" of the user "me", as htpasswd -B writes it.
local htpasswd = "me:$2y$05$qx5YC0sQZlOxhTUj1/8bkemaGCJKn0zO9o7WKO5jeM1tqJ1HC966K\n"

--- A certificate authority of our own and a certificate by it for 127.0.0.1; answers the folder
-- with ca.crt, server.crt and server.key. `days` may be negative: it has expired.
function registry.certificates(options)
  options = options or {}
  local dir = helper.tmpdir()
  local status, _, err = helper.sh(([[set -e; cd %s
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=ours -days 2
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=registry
    echo 'subjectAltName=%s' >ext
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile ext \
      -days %d -out server.crt]]):format(dir, options.names or "IP:127.0.0.1,DNS:localhost",
    options.days or 2))
  assert(status == 0, err)
  return dir
end

local function parts(options, dir)
  local text = ""
  if options.certificates then
    text = text .. ("  tls: { certificate: %s/server.crt, key: %s/server.key%s }\n"):format(
      options.certificates, options.certificates, options.asks_certificates
      and (", clientcas: [%s/ca.crt]"):format(options.certificates) or "")
  end
  if options.password then
    helper.write(dir .. "/htpasswd", htpasswd)
    text = text .. ("auth:\n  htpasswd: { realm: ours, path: %s/htpasswd }\n"):format(dir)
  end
  return text
end

--- Starts one. options: certificates (a folder: it speaks TLS), password (only "me" with "secret"
-- may do anything), asks_certificates (of its callers, by the same authority).
function registry.start(options)
  options = options or {}
  local dir = helper.tmpdir()
  helper.write(dir .. "/config.yml", template:format(dir, "127.0.0.1", parts(options, dir)))
  helper.write(dir .. "/log", "")
  assert(os.execute(("docker-registry serve %s/config.yml >>%s/log 2>&1 & echo $! >%s/pid")
    :format(dir, dir, dir)))
  local self = setmetatable({ dir = dir, pid = helper.read(dir .. "/pid"):match("%d+") }, Registry)
  -- where nothing else is, others look into folders that aren't everybody's
  self.skopeo = ("REGISTRY_AUTH_FILE=%s skopeo"):format(helper.write(dir .. "/auth.json", "{}"))
  for _ = 1, 500 do
    self.port = helper.read(dir .. "/log"):match("listening on 127%.0%.0%.1:(%d+)")
    if self.port then
      self.host = "127.0.0.1:" .. self.port
      return self
    end
    os.execute("sleep 0.02")
  end
  self:close()
  error("the registry didn't start: " .. helper.read(dir .. "/log"))
end

function Registry:name(rest)
  return self.host .. "/" .. rest
end

--- Copies an image into it by skopeo. `more` are further options.
function Registry:push(from, name, more)
  local status, _, err = helper.sh(("%s copy --quiet --dest-tls-verify=false %s %s docker://%s")
    :format(self.skopeo, more or "", helper.quote(from), self:name(name)))
  assert(status == 0, err)
end

--- The digest that a tag stands for.
function Registry:digest(path, tag)
  return helper.read(("%s/data/docker/registry/v2/repositories/%s/_manifests/tags/%s/current/link")
    :format(self.dir, path, tag))
end

--- What was written to the log since the last call: the request lines with the statuses.
local function requests(self)
  local text, from = helper.read(self.dir .. "/log"), self.read or 1
  self.read = #text + 1
  return text:sub(from):gmatch('"(%u+) (%S+) HTTP/(%d%.%d)" (%d+)')
end

--- What it was asked for since the last call: "METHOD PATH STATUS" a line.
function Registry:log()
  local list = {}
  for method, path, _, status in requests(self) do
    list[#list + 1] = ("%s %s %s"):format(method, path, status)
  end
  return list
end

--- The versions of HTTP in which it was asked since the last call, each once.
function Registry:versions()
  local list, seen = {}, {}
  for _, _, version in requests(self) do
    if not seen[version] then list[#list + 1] = version end
    seen[version] = true
  end
  return list
end

function Registry:close()
  if self.pid then os.execute("kill " .. self.pid .. " 2>/dev/null") end
  self.pid = nil
end

Registry.__close = Registry.close

return registry
