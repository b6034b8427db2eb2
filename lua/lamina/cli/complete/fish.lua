--- Completion for fish.
local help = require "lamina.cli.help"
local rows = require "lamina.cli.complete.rows"

local quote = rows.quote

local function listing(kind)
  return ("(lamina %s 2>/dev/null)"):format(rows.lists[kind]:gsub("'", '"'))
end

--- What may stand for the first argument; nil for files and words that nobody knows.
local function words_of(argument)
  local kind = argument and argument.kind
  if argument and argument.choices then return table.concat(argument.choices, " ") end
  if kind == "any" then return listing("container") .. " " .. listing("image") end
  if kind == "command" then return table.concat(help.names(), " ") end
  return rows.lists[kind] and listing(kind)
end

local function option_line(condition, row)
  local words = { "complete -c lamina", condition, "-l", row.long }
  if row.short then words[#words + 1] = "-s " .. row.short end
  if row.value then words[#words + 1] = "-r" end
  if row.choices then words[#words + 1] = "-f -a " .. quote(table.concat(row.choices, " ")) end
  words[#words + 1] = "-d " .. quote(row.help)
  return table.concat(words, " ")
end

--- Whether files can't be an argument of a command.
local function takes_no_files(command)
  for _, one in ipairs(command.kinds) do
    if one.kind == "file" then return false end
  end
  return true
end

local function add_command(lines, command)
  local seen = "-n " .. quote("__fish_seen_subcommand_from " .. command.name)
  for _, row in ipairs(command.options) do lines[#lines + 1] = option_line(seen, row) end
  local words, line = words_of(command.kinds[1]), "complete -c lamina " .. seen
  if takes_no_files(command) then line = line .. " -f" end
  if words then line = line .. " -a " .. quote(words) end
  if words or takes_no_files(command) then lines[#lines + 1] = line end
end

return function()
  local lines, first = {}, "-n __fish_use_subcommand"
  for _, row in ipairs(help.global_options) do lines[#lines + 1] = option_line(first, row) end
  for _, command in ipairs(rows.commands()) do
    lines[#lines + 1] = ("complete -c lamina %s -f -a %s -d %s"):format(first, command.name,
      quote(command.summary))
    add_command(lines, command)
  end
  return table.concat(lines, "\n") .. "\n"
end
