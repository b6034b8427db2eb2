local container = require "lamina.commit.container"
local platform = require "lamina.image.platform"

--- Makes the container. A view is opened where something has to be pulled for it.
local function create(context, options, words)
  local view <close> = setmetatable({}, { __close = function(self)
    if self.shown then self.shown.close() end
  end })
  function options.before_pull()
    local event, progress = require "lamina.util.event", require "lamina.ui.progress"
    options.bus = event.new()
    view.shown = progress.show(options.bus, options.quiet and "quiet" or "auto")
    return options.bus
  end
  return container.create(context.store, options, words)
end

local function run(context)
  local options, words = context.options, context.arguments
  container.check_terminal(options.interactive and not options.detach, options.tty)
  options.image = table.remove(words, 1)
  options.platform = options.platform and platform.parse(options.platform)
  local record = create(context, options, words)
  if not context.ready then
    return container.run(context.store, record, { stdin = options.interactive })
  end
  return container.run_detached(context.store, record, context.ready)
end

return {
  name = "run",
  summary = "Run a command in a new container",
  usage = "run [OPTIONS] IMAGE [COMMAND [ARGUMENT...]]",
  help = [[
The command replaces the image's CMD; its ENTRYPOINT stays before it. The container is kept when
the command has ended, so that it can be started again or committed: --rm removes it. The exit
status is the command's own; 125 means that lamina failed, 126 that the command can't be executed,
127 that it isn't there.]],
  example = "lamina run -it --name git debian bash",
  arguments = { { name = "IMAGE", kind = "image" },
    { name = "COMMAND", optional = true, many = true } },
  options = {
    { long = "cap-add", value = "NAME", many = true, help = "give it a capability, or ALL" },
    { long = "cap-drop", value = "NAME", many = true, help = "take a capability away, or ALL" },
    { long = "detach", short = "d", help = "run it in the background and print its id" },
    { long = "entrypoint", value = "COMMAND", help = "instead of the image's; also drops its CMD" },
    { long = "env", short = "e", value = "NAME[=VALUE]", many = true,
      help = "set a variable; without a value the caller's" },
    { long = "env-file", value = "FILE", many = true, help = "variables from a file" },
    { long = "hostname", short = "h", value = "NAME",
      help = "instead of the first 12 digits of its id" },
    { long = "init", help = "a process of lamina's reaps zombies and forwards signals" },
    { long = "interactive", short = "i", help = "pass standard input on" },
    { long = "label", short = "l", value = "NAME=VALUE", many = true, help = "set a label" },
    { long = "name", value = "NAME", help = "what it is called; otherwise a name is made up" },
    { long = "network", value = "KIND", help = "default (a way out, none in), host or none" },
    { long = "platform", value = "OS/ARCH[/VARIANT]",
      help = "which image of an index, instead of this machine's" },
    { long = "pull", value = "POLICY", choices = { "always", "missing", "never" },
      help = "when to get the image from its registry", setting = "pull" },
    { long = "quiet", short = "q", help = "don't show what is pulled" },
    { long = "read-only", help = "its root file system can't be written to" },
    { long = "rm", help = "remove it when it has ended" },
    { long = "security-opt", value = "OPTION", many = true, help = "no-new-privileges" },
    { long = "tty", short = "t", help = "give it a terminal" },
    { long = "user", short = "u", value = "NAME|UID[:GROUP|GID]", help = "who runs the command" },
    { long = "volume", short = "v", value = "[SOURCE:]TARGET[:OPTIONS]", many = true,
      help = "mount a directory, a file, or a volume by its name; 'ro' forbids writing" },
    { long = "workdir", short = "w", value = "DIR", help = "where the command starts" },
  },
  stops_early = true,
  needs = "store",
  detaches = function(options) return options.detach end,
  run = run,
}
