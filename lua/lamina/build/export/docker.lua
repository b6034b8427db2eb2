--- -o type=docker: an archive for `docker load`, `podman load` and others.
local failure = require "lamina.util.failure"
local oci = require "lamina.build.export.oci"

local docker = { options = { dest = "text", name = "text", compression = "text" } }

function docker.check(to, platforms)
  if platforms > 1 then
    failure.raise("usage", "output type=docker: an archive for Docker holds one platform",
      { hint = "type=oci holds several" })
  end
  oci.check_archive(to)
end

function docker.write(what, to)
  return oci.write_as(what, to, "docker")
end

return docker
