--- What is set for registries (lamina.config), as the requests to them need it.
local config = require "lamina.config.config"

local settings = {}

--- Where folders HOST with certificates may be.
function settings.certificate_folders()
  local given, user, list = config.get "certificates", os.getenv "HOME", {}
  if given then return { given } end
  if user and user ~= "" then list[1] = user .. "/.config/containers/certs.d" end
  return table.move({ "/etc/containers/certs.d", "/etc/docker/certs.d" }, 1, 2, #list + 1, list)
end

--- What is set for one of them: { mirrors =, insecure =, ca =, cert =, key = }, each or nil.
settings.of = config.registry

--- Whether our password for a registry may be shown to another host for a token.
function settings.trusts(registry, host)
  for _, server in ipairs(config.registry(registry)["token-servers"] or {}) do
    if server == host:lower() then return true end
  end
  return false
end

--- How requests are made: tries, pause_ms before the second one, and after how many silent
-- seconds (stall) one is given up.
function settings.requests()
  return { tries = config.get "limits.tries", pause_ms = config.get "limits.retry-pause",
    stall = math.ceil(config.get "limits.stall" / 1000) }
end

return settings
