local each = require "lamina.cli.each"
local stop = require "lamina.commit.stop"

return {
  name = "kill",
  summary = "Send a signal to running containers",
  usage = "kill [OPTIONS] CONTAINER...",
  help = [[
The container's first process gets the signal. `lamina stop` asks first and waits.]],
  example = "lamina kill --signal HUP git",
  arguments = { { name = "CONTAINER", kind = "container", many = true } },
  options = {
    { long = "signal", short = "s", value = "SIGNAL", default = "KILL", help = "which one" },
  },
  needs = "store",
  run = function(context)
    return each(context, context.arguments, function(name)
      local record = context.store.containers:get(name)
      stop.kill(record, context.options.signal)
      context.out:line("%s", name)
    end)
  end,
}
