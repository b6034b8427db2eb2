local container = require "lamina.commit.container"
local environment = require "lamina.commit.environment"
local exec = require "lamina.commit.exec"

local function run(context)
  local options, words = context.options, context.arguments
  container.check_terminal(options.interactive, options.tty)
  local record = context.store.containers:get(table.remove(words, 1))
  return exec.run(record, options, words)
end

return {
  name = "exec",
  summary = "Run a further command in a running container",
  usage = "exec [OPTIONS] CONTAINER COMMAND [ARGUMENT...]",
  help = [[
The command sees what the container's own sees: its files, processes and network. The exit status
is the command's.]],
  example = "lamina exec -it git bash",
  arguments = { { name = "CONTAINER", kind = "container" }, { name = "COMMAND", many = true } },
  options = {
    { long = "env", short = "e", value = "NAME[=VALUE]", many = true,
      help = "set a variable; without a value the caller's" },
    { long = "env-file", value = "FILE", many = true, help = "variables from a file" },
    { long = "interactive", short = "i", help = "pass standard input on" },
    { long = "tty", short = "t", help = "give it a terminal" },
    { long = "user", short = "u", value = "NAME|UID[:GROUP|GID]", help = "who runs the command" },
    { long = "workdir", short = "w", value = "DIR", help = "where the command starts" },
  },
  stops_early = true,
  needs = "join",
  before = function(context) -- files are read where the caller is
    local options = context.options
    options.variables = environment.from_options(options.env_file, options.env)
  end,
  run = run,
}
