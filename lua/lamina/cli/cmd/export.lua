local export = require "lamina.commit.export"
local output = require "lamina.archive.output"

return {
  name = "export",
  summary = "Write a container's files as a flat tar",
  usage = "export [OPTIONS] CONTAINER",
  help = [[
The tar holds the whole file system, without history and configuration: 'lamina import' makes an
image with one layer of it. What lies in volumes isn't part of it.]],
  example = "lamina export git | lamina import - debian:flat",
  arguments = { { name = "CONTAINER", kind = "container" } },
  options = {
    { long = "output", short = "o", value = "FILE",
      help = "write it there, not to standard output" },
  },
  needs = "join",
  before = function(context)
    context.output, context.folder = output.hold(context.options.output, "export")
  end,
  run = function(context)
    local _folder <close> = context.folder
    local record = context.store.containers:get(context.arguments[1])
    output.to(context.output, "export", function(fd)
      export.run(context.store, record, fd)
    end)
  end,
}
