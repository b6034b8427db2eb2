--- Who we are for a registry, tried and then kept where Docker keeps it.
local authfile = require "lamina.registry.authfile"
local base64 = require "lamina.util.base64"
local client = require "lamina.registry.client"
local credentials = require "lamina.registry.credentials"
local endpoint = require "lamina.registry.endpoint"
local failure = require "lamina.util.failure"
local helper = require "lamina.registry.helper"
local json = require "lamina.core.json"
local reference = require "lamina.image.reference"

local login = {}

--- The domain that a server's name stands for: "https://HOST/v1/" and "HOST" are the same.
function login.domain(server)
  local host = (server or "docker.io"):gsub("^https?://", ""):gsub("/v[12]/?$", ""):gsub("/$", "")
  local ok, ref = pcall(reference.parse, host .. "/x/y")
  if not ok or host:find("/", 1, true) or ref.path ~= "x/y" then
    -- a bare word is no domain in a name, but is one here
    if not host:match("^%w[%w-]*$") then
      failure.raise("usage", ("'%s' is no registry"):format(server),
        { hint = "a registry looks like quay.io or localhost:5000" })
    end
    return host
  end
  return ref.domain
end

--- Asks the registry whether it takes these credentials.
function login.try(domain, known)
  local one = client.new(endpoint.home(domain), known)
  local answer = one:request { path = "/v2/" }
  if answer.status == 200 then return end
  if answer.status == 401 then
    failure.raise("system", ("%s: user name or password refused (status 401)"):format(one.at.host))
  end
  one:refuse(answer, "login")
end

--- All that Docker and Podman may have it under; answers whether there was anything.
local function forget(whole, domain)
  local keys = credentials.keys(whole.auths, domain)
  for _, key in ipairs(keys) do whole.auths[key] = nil end
  return #keys > 0
end

--- Keeps them: by the helper that the file names, else in the file. Answers where.
function login.keep(domain, known)
  local file = authfile.own()
  local whole = authfile.read(file)
  local name, key = credentials.helper(whole, domain)
  if name then
    helper.store(name, key, known)
    return "docker-credential-" .. name
  end
  whole.auths = type(whole.auths) == "table" and whole.auths ~= json.null and whole.auths or {}
  forget(whole, domain)
  whole.auths[key] = { auth = base64.encode(known.username .. ":" .. known.password) }
  authfile.write(file, whole)
  return file
end

--- Forgets them; answers whether there were any.
function login.drop(domain)
  local file = authfile.own()
  local whole = authfile.read(file)
  local name, key = credentials.helper(whole, domain)
  if name then
    local was_there = helper.get(name, key) ~= nil
    if was_there then helper.erase(name, key) end
    return was_there
  end
  if not forget(whole, domain) then return false end
  authfile.write(file, whole)
  return true
end

return login
