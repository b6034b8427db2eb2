--- Help texts, made from the rows of a command.
local commands = require "lamina.cli.commands"

local help = {}

--- Options that every command takes; those before the command's name have the same meaning.
help.global_options = {
  { long = "root", value = "DIR", setting = "store", help = "the directory of the store" },
  { long = "debug", help = "show where in lamina a failure came from" },
  { long = "help", help = "show this help" },
}

--- A command's rows and the global ones that it doesn't replace.
function help.options(command)
  local rows, taken = {}, {}
  for _, list in ipairs { command.options or {}, help.global_options } do
    for _, row in ipairs(list) do
      if not taken[row.long] then rows[#rows + 1] = row end
      taken[row.long] = true
    end
  end
  return rows
end

local widest = 100

--- The words of a text as lines of at most so many characters.
local function wrap(text, most)
  local lines, line = {}, nil
  for word in text:gmatch("%S+") do
    if line and utf8.len(line) + 1 + utf8.len(word) > most then
      lines[#lines + 1], line = line, nil
    end
    line = line and line .. " " .. word or word
  end
  lines[#lines + 1] = line
  return lines
end

--- Pairs as two columns, indented.
local function columns(pairs_list)
  local width, lines = 0, {}
  for _, pair in ipairs(pairs_list) do width = math.max(width, utf8.len(pair[1])) end
  for _, pair in ipairs(pairs_list) do
    for i, part in ipairs(wrap(pair[2], widest - width - 4)) do
      local left = i == 1 and pair[1] or ""
      lines[#lines + 1] = ("  %s%s  %s"):format(left, (" "):rep(width - utf8.len(left)), part)
    end
  end
  return table.concat(lines, "\n")
end

local function option_pair(row)
  local short = row.short and ("-" .. row.short .. ", ") or "    "
  local text = row.help
  if row.choices then text = text .. ": " .. table.concat(row.choices, ", ") end
  if row.default then text = ("%s (default %s)"):format(text, row.default) end
  if row.setting then text = ("%s (default: setting %s)"):format(text, row.setting) end
  local value = row.value and (row.implied and "[=%s]" or " %s"):format(row.value) or ""
  return { short .. "--" .. row.long .. value, text }
end

local function option_block(title, rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = option_pair(row) end
  return #list > 0 and (title .. ":\n" .. columns(list)) or nil
end

local function example_block(example)
  return "Example:\n  " .. example:gsub("\n%s*$", ""):gsub("\n", "\n  ")
end

--- The whole help of a command.
function help.command(command)
  local blocks = { ("Usage: lamina %s\n\n%s"):format(command.usage, command.summary .. ".") }
  blocks[#blocks + 1] = command.help and command.help:gsub("%s+$", "")
  blocks[#blocks + 1] = option_block("Options", command.options or {})
  blocks[#blocks + 1] = option_block("Options of every command", help.global_options)
  blocks[#blocks + 1] = example_block(command.example)
  return table.concat(blocks, "\n\n") .. "\n"
end

--- The overview: every command with its summary.
function help.overview()
  local blocks = { "Usage: lamina [--root DIR] [--debug] COMMAND [OPTIONS] [ARGUMENTS]\n\n"
    .. "Builds container images from Lua recipes and from containers changed by hand." }
  for _, group in ipairs(commands) do
    blocks[#blocks + 1] = group.title .. ":\n" .. columns(group)
  end
  blocks[#blocks + 1] = "'lamina help COMMAND' tells more about one of them."
  return table.concat(blocks, "\n\n") .. "\n"
end

--- Every command's name.
function help.names()
  local names = {}
  for _, group in ipairs(commands) do
    for _, row in ipairs(group) do names[#names + 1] = row[1] end
  end
  return names
end

return help
