--- --progress and --quiet: how a command that may take long shows what its bus tells.
local progress = require "lamina.ui.progress"

local view = {}

--- The rows of these options.
view.options = {
  progress = { long = "progress", value = "KIND", default = "auto",
    choices = { "auto", "plain", "live", "json", "quiet" }, help = "how progress is shown" },
  quiet = { long = "quiet", short = "q", help = "show no progress" },
}

--- Shows it until the answered value is closed.
function view.open(context)
  local options = context.options
  return progress.show(context.bus, options.quiet and "quiet" or options.progress)
end

return view
