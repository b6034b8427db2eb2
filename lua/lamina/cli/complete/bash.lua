--- Completion for bash. A word may hold ":", at which bash cuts words: so the line is read whole.
local help = require "lamina.cli.help"
local rows = require "lamina.cli.complete.rows"

local functions = [==[
# What a command takes: options without a value, with one, and the kinds of its arguments.
_lamina_command() {
  case $1 in
COMMANDS
  *) flags= valued= kinds=none ;;
  esac
}

# The values of an option, where they are known.
_lamina_values() {
  case "$1 $2" in
CHOICES
  esac
}

_lamina_words() {
  case $1 in
  =*) words=${1#=}; echo "${words//,/ }" ;;
  command) echo 'NAMES' ;;
  container) "$2" CONTAINERS 2>/dev/null ;;
  image) "$2" IMAGES 2>/dev/null ;;
  any) _lamina_words container "$2"; _lamina_words image "$2" ;;
  esac
}

_lamina() {
  local line=${COMP_LINE:0:COMP_POINT} flags valued kinds command= before= skip= at=0 kind words w
  local word=${line##*[[:space:]]}
  local -a all list
  read -ra all <<<"${line%"$word"}"
  flags='--version GLOBAL_FLAGS' valued='GLOBAL_VALUED' kinds=command
  for w in "${all[@]:1}"; do
    before=$w
    if [[ $skip ]]; then skip=
    elif [[ $w == -* ]]; then [[ " $valued " != *" $w "* ]] || skip=1
    elif [[ ! $command ]]; then command=$w; _lamina_command "$w"
    else at=$((at + 1)); fi
  done
  read -ra list <<<"$kinds"
  kind=${list[at]-none}
  [[ $kinds != *repeats ]] || ((at < ${#list[@]} - 1)) || kind=${list[-2]}
  if [[ $skip ]]; then words=$(_lamina_values "$command" "$before"); kind=file
  elif [[ $word == -* ]]; then words="$flags $valued"
  else words=$(_lamina_words "$kind" "${all[0]}"); fi
  if [[ ! $words && $kind == file ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  fi
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
  fi
}

complete -F _lamina lamina
]==]

--- The words of options: those without a value, and those with one.
local function split(options)
  local flags, valued = {}, {}
  for _, row in ipairs(options) do
    local list = row.value and valued or flags
    list[#list + 1] = "--" .. row.long
    if row.short then list[#list + 1] = "-" .. row.short end
  end
  return table.concat(flags, " "), table.concat(valued, " ")
end

--- The kinds of a command's arguments as words; a list of choices is "=a,b".
local function kind_words(kinds)
  local words = {}
  for i, one in ipairs(kinds) do
    words[i] = one.choices and "=" .. table.concat(one.choices, ",") or one.kind or "none"
  end
  if kinds.repeats then words[#words + 1] = "repeats" end
  return table.concat(words, " ")
end

local function command_lines(commands)
  local lines = {}
  for i, command in ipairs(commands) do
    local flags, valued = split(command.options)
    lines[i] = ("  %s) flags=%s valued=%s kinds=%s ;;"):format(command.name, rows.quote(flags),
      rows.quote(valued), rows.quote(kind_words(command.kinds)))
  end
  return table.concat(lines, "\n")
end

local function choice_lines(commands)
  local lines = {}
  for _, command in ipairs(commands) do
    for _, row in ipairs(command.options) do
      if row.choices then
        lines[#lines + 1] = ("  '%s --%s') echo %s ;;"):format(command.name, row.long,
          rows.quote(table.concat(row.choices, " ")))
      end
    end
  end
  return table.concat(lines, "\n")
end

return function()
  local commands = rows.commands()
  local flags, valued = split(help.global_options)
  local parts = { COMMANDS = command_lines(commands), CHOICES = choice_lines(commands),
    NAMES = table.concat(help.names(), " "),
    CONTAINERS = rows.lists.container, IMAGES = rows.lists.image, GLOBAL_FLAGS = flags,
    GLOBAL_VALUED = valued }
  return (functions:gsub("%u[%u_]+", parts))
end
