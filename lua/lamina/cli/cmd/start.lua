local container = require "lamina.commit.container"

local function is_attached(options)
  return options.attach or options.interactive
end

local function run(context)
  local options = context.options
  local name = context.arguments[1]
  local record = context.store.containers:get(name)
  if context.ready then
    if record.status == "running" then return context.ready(name) end
    return container.run_detached(context.store, record, context.ready, name)
  end
  local wants_input = options.interactive and record.config.host.interactive
  container.check_terminal(wants_input, record.config.host.terminal)
  return container.run(context.store, record, { stdin = wants_input })
end

return {
  name = "start",
  summary = "Run a container's command again",
  usage = "start [OPTIONS] CONTAINER",
  help = [[
The container goes on with the files it left. Without --attach it runs in the background; what it
writes is kept in its folder of the store.]],
  example = "lamina start -ai git",
  arguments = { { name = "CONTAINER", kind = "container" } },
  options = {
    { long = "attach", short = "a", help = "stay with it, show what it writes" },
    { long = "interactive", short = "i", help = "pass standard input on, if it was made with -i" },
  },
  needs = "store",
  detaches = function(options) return not is_attached(options) end,
  run = run,
}
