--- -o type=docker: an archive for `docker load`, `podman load` and others.
local failure = require "lamina.util.failure"
local oci = require "lamina.build.export.oci"

local docker = { options = { dest = "text", name = "text", compression = "text",
  ["compression-level"] = "text" } }

function docker.check(to, platforms)
  if platforms > 1 then
    failure.raise("usage", "output type=docker: an archive for Docker holds one platform",
      { hint = "type=oci holds several" })
  end
  oci.check_archive(to)
end

--- Docker's archives know nothing that is said of an image.
function docker.write(what, to)
  local plain = {}
  for key, value in pairs(what.images[1]) do plain[key] = value end
  plain.attestations = nil
  return oci.write_as(setmetatable({ images = { plain } }, { __index = what }), to, "docker")
end

return docker
