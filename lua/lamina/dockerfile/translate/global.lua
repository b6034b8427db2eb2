--- What stands before the first FROM, and FROM itself: words that are known when the recipe is
-- evaluated. A variable becomes Lua's own: FROM golang:$V is from("golang:" .. V).
local failure = require "lamina.util.failure"
local literal = require "lamina.dockerfile.translate.literal"
local names = require "lamina.dockerfile.translate.names"
local scan = require "lamina.util.word.scan"

local global = {}

-- Arguments that are there without being declared (SEMANTICS 19).
local predefined = {}
for _, whose in ipairs { "TARGET", "BUILD" } do
  for _, what in ipairs { "PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT" } do
    predefined[whose .. what] = true
  end
end

-- More pieces than this are put together by expand: Lua nests each `..` in the one before.
local most_pieces = 20

-- Variables of one FROM that are told of where it is empty, and how many of these are explained.
local most_reasons, most_explained = 5, 1000

-- Each FROM with a variable is compared with the stages before it (DF-05).
local most_tried = 1 << 20

--- Adds a line that a FROM needs before it; behind another stage, with a blank line before.
local function add(self, text)
  if self.is_behind_stage then self.out:gap(self.line) end
  self.is_behind_stage = false
  self.out:add(text, self.line)
end

--- Makes sure that a predefined argument has a variable.
local function find(self, name)
  local variable = self.arguments[name]
  if not variable and predefined[name] then
    local declaration, reading = names.declare(self.names, name, "_arg", "args")
    add(self, ("%s = arg %s"):format(declaration, literal.text(name)))
    variable = { reading = reading }
    self.arguments[name] = variable
  end
  return variable
end

--- Every variable in the nodes, those of operands too.
local function each_name(nodes, visit)
  for _, node in ipairs(nodes) do
    if node.name then visit(node.name) end
    if node.word then each_name(node.word, visit) end
    if node.pattern then each_name(node.pattern, visit) end
  end
end

--- expand("${V:-1}", { V = V }): what Lua has no short way for.
local function by_expand(self, nodes)
  local fields, seen = {}, {}
  each_name(nodes, function(name)
    local variable = not seen[name] and find(self, name)
    seen[name] = true
    if variable then fields[#fields + 1] = { name, variable.reading } end
  end)
  local text = require("lamina.util.word.recipe").text(nodes)
  return literal.call("expand", { literal.text(text), literal.fields(fields) }, 0)
end

local function is_simple(nodes)
  for _, node in ipairs(nodes) do
    if node.op then return false end
  end
  return #nodes <= most_pieces
end

--- Lua source for a word, and whether it has variables. What needs `expand` gets a variable of
-- its own, called after `name`.
function global.expression(self, text, name)
  local nodes = scan.nodes(text, scan.docker(self.escape))
  if not is_simple(nodes) then
    local source = by_expand(self, nodes)
    if not name then return source, true end
    local declaration, reading = names.declare(self.names, name, "_text", "stages")
    add(self, declaration .. " = " .. source)
    return reading, true
  end
  local parts, run, has_variable = {}, {}, false
  local function finish()
    local joined = table.concat(run)
    if joined ~= "" then parts[#parts + 1] = literal.text(joined) end
    run = {}
  end
  for _, node in ipairs(nodes) do
    if node.text then
      run[#run + 1] = node.text
    else
      local variable = find(self, node.name)
      has_variable = true
      if variable then -- one that nobody declares is empty
        finish()
        local is_alone = #nodes == 1 or not variable.may_be_nil
        parts[#parts + 1] = is_alone and variable.reading or ('(%s or "")'):format(variable.reading)
      end
    end
  end
  finish()
  return #parts > 0 and table.concat(parts, " .. ") or '""', has_variable
end

--- ARG before the first FROM.
function global.argument(self, instruction)
  for _, word in ipairs(instruction.args) do
    local name, value = word:match("^([^=]*)=(.*)$")
    name = name or word
    local known = self.arguments[name]
    local arguments = { literal.text(name) }
    if value then
      arguments[2] = global.expression(self, value)
    elseif known then
      arguments[2] = known.reading
    end
    local declaration, reading
    if known then
      declaration, reading = known.reading, known.reading
    else
      declaration, reading = names.declare(self.names, name, "_arg", "args")
    end
    self.out:add(declaration .. " = " .. literal.call("arg", arguments, 0), instruction.line)
    local may_be_nil = not value and (not known or known.may_be_nil) and not predefined[name]
    self.arguments[name] = { reading = reading, may_be_nil = may_be_nil }
  end
end

--- A pattern that the text of nodes matches, whatever its variables are.
local function shape_of(nodes)
  local parts = { "^" }
  for _, node in ipairs(nodes) do
    parts[#parts + 1] = node.text and node.text:lower():gsub("%W", "%%%0") or ".*"
  end
  return table.concat(parts) .. "$"
end

--- The stages before one that its FROM could name.
local function candidates(self, stage)
  local nodes = scan.nodes(stage.base, scan.docker(self.escape))
  if #nodes > most_pieces then return {} end
  local shape, fields, seen = shape_of(nodes), {}, {}
  self.tried = (self.tried or 0) + stage.index
  if self.tried > most_tried then
    failure.raise("invalid-input", "too many stages begin with a variable")
  end
  for i = stage.index, 1, -1 do
    local name = self.stages[i].name
    if name and not seen[name] and name:find(shape) then
      fields[#fields + 1] = { name, self.stages[i].variable, self.stages[i] }
      seen[name] = true
    end
  end
  for i = 1, #fields // 2 do -- the first one first
    fields[i], fields[#fields + 1 - i] = fields[#fields + 1 - i], fields[i]
  end
  return fields
end

--- The stages that FROM may mean, where some of them keep triggers: each is a stage on that one.
local function with_triggers(self, fields)
  local lines, has_any = {}, false
  for i, field in ipairs(fields) do
    local parts = { ("  %sfrom(%s)"):format(literal.key(field[1]), field[2]) }
    for _, one in ipairs(self:triggers(field[3])) do
      parts[#parts + 1], has_any = "    " .. one.code, true
    end
    lines[i] = table.concat(parts, "\n") .. ","
  end
  return has_any and "{\n" .. table.concat(lines, "\n") .. "\n}" or nil
end

--- Why a variable of a FROM may be empty.
local function reason(self, name)
  if self.arguments[name] then
    return ("the build argument '%s' has no value: ARG %s=… or --build-arg %s=… gives it one")
      :format(name, name, name)
  end
  return ("no ARG before the first FROM declares '%s'"):format(name)
end

--- Keeps what is to be told where the word of a FROM turns out to be empty.
local function explain_empty(self, stage)
  if #self.bases == most_explained then return end
  local reasons, seen = {}, {}
  each_name(scan.nodes(stage.base, scan.docker(self.escape)), function(name)
    if seen[name] or #reasons == most_reasons then return end
    reasons[#reasons + 1] = reason(self, name)
    seen[name] = true
  end)
  table.insert(self.bases, { line = stage.line, word = stage.base, hint = reasons })
end

--- The source for what a stage begins with. With `is_stage` it isn't what `from` is given, but the
-- stage itself. `options` are those of `from`.
function global.base(self, stage, options)
  local base = stage.base_stage
  if base then return { code = base.variable } end
  local own_name = (stage.name or "stage_" .. stage.index) .. "_base"
  local source, has_variable = global.expression(self, stage.base, own_name)
  if has_variable then explain_empty(self, stage) end
  local fields = has_variable and candidates(self, stage) or {}
  if #fields == 0 then return has_variable and { code = source } or source end
  local declaration, reading = names.declare(self.names, "named", "_stages", "stages")
  local stages = with_triggers(self, fields)
  add(self, declaration .. " = "
    .. (stages or literal.render(literal.fields(fields), 0, #declaration + 3)))
  if stages then
    local image = literal.call("from", { { code = source }, options }, 0)
    return { code = ("(%s[%s] or %s)"):format(reading, source, image), is_stage = true }
  end
  return { code = ("%s[%s] or %s"):format(reading, source, source) }
end

return global
