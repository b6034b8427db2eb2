--- Users' own instructions: methods of stages here, keywords in Dockerfiles.
--
--   instruction("apt", { help =, flags =, args =, heredocs =,
--     apply = function(stage, call) … end })
--
-- They are rows of the kind that dockerfile/instructions.lua has for the built-in ones, with a
-- function: it is given the stage and the call, and answers a stage. It can do what a recipe can.
--
--   call.name call.args call.flags call.json call.heredocs   what was written, words expanded
--   call.file call.line                                      where it is used
--   call.fail(message, hint)                                 blames that place
local argument = require "lamina.recipe.argument"
local description = require "lamina.recipe.description"
local place = require "lamina.recipe.place"
local sources = require "lamina.recipe.sources"
local stage = require "lamina.recipe.stage"
local variables = require "lamina.recipe.variables"

local instruction = { calls = {} }

local rows = {}
local most_depth, depth = 50, 0

-- Argument forms whose texts are the shell's: variables in these stay as they are.
local is_raw = { command = true, json = true }

local function check_name(name)
  if not name:find("^%l[%l%d_]*$") or #name > 64 then
    place.blame(("instruction: '%s' is no name"):format(name),
      "it has lower-case letters, digits and '_'; a Dockerfile writes it in capitals")
  elseif rows[name] then
    place.blame(("instruction: '%s' is there already"):format(name),
      ("%s:%d defines it"):format(rows[name].file, rows[name].line or 1))
  elseif stage.method(name) or name == "from" then
    place.blame(("instruction: '%s' is built in"):format(name), "give it another name")
  end
end

local function check_choices(row, flags)
  for _, flag in ipairs(row.flags) do
    local value = flags[(flag.name:gsub("-", "_"))]
    for _, text in ipairs(flag.choices and (type(value) == "table" and value or { value }) or {}) do
      local is_one = false
      for _, choice in ipairs(flag.choices) do is_one = is_one or choice == text end
      if not is_one then
        place.blame(("%s: --%s can't be '%s'"):format(row.name, flag.name, tostring(text)),
          "it is one of " .. table.concat(flag.choices, ", "))
      end
    end
  end
end

local function check_count(row, args)
  local count = row.args.form == "pairs" and #args // 2 or #args
  if count < (row.args.least or 0) then
    place.blame(("%s takes %d arguments at least, got %d"):format(row.name, row.args.least, count))
  elseif count > (row.args.most or math.huge) then
    place.blame(("%s takes %d arguments at most, got %d"):format(row.name, row.args.most, count))
  end
end

--- What a recipe passes: a text, or a table of words and of flags by name.
local function read_call(row, given)
  if type(given) ~= "table" then given = { given } end
  local list, named = {}, {}
  for key, value in pairs(given) do
    if math.type(key) == "integer" then list[key] = value else named[key] = value end
  end
  local readers = {}
  for _, flag in ipairs(row.flags) do
    readers[flag.name:gsub("-", "_")] = description.kinds[flag.kind]
  end
  local flags = argument.options(named, readers, row.name)
  check_choices(row, flags)
  return argument.list(list, row.name), flags
end

local function expand_args(row, args, lookup)
  if is_raw[row.args.form] then return args end
  local list = {}
  for _, word in ipairs(args) do
    if row.args.form == "list" then
      for _, part in ipairs(variables.split(word, lookup)) do list[#list + 1] = part end
    else
      list[#list + 1] = variables.expand(word, lookup)
    end
  end
  return list
end

local function expand_flags(row, flags, lookup)
  local values = {}
  for name, value in pairs(flags) do
    if type(value) == "string" then
      value = variables.expand(value, lookup)
    elseif type(value) == "table" then
      for i, text in ipairs(value) do value[i] = variables.expand(text, lookup) end
    end
    values[name] = value
  end
  for _, flag in ipairs(row.flags) do -- what isn't there can be asked for
    if flag.kind == "list" then
      local key = flag.name:gsub("-", "_")
      values[key] = values[key] or {}
    end
  end
  return values
end

local heredoc_rows = { name = argument.text, content = argument.text, expand = argument.boolean }

local function read_heredocs(row, list, lookup)
  local heredocs = {}
  for i, one in ipairs(list or {}) do
    local read = argument.options(one, heredoc_rows, row.name .. ": a heredoc")
    if read.expand and not is_raw[row.args.form] then
      read.content = variables.expand(read.content, lookup)
    end
    heredocs[i] = read
  end
  return heredocs
end

local syntax_rows = { json = argument.boolean, heredocs = function(value, what)
  if type(value) ~= "table" then place.blame(what .. ": a list expected") end
  return value
end }

--- The call as `apply` gets it. `syntax` is what only a Dockerfile has: { json =, heredocs = }.
local function new_call(row, self, given, syntax, where)
  local args, flags = read_call(row, given)
  syntax = argument.options(syntax, syntax_rows, row.name)
  local lookup = variables.at(stage.step(self))
  local call = { name = row.name, json = syntax.json or false, file = where.file,
    line = where.line, args = expand_args(row, args, lookup),
    flags = expand_flags(row, flags, lookup) }
  call.heredocs = read_heredocs(row, syntax.heredocs, lookup)
  check_count(row, call.args)
  function call.fail(message, hint)
    place.enter(where)
    place.blame(("%s: %s"):format(row.name, argument.text(message, "fail")),
      hint and argument.text(hint, "fail"))
  end
  return call
end

--- A mistake within an instruction is told with its own place and that of its use.
local function told(err, row, where)
  local problem = place.explain(err)
  local is_question = problem.needs or problem.is_late
  if is_question or (problem.file == where.file and problem.line == where.line) then
    return problem
  end
  return place.used(problem, ("%s is used in %s:%s"):format(row.name, where.file or "?",
    where.line or "?"))
end

local function run(row, self, call, where)
  local outer = place.pin(place.pinned() or where)
  depth = depth + 1
  local ok, result = xpcall(row.apply, function(err) return told(err, row, where) end, self, call)
  depth = depth - 1
  place.pin(outer)
  if not ok then error(result, 0) end
  place.enter(where)
  if stage.is(result) then return result end
  place.enter(row)
  error(told(place.problem(("instruction '%s': apply answered %s, not a stage"):format(row.name,
    type(result)), "end it with 'return stage'"), row, where), 0)
end

local function use(row, self, given, syntax)
  local where = place.pinned() or place.current() or {}
  if depth >= most_depth then
    place.blame(("%s: instructions use each other more than %d deep"):format(row.name, most_depth))
  end
  local call = new_call(row, self, given, syntax, place.current() or where)
  local result = run(row, self, call, place.current() or where)
  if depth == 0 then
    instruction.calls[#instruction.calls + 1] = { file = where.file, line = where.line,
      name = row.name, input = stage.step(self), output = stage.step(result) }
  end
  return result
end

--- Defines an instruction: from here on every stage has the method.
function instruction.define(name, spec)
  name = argument.text(name, "instruction: the name")
  local what = ("instruction '%s'"):format(name)
  check_name(name)
  local row, where = description.read(spec, what), place.current() or {}
  row.name, row.file, row.line = name, where.file, where.line
  rows[name] = row
  sources.define(row.file, name)
  stage.extend(name, function(self, given, syntax) return use(row, self, given, syntax) end)
end

--- The row of a word of a Dockerfile, nil where it names none.
function instruction.find(word)
  return rows[word:lower()]
end

--- The rows as a Dockerfile's parser wants them (dockerfile/instructions.lua), by name.
function instruction.describe()
  local list = {}
  for name, row in pairs(rows) do
    local flags = {}
    for i, flag in ipairs(row.flags) do
      flags[i] = { name = flag.name, kind = flag.kind, choices = flag.choices }
    end
    list[#list + 1] = { name = name:upper(), help = row.help, form = row.args.form,
      least = row.args.least, most = row.args.most, has_heredocs = row.heredocs or false,
      flags = flags }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return instruction
