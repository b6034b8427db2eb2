--- How each instruction of a stage is written as a method call: functions by the instruction's
-- name that answer the method's name and its arguments, as sources of literal.lua.
--
-- `self` is the translation; self:word(text) turns a Dockerfile's word into a recipe's.
local files = require "lamina.dockerfile.translate.files"
local heredoc = require "lamina.dockerfile.heredoc"
local literal = require "lamina.dockerfile.translate.literal"
local recipe = require "lamina.util.word.recipe"
local run = require "lamina.dockerfile.translate.run"
local scan = require "lamina.util.word.scan"

local methods = {}

local function texts(words)
  local list = {}
  for i, word in ipairs(words) do list[i] = literal.text(word) end
  return list
end

--- A command in either form.
local function command(instruction)
  if instruction.json then return literal.list(texts(instruction.args)) end
  return literal.text(instruction.args[1] or "")
end

--- Names and values: as a table where its order is the order of the names, else as pairs.
local function pairs_of(self, args)
  local items, is_sorted, before = {}, true, nil
  for i = 1, #args, 2 do
    local name = self:word(args[i])
    is_sorted = is_sorted and (not before or before < name)
    items[(i + 1) // 2] = { key = name, value = literal.text(self:word(args[i + 1])) }
    before = name
  end
  if is_sorted then return { items = items } end
  for _, item in ipairs(items) do
    item.value = { items = { { value = literal.text(item.key) }, { value = item.value } } }
    item.key = nil
  end
  return { items = items }
end

local function several(self, args)
  local list = {}
  for i, word in ipairs(args) do list[i] = literal.text(self:word(word)) end
  return list
end

-- A call of Lua can hold some 250.
local most_arguments = 100

--- Each word as an argument of its own; very many are one list.
local function as_arguments(self, args)
  local list = several(self, args)
  return #list > most_arguments and { literal.list(list) } or list
end

function methods.ENV(self, instruction) return "env", { pairs_of(self, instruction.args) } end
function methods.LABEL(self, instruction) return "label", { pairs_of(self, instruction.args) } end

local function argument(self, word)
  local name, value = word:match("^([^=]*)=(.*)$")
  if not name then return { literal.text(word) } end
  return { literal.text(name), literal.text(self:word(value)) }
end

--- One argument is arg(name, default); several in one instruction are one call as well.
function methods.ARG(self, instruction)
  if #instruction.args == 1 then return "arg", argument(self, instruction.args[1]) end
  local list = {}
  for i, word in ipairs(instruction.args) do
    local one = argument(self, word)
    list[i] = one[2] and literal.list(one) or one[1]
  end
  return "arg", { literal.list(list) }
end

--- Instructions whose one text is a word.
for name, method in pairs { WORKDIR = "workdir", USER = "user", STOPSIGNAL = "stopsignal" } do
  methods[name] = function(self, instruction)
    return method, { literal.text(self:word(instruction.args[1])) }
  end
end

function methods.MAINTAINER(_, instruction)
  return "maintainer", { literal.text(instruction.args[1]) }
end

function methods.EXPOSE(self, instruction) return "expose", as_arguments(self, instruction.args) end

function methods.VOLUME(self, instruction)
  local list = {}
  for i, path in ipairs(instruction.args) do list[i] = path:match("^%s*(.-)%s*$") end
  return "volume", as_arguments(self, list)
end

function methods.CMD(_, instruction) return "cmd", { command(instruction) } end
function methods.ENTRYPOINT(_, instruction) return "entrypoint", { command(instruction) } end

function methods.SHELL(_, instruction)
  return "shell", { literal.list(texts(instruction.args)) }
end

local health_options = { "interval", "timeout", "start_period", "start_interval" }

function methods.HEALTHCHECK(_, instruction)
  if instruction.args[1] == "NONE" then return "healthcheck", { { code = "false" } } end
  local words = table.move(instruction.args, 2, #instruction.args, 1, {})
  local what = instruction.json and literal.list(texts(words)) or literal.text(words[1])
  local fields, options = {}, instruction.options
  for _, name in ipairs(health_options) do
    local value = options[name]
    if value and value ~= "" then fields[#fields + 1] = { name, literal.text(value) } end
  end
  local retries = (options.retries or ""):match("%d+")
  if retries then fields[#fields + 1] = { "retries", tostring(math.tointeger(retries)) } end
  return "healthcheck", { what, #fields > 0 and literal.fields(fields) or nil }
end

--- The trigger as the image keeps it: its text, heredocs behind it (SEMANTICS 40). Users' own
-- instructions are kept as what they do, which every builder knows.
function methods.ONBUILD(self, instruction)
  local trigger = instruction.onbuild
  if trigger.custom then
    local method, arguments = methods.custom(self, trigger)
    return "onbuild", { { code = ("function(stage) return %s end"):format(
      literal.call("stage:" .. method, arguments, 2)) } }
  end
  local parts = { (instruction.text:gsub("^%s*%S+%s*", "")) }
  for _, one in ipairs(trigger.heredocs or {}) do
    parts[#parts + 1] = one.raw .. one.name
  end
  return "onbuild", { literal.text(table.concat(parts, "\n")) }
end

methods.RUN, methods.COPY, methods.ADD = run, files, files

-- Argument forms whose texts are the shell's: nothing in them is expanded.
local is_raw = { command = true, json = true }

--- What a user's own instruction is given beside words and flags.
local function syntax_of(instruction)
  local fields = {}
  if instruction.json then fields[1] = { "json", "true" } end
  local heredocs = {}
  for i, one in ipairs(instruction.heredocs or {}) do
    local content = one.content
    if one.expand and not is_raw[instruction.custom.form] then
      content = recipe.text(scan.nodes(content, scan.heredoc))
    end
    heredocs[i] = literal.fields { { "name", literal.text(one.name) },
      { "content", literal.text(content) }, { "expand", tostring(one.expand) } }
  end
  if #heredocs > 0 then fields[#fields + 1] = { "heredocs", literal.list(heredocs) } end
  return #fields > 0 and literal.fields(fields) or nil
end

--- The words of a user's own instruction; what begins a heredoc is none of them.
local function custom_words(self, instruction)
  if is_raw[instruction.custom.form] then return texts(instruction.args) end
  local words = {}
  for _, word in ipairs(instruction.args) do
    if instruction.json or not instruction.heredocs or not heredoc.parse(word) then
      words[#words + 1] = word
    end
  end
  return several(self, words)
end

--- A user's own instruction: its words and flags, then what only a Dockerfile has.
function methods.custom(self, instruction)
  local fields = {}
  for name, value in pairs(instruction.options) do
    local source = type(value) == "string" and literal.text(self:word(value))
      or type(value) == "table" and literal.list(several(self, value)) or tostring(value)
    fields[#fields + 1] = { name, source }
  end
  table.sort(fields, function(a, b) return a[1] < b[1] end)
  return instruction.instruction:lower(), { literal.fields(fields, custom_words(self, instruction)),
    syntax_of(instruction) }
end

return methods
