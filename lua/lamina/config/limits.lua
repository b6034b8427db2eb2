--- Limits that several places set alike.
local config = require "lamina.config.config"

local limits = {}

--- What a layer or another archive may be, as lamina.core.layer's `limits`.
function limits.archive()
  return { bytes = config.get "limits.archive-bytes", entries = config.get "limits.archive-entries",
    ratio = config.get "limits.archive-ratio" }
end

return limits
