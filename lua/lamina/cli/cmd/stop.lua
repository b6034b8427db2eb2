local each = require "lamina.cli.each"
local stop = require "lamina.commit.stop"

return {
  name = "stop",
  summary = "End running containers",
  usage = "stop [OPTIONS] CONTAINER...",
  help = [[
The first process gets the image's stop signal, else TERM, and is killed if it hasn't ended after
--time. A first process that doesn't handle a signal never hears it: the kernel protects it, and
`lamina run --init` puts one before it that does. The container stays and can be started again.]],
  example = "lamina stop --time 2 git",
  arguments = { { name = "CONTAINER", kind = "container", many = true } },
  options = {
    { long = "signal", short = "s", value = "SIGNAL", help = "instead of the image's" },
    { long = "time", short = "t", value = "SECONDS", integer = true, default = 10,
      help = "how long it may take" },
  },
  needs = "store",
  run = function(context)
    local options = { signal = context.options.signal, seconds = context.options.time }
    return each(context, context.arguments, function(name)
      local record = context.store.containers:get(name)
      stop.run(record, options)
      context.out:line("%s", name)
    end)
  end,
}
