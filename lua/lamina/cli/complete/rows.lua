--- What the shells' completions are made of: every command with its options and the kinds of its
-- arguments, from the same rows as help and the parser.
local commands = require "lamina.cli.commands"
local help = require "lamina.cli.help"

local rows = {}

-- What can stand for an argument, by its name in the rows.
local kinds = {
  CONTAINER = "container", IMAGE = "image", ["NAME|ID"] = "any", ["FILE|-"] = "file",
  FILE = "file", DIR = "file", CONTEXT = "file", SHELL = "shell",
}

rows.shells = { "bash", "fish", "zsh" }

--- The shell commands that list what there is of a kind.
rows.lists = {
  container = "ps --all --format '{{.Names}}'",
  image = "images --filter dangling=false --format '{{.Repository}}:{{.Tag}}'",
}

local function kinds_of(command)
  local list = {}
  for i, argument in ipairs(command.arguments or {}) do
    list[i] = kinds[argument.name] or "none"
    if command.name == "help" then list[i] = "command" end
    if argument.many and not command.stops_early then list.repeats = true end
  end
  return list
end

local function options_of(command)
  local list, taken = {}, {}
  for _, group in ipairs { command.options or {}, help.global_options } do
    for _, row in ipairs(group) do
      if not taken[row.long] then list[#list + 1] = row end
      taken[row.long] = true
    end
  end
  return list
end

--- A list of { name, summary, options (rows), kinds = { …, repeats = the last one does } }.
function rows.commands()
  local list = {}
  for _, group in ipairs(commands) do
    for _, row in ipairs(group) do
      local command = require("lamina.cli.cmd." .. row[1])
      list[#list + 1] = { name = row[1], summary = row[2], options = options_of(command),
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
