--- Completion for zsh.
local help = require "lamina.cli.help"
local rows = require "lamina.cli.complete.rows"

local script = [==[
#compdef lamina

_lamina_commands() {
  local -a names=(
COMMANDS
  )
  _describe command names
}

_lamina_containers() {
  local -a names=(${(f)"$(lamina CONTAINERS 2>/dev/null)"})
  compadd -a names
}

_lamina_images() {
  local -a names=(${(f)"$(lamina IMAGES 2>/dev/null)"})
  compadd -a names
}

_lamina_any() {
  _lamina_containers
  _lamina_images
}

_lamina() {
  local state line
  _arguments -C GLOBAL '1:command:_lamina_commands' '*::argument:->argument' && return
  [[ $state == argument ]] || return
  case $words[1] in
CASES
  esac
}

if [[ $funcstack[1] == _lamina ]]; then _lamina "$@"; else compdef _lamina lamina; fi
]==]

local actions = {
  container = "_lamina_containers", image = "_lamina_images", any = "_lamina_any",
  command = "_lamina_commands", file = "_files",
}

local function choice(words)
  return "(" .. table.concat(words, " ") .. ")"
end

--- A text inside a specification of _arguments, where brackets and colons mean something.
local function plain(text)
  return (text:gsub("[%[%]:\\]", "\\%0"))
end

local function option(row)
  local value = ""
  if row.value then
    local action = row.choices and choice(row.choices) or "_files"
    value = (":%s:%s"):format(plain(row.value), action)
  end
  local long = "--" .. row.long .. (row.value and "=" or "")
  local tail = rows.quote("[" .. plain(row.help) .. "]" .. value)
  if not row.short then return (row.many and "'*'" or "") .. long .. tail end
  local head = row.many and "'*'" or ("'(-%s --%s)'"):format(row.short, row.long)
  return ("%s{-%s,%s}%s"):format(head, row.short, long, tail)
end

local function options(list)
  local parts = {}
  for i, row in ipairs(list) do parts[i] = option(row) end
  return parts
end

local function case(command)
  local parts = options(command.options)
  for i, one in ipairs(command.kinds) do
    local place = command.kinds.repeats and i == #command.kinds and "*" or tostring(i)
    parts[#parts + 1] = ("'%s: :%s'"):format(place,
      one.choices and choice(one.choices) or actions[one.kind] or " ")
  end
  local arguments = table.concat(parts, " \\\n    ")
  return ("  %s) _arguments -s \\\n    %s ;;"):format(command.name, arguments)
end

return function()
  local names, cases = {}, {}
  for i, command in ipairs(rows.commands()) do
    names[i] = "    " .. rows.quote(command.name .. ":" .. command.summary)
    cases[i] = case(command)
  end
  local parts = { COMMANDS = table.concat(names, "\n"), CASES = table.concat(cases, "\n"),
    GLOBAL = table.concat(options(help.global_options), " "), CONTAINERS = rows.lists.container,
    IMAGES = rows.lists.image }
  return (script:gsub("%u[%u_]+", parts))
end
