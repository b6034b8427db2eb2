--- A container's whole file system as one flat tar.
local layer = require "lamina.core.layer"
local place = require "lamina.commit.place"
local sched = require "lamina.util.sched"

local export = {}

--- Writes the tar to a descriptor. A running container isn't stopped for it.
function export.run(store, record, output)
  local claim = record.status ~= "running" and store.containers:claim(record.id) or nil
  local _claim <close> = claim
  local view <close> = place.view(store, record)
  sched.job(layer.pack, "/",
    { form = "tree", root = view:fd(), output = output, compression = "none" })
end

return export
