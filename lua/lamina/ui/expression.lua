--- What stands between the braces of a template: Go's pipelines.
--
--   .Config.Env   $name   $.ID   "text"   12   true   index .Labels "key"   .Names | json
--   len (index .Layers 0)
--
--   expression.evaluate(expression.parse ".Names | json", { dot = row, root = row, names = {} })
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local functions = require "lamina.ui.functions"

local expression = {}

local function fail(message, hint)
  failure.raise("usage", "--format: " .. message, { hint = hint })
end

local escapes = { n = "\n", t = "\t", r = "\r" }

--- A quoted text from behind its first quote: its value and the position behind it.
local function read_string(source, at)
  local out, quote = {}, source:sub(at, at)
  at = at + 1
  while source:sub(at, at) ~= quote do
    local c = source:sub(at, at)
    if c == "" then fail(("a quote isn't closed in '%s'"):format(source)) end
    if c == "\\" and quote == '"' then
      at = at + 1
      c = source:sub(at, at)
      c = escapes[c] or c
    end
    out[#out + 1] = c
    at = at + 1
  end
  return table.concat(out), at + 1
end

--- Splits into words; texts are { text = }.
local function words_of(source)
  local words, at = {}, 1
  while true do
    at = source:find("%S", at)
    if not at then return words end
    local word = source:match("^:=", at) or source:match("^[|(),]", at)
      or source:match('^[^%s|(),"`]+', at)
    if word then
      at = at + #word
    else
      word = {}
      word.text, at = read_string(source, at)
    end
    words[#words + 1] = word
  end
end

local Reader = {}
Reader.__index = Reader

function Reader:incomplete()
  fail(("'{{%s}}' is incomplete"):format(self.source))
end

local constants = { ["true"] = { value = true }, ["false"] = { value = false }, ["nil"] = {} }

--- One operand: { value= } or { path=, name= } or a pipeline in parentheses.
function Reader:operand()
  local word = self.words[self.at]
  self.at = self.at + 1
  if type(word) == "table" then return { value = word.text } end
  if word == "(" then
    local inner = self:pipeline()
    if self.words[self.at] ~= ")" then self:incomplete() end
    self.at = self.at + 1
    return { pipeline = inner }
  end
  local name, path = word:match("^(%$[%w_]*)(.*)$")
  if name and (path == "" or path:find("^%.")) then return { name = name, path = path } end
  if word:sub(1, 1) == "." then return { path = word } end
  local number = math.tointeger(tonumber(word))
  return constants[word] or number and { value = number }
    or fail(("'%s' isn't understood"):format(word),
      "fields begin with a dot; functions are " .. functions.list())
end

--- A function with its arguments, or an operand alone.
function Reader:command()
  local word, arguments = self.words[self.at], {}
  local call = type(word) == "string" and functions.has(word) and word
  if call then self.at = self.at + 1 end
  while self.words[self.at] and self.words[self.at] ~= "|" and self.words[self.at] ~= ")" do
    arguments[#arguments + 1] = self:operand()
  end
  if call then return { call = call, arguments = arguments } end
  if #arguments == 0 then self:incomplete() end
  if #arguments > 1 then fail(("'%s' is no function"):format(tostring(word))) end
  return arguments[1]
end

function Reader:pipeline()
  local commands = { self:command() }
  while self.words[self.at] == "|" do
    self.at = self.at + 1
    commands[#commands + 1] = self:command()
  end
  return commands
end

--- "$a, $b := …" before a pipeline: the names.
function Reader:declared()
  local first, comma, second = table.unpack(self.words, self.at, self.at + 2)
  local is_name = type(first) == "string" and first:match("^%$[%w_]+$")
  if is_name and comma == ":=" then
    self.at = self.at + 2
    return { first }
  elseif is_name and comma == "," and self.words[self.at + 3] == ":=" then
    self.at = self.at + 4
    return { first, second }
  end
end

--- Reads a pipeline; raises a failure "usage".
function expression.parse(source)
  local self = setmetatable({ source = source, words = words_of(source), at = 1 }, Reader)
  local names = self:declared()
  local commands = self:pipeline()
  if self.words[self.at] then self:incomplete() end
  commands.names = names
  return commands
end

local function no_field(row, name)
  local names = {}
  for known in pairs(row) do names[#names + 1] = known end
  table.sort(names)
  local near = check.suggest(name, names)
  fail(("there is no field '.%s'"):format(name), near and ("did you mean '.%s'?"):format(near)
    or "there are ." .. table.concat(names, ", ."))
end

--- The value at a path. What the whole row doesn't have is a mistake.
local function field(value, path, root)
  for name in path:gmatch("[^.]+") do
    if type(value) ~= "table" then return nil end
    if value == root and value[name] == nil then no_field(root, name) end
    value = value[name]
  end
  return value
end

local function resolve(operand, scope)
  if operand.pipeline then return expression.evaluate(operand.pipeline, scope) end
  if not operand.path then return operand.value end
  if not operand.name then return field(scope.dot, operand.path, scope.root) end
  if operand.name == "$" then return field(scope.root, operand.path, scope.root) end
  local known = scope.names[operand.name]
  if not known then fail(("there is no variable '%s'"):format(operand.name)) end
  return field(known.value, operand.path, scope.root)
end

--- The value of a pipeline; what is piped in is the last argument.
function expression.evaluate(commands, scope)
  local value
  for i, command in ipairs(commands) do
    if command.call then
      local arguments, n = {}, #command.arguments
      for j, operand in ipairs(command.arguments) do arguments[j] = resolve(operand, scope) end
      if i > 1 then n, arguments[n + 1] = n + 1, value end
      if n == 0 then fail(("'%s' needs an argument"):format(command.call)) end
      value = functions.call(command.call, table.unpack(arguments, 1, n))
    elseif i > 1 then
      fail "only a function can follow '|'"
    else
      value = resolve(command, scope)
    end
  end
  return value
end

return expression
