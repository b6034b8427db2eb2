--- What a recipe says of an instruction of its own, checked.
local argument = require "lamina.recipe.argument"
local place = require "lamina.recipe.place"

local description = {}

-- The argument forms that a row may have (dockerfile/forms.lua).
description.forms = { words = true, list = true, paths = true, text = true, pairs = true,
  command = true, json = true }
-- How a flag's value is read, by its kind.
description.kinds = { string = argument.text, boolean = argument.boolean, list = argument.list }

local function read_count(value, what)
  value = argument.integer(value, what)
  if value < 0 then place.blame(what .. ": a number from 0 on expected") end
  return value
end

local args_rows = { form = argument.text, least = read_count, most = read_count }

--- "words", or { form = "words", least = 1, most = 2 }.
local function read_args(value, what)
  if type(value) == "string" then value = { form = value } end
  local args = argument.options(value, args_rows, what)
  args.form = args.form or "words"
  if not description.forms[args.form] then
    local names = {}
    for name in pairs(description.forms) do names[#names + 1] = name end
    argument.unknown(what .. ": there is no form", args.form, names)
  end
  return args
end

local flag_rows = { name = argument.text, kind = argument.text, help = argument.text,
  choices = argument.list }

local function read_flags(value, what)
  if type(value) ~= "table" then place.blame(what .. ": a list of flags expected") end
  local flags = {}
  for i, one in ipairs(value) do
    local flag = argument.options(one, flag_rows, what)
    flag.kind = flag.kind or "string"
    if not (flag.name or ""):find("^%l[%l%d-]*$") then
      place.blame(("%s: '%s' is no flag's name"):format(what, flag.name or ""),
        "it has lower-case letters, digits and '-'")
    elseif not description.kinds[flag.kind] then
      argument.unknown(what .. ": there is no kind", flag.kind, { "string", "boolean", "list" })
    end
    flags[i] = flag
  end
  return flags
end

local function read_function(value, what)
  if type(value) == "function" then return value end
  place.blame(("%s: a function(stage, call) expected, got %s"):format(what, type(value)))
end

local spec_rows = { help = argument.text, args = read_args, flags = read_flags,
  heredocs = argument.boolean, apply = read_function }

--- The table behind the name as a row: args, flags, help, heredocs, apply.
function description.read(spec, what)
  local row = argument.options(spec, spec_rows, what)
  if not row.apply then place.blame(what .. ": there is no function 'apply'") end
  row.args, row.flags = row.args or { form = "words" }, row.flags or {}
  return row
end

return description
