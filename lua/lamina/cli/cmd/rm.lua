local each = require "lamina.cli.each"

return {
  name = "rm",
  summary = "Remove containers",
  usage = "rm [OPTIONS] CONTAINER...",
  help = [[
A container goes with its writable layer: what wasn't committed is gone. A running one is only
removed with --force, which kills it.]],
  example = "lamina rm --force git",
  arguments = { { name = "CONTAINER", kind = "container", many = true } },
  options = {
    { long = "force", short = "f", help = "kill it when it runs; don't mind one that isn't there" },
  },
  needs = "store",
  run = function(context)
    local containers = context.store.containers
    return each(context, context.arguments, function(name)
      containers:remove(containers:get(name).id, { force = context.options.force })
      context.out:line("%s", name)
    end)
  end,
}
