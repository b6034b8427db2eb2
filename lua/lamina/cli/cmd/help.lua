local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local help = require "lamina.cli.help"

--- The text for one command's name.
local function about(name)
  local names = help.names()
  for _, known in ipairs(names) do
    if known == name then return help.command(require("lamina.cli.cmd." .. name)) end
  end
  local near = check.suggest(name, names)
  failure.raise("usage", ("help: unknown command '%s'"):format(name), {
    hint = near and ("did you mean 'lamina help %s'?"):format(near) or "'lamina help' lists them",
  })
end

return {
  name = "help",
  summary = "Show how a command is used",
  usage = "help [COMMAND]",
  example = "lamina help commit",
  arguments = { { name = "COMMAND", kind = "command", optional = true } },
  run = function(context)
    local name = context.arguments[1]
    context.out:write(name and about(name) or help.overview())
  end,
}
