--- Who we are for a registry: { username =, password = }, { identity_token = } or
-- { bearer = }, out of Docker's and Podman's files and their helpers; nil for nobody.
--
-- They are for the very host and port that they are kept under, and for nobody else.
local authfile = require "lamina.registry.authfile"
local base64 = require "lamina.util.base64"
local failure = require "lamina.util.failure"
local helper = require "lamina.registry.helper"
local is_loopback = require "lamina.registry.loopback"

local credentials = {}

local hub = "https://index.docker.io/v1/" -- what Docker calls its own registry there

-- Under which names a host may be kept.
local other_names = {
  ["docker.io"] = { hub, "docker.io", "index.docker.io", "registry-1.docker.io" },
}
other_names["registry-1.docker.io"] = other_names["docker.io"]

--- The name that Docker keeps a registry under.
function credentials.key(domain)
  return domain == "docker.io" and hub or domain
end

--- The names to look for, the most particular first: Podman may keep a repository's own.
local function keys_of(at, repository)
  local keys, rest = {}, repository
  while rest and rest ~= "" do
    keys[#keys + 1] = at.registry .. "/" .. rest
    rest = rest:match("^(.*)/[^/]*$")
  end
  for _, name in ipairs(other_names[at.host] or { at.host }) do keys[#keys + 1] = name end
  return keys
end

--- "https://HOST/v1/" and "HOST" mean the same host. What names https isn't for plain http: where a
-- scheme is given, another one is nobody.
local function host_of(key, scheme)
  local said, rest = key:match("^(%a+)://(.*)$")
  if said and scheme and said ~= scheme then return nil end
  return ((rest or key):gsub("/v[12]/?$", ""):gsub("/$", ""))
end

--- The keys of `auths` that stand for one of some names, in the order of those.
local function matching(auths, names, scheme)
  local list = {}
  for _, wanted in ipairs(names) do
    for key in pairs(type(auths) == "table" and auths or {}) do
      if key == wanted or host_of(key, scheme) == wanted then list[#list + 1] = key end
    end
  end
  return list
end

--- All keys of `auths` under which a registry is kept.
function credentials.keys(auths, domain)
  return matching(auths, other_names[domain] or { domain })
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local function from_entry(file, key, entry)
  if type(entry) ~= "table" then
    failure.raise("invalid-input", ("%s: auths: '%s': an object expected"):format(file, key))
  end
  if text(entry.identitytoken) then return { identity_token = entry.identitytoken } end
  if text(entry.registrytoken) then return { bearer = entry.registrytoken } end
  if not text(entry.auth) then
    if not text(entry.username) then return nil end
    return { username = entry.username, password = text(entry.password) or "" }
  end
  local plain = base64.decode(entry.auth)
  local username, password = (plain or ""):gsub("%z+$", ""):match("^([^:]+):(.*)$")
  if username then return { username = username, password = password } end
  failure.raise("invalid-input", ("%s: auths: '%s': 'auth' is not what it should be")
    :format(file, key), { hint = ("`lamina login %s` writes it again"):format(key) })
end

--- The scheme that a key may name; nil where any will do: what goes to this machine's own registry
-- crosses no network, and Docker may have written it down with https.
local function scheme_of(at)
  if at.is_tls then return "https" end
  return not is_loopback(at.host) and "http" or nil
end

--- The entry of a file's `auths`.
local function from_auths(file, auths, keys, at)
  for _, key in ipairs(matching(auths, keys, scheme_of(at))) do
    local found = from_entry(file, key, auths[key])
    if found then return found end
  end
end

--- The helper that a file names for a host, and the name it knows it by.
function credentials.helper(whole, domain)
  local key = credentials.key(domain)
  local helpers = type(whole.credHelpers) == "table" and whole.credHelpers or {}
  return text(helpers[domain]) or text(helpers[key]) or text(whole.credsStore), key
end

local function from_file(file, at, repository)
  local whole = authfile.read(file)
  local keys = keys_of(at, not at.is_mirror and repository or nil)
  local domain = at.is_mirror and at.host or at.registry
  local name, key = credentials.helper(whole, domain)
  return name and helper.get(name, key) or from_auths(file, whole.auths, keys, at)
end

--- What is known for an endpoint and one of its repositories.
function credentials.find(at, repository)
  for _, file in ipairs(authfile.paths()) do
    local found = from_file(file, at, repository)
    if found then return found end
  end
end

return credentials
