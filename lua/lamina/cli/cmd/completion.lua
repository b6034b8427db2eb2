local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local rows = require "lamina.cli.complete.rows"

local function run(context)
  local shell = context.arguments[1]
  for _, name in ipairs(rows.shells) do
    if name == shell then return context.out:write(require("lamina.cli.complete." .. name)()) end
  end
  local near = check.suggest(shell, rows.shells)
  failure.raise("usage", ("completion: no completion for '%s'"):format(shell), {
    hint = near and ("did you mean '%s'?"):format(near)
      or "there is one for " .. table.concat(rows.shells, ", ") })
end

return {
  name = "completion",
  summary = "Print what completes command lines in a shell",
  usage = "completion SHELL",
  help = [[
SHELL is bash, fish or zsh. Commands, options, and the names of containers and images are completed:

  bash   lamina completion bash >~/.local/share/bash-completion/completions/lamina
  fish   lamina completion fish >~/.config/fish/completions/lamina.fish
  zsh    lamina completion zsh >~/.zfunc/_lamina    (a folder in $fpath, before compinit)]],
  example = 'eval "$(lamina completion bash)"',
  arguments = { { name = "SHELL", choices = rows.shells } },
  run = run,
}
