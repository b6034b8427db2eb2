--- What the environment says of registries.
--
--   LAMINA_PLAIN_HTTP     hosts that are spoken to without TLS: "registry.lan:5000,other"
--   LAMINA_MIRRORS        who is asked first: "docker.io=https://a.example,http://b:5000;quay.io=…"
--   LAMINA_CERTS          a folder with HOST/*.crt, instead of the usual certs.d folders
--   LAMINA_TOKEN_SERVERS  further hosts that credentials may be shown to for a token
--   LAMINA_TRIES, LAMINA_RETRY_MS, LAMINA_STALL   how often something is tried, how long the first
--                         pause is, after how many silent seconds a connection is given up
local failure = require "lamina.util.failure"

local settings = {}

local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local function set_of(text)
  local set = {}
  for word in (text or ""):gmatch("[^,%s]+") do set[word:lower()] = true end
  return set
end

local function refuse(name, word, expected)
  failure.raise("usage", ("%s: '%s': %s expected"):format(name, word, expected))
end

--- "docker.io=URL,URL;quay.io=URL" as { ["docker.io"] = { URL, … } }.
local function mirrors(text)
  local map = {}
  for row in (text or ""):gmatch("[^;%s]+") do
    local registry, urls = row:match("^([^=]+)=(.+)$")
    if not registry then refuse("LAMINA_MIRRORS", row, "REGISTRY=URL") end
    map[registry] = {}
    for url in urls:gmatch("[^,]+") do
      if not url:match("^https?://[^/]+/?$") then
        refuse("LAMINA_MIRRORS", url, "http(s)://HOST[:PORT]")
      end
      table.insert(map[registry], (url:gsub("/$", "")))
    end
  end
  return map
end

local function number(name, otherwise)
  local value = variable(name)
  if not value then return otherwise end
  return math.tointeger(tonumber(value:match("^%d+$"))) or refuse(name, value, "a whole number")
end

local function certificate_folders()
  local given, user = variable "LAMINA_CERTS", variable "HOME"
  if given then return { given } end
  return { user and user .. "/.config/containers/certs.d", "/etc/containers/certs.d",
    "/etc/docker/certs.d" }
end

--- All of them.
function settings.get()
  return {
    plain = set_of(variable "LAMINA_PLAIN_HTTP"), mirrors = mirrors(variable "LAMINA_MIRRORS"),
    certificates = certificate_folders(),
    token_servers = set_of(variable "LAMINA_TOKEN_SERVERS"),
    tries = math.max(1, number("LAMINA_TRIES", 5)), pause_ms = number("LAMINA_RETRY_MS", 200),
    stall = number("LAMINA_STALL", 30),
  }
end

return settings
