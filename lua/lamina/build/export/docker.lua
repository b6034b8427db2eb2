--- -o type=docker: an archive for `docker load`, `podman load` and others.
local oci = require "lamina.build.export.oci"

local docker = { options = { dest = "text", name = "text", compression = "text" },
  check = oci.check_archive }

function docker.write(what, to)
  return oci.write_as(what, to, "docker")
end

return docker
