--- Limits that several places set alike.
local config = require "lamina.config.config"
local sched = require "lamina.util.sched"

local limits = {}

--- What a layer or another archive may be, as lamina.core.layer's `limits`.
function limits.archive()
  return { bytes = config.get "limits.archive-bytes", entries = config.get "limits.archive-entries",
    ratio = config.get "limits.archive-ratio" }
end

local few = 6 -- more than a small machine's processors: transfers wait for the network

--- How many blobs may be on their way at the same time.
function limits.transfers()
  return config.get "limits.transfers" or math.max(few, sched.cores())
end

return limits
