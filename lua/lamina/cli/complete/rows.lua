--- What the shells' completions are made of: every command with its options and the kinds of its
-- arguments, from the same rows as help and the parser.
local commands = require "lamina.cli.commands"
local help = require "lamina.cli.help"

local rows = {}

rows.shells = { "bash", "fish", "zsh" }

--- The shell commands that list what there is of a kind.
rows.lists = {
  container = "ps --all --format '{{.Names}}'",
  image = "images --filter dangling=false --format '{{.Repository}}:{{.Tag}}'",
}

--- What each argument of a command may be.
local function kinds_of(command)
  local list = {}
  for i, argument in ipairs(command.arguments or {}) do
    list[i] = { kind = argument.kind, choices = argument.choices }
    if argument.many and not command.stops_early then list.repeats = true end
  end
  return list
end

--- A list of { name, summary, options, kinds }: options are rows, kinds one { kind, choices } an
-- argument, and kinds.repeats says that the last one may come again. A kind is "container",
-- "image", "any" of the two, "file" or "command"; nil for words that nobody knows.
function rows.commands()
  local list = {}
  for _, group in ipairs(commands) do
    for _, row in ipairs(group) do
      local command = require("lamina.cli.cmd." .. row[1])
      list[#list + 1] = { name = row[1], summary = row[2], options = help.options(command),
        kinds = kinds_of(command) }
    end
  end
  return list
end

--- A text in single quotes, as all three shells take it.
function rows.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

return rows
