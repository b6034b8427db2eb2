--- What variables of the environment say; they are read each time.
--
--   LAMINA_PLAIN_HTTP     hosts that are spoken to without TLS: "registry.lan:5000,other"
--   LAMINA_MIRRORS        who is asked first: "docker.io=https://a.example,http://b:5000;quay.io=…"
--   LAMINA_TOKEN_SERVERS  further hosts that credentials of any registry may be shown to
--   and the `variable` of each row of keys.lua
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"

local environment = {}

--- A variable's text; nil where it is empty or not set.
function environment.variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local function refuse(name, word, expected)
  failure.raise("usage", ("%s: '%s': %s expected"):format(name, word, expected))
end

--- The setting { value =, from = } of a row; nil where its variable isn't set.
function environment.setting(row)
  local word = row.variable and environment.variable(row.variable)
  if not word then return nil end
  local value, expected = require("lamina.config.kind").word(row, word)
  if value == nil then refuse(row.variable, word, expected) end
  return { value = value, from = row.variable }
end

--- Adds "docker.io=URL,URL;quay.io=URL".
local function add_mirrors(settings, words)
  local kind = require "lamina.config.kind"
  local row = { kind = "urls" }
  for part in words:gmatch("[^;%s]+") do
    local host, rest = part:match("^([^=]+)=(.+)$")
    host = host and kind.host(host) or refuse("LAMINA_MIRRORS", part, "REGISTRY=URL")
    local list = json.array {}
    for url in rest:gmatch("[^,]+") do list[#list + 1] = url end
    local value, expected = kind.read(row, list)
    if not value then refuse("LAMINA_MIRRORS", rest, expected) end
    settings["registries." .. host .. ".mirrors"] = { value = value, from = "LAMINA_MIRRORS" }
  end
end

local function hosts_of(words)
  local list = json.array {}
  for word in words:gmatch("[^,%s]+") do list[#list + 1] = word:lower() end
  return list
end

--- What is said of registries, under the names that files have for it; and, as "*", of all.
function environment.registries()
  local settings = {}
  local mirrors = environment.variable "LAMINA_MIRRORS"
  local plain = environment.variable "LAMINA_PLAIN_HTTP"
  local servers = environment.variable "LAMINA_TOKEN_SERVERS"
  if mirrors then add_mirrors(settings, mirrors) end
  for _, host in ipairs(plain and hosts_of(plain) or {}) do
    settings["registries." .. host .. ".insecure"] = { value = true, from = "LAMINA_PLAIN_HTTP" }
  end
  if servers then
    settings["registries.*.token-servers"] = { value = hosts_of(servers),
      from = "LAMINA_TOKEN_SERVERS" }
  end
  return settings
end

return environment
