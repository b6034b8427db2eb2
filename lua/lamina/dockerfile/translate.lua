--- A parsed Dockerfile as the recipe that a person would have written (DESIGN section 3).
--
--   local recipe = translate.recipe(parser.parse(text, { name = "Dockerfile" }))
--   recipe.text          -- Lua
--   recipe.lines         -- for each of its lines the Dockerfile's line that it stands for
--   recipe.bases         -- of FROMs with variables { line =, word =, hint = why it is empty }
--   recipe.targets       -- what --target may say (names, numbers) -> the recipe's target
--
-- What `file.uses` lists ({ name =, line = }) is loaded first: instructions of users' own.
--
-- One method call an instruction, stages as locals, comments and blank lines kept. Quotes and
-- escapes of the Dockerfile become Lua's; variables stay and are expanded when the image's
-- environment is known. `options.is_idiomatic` writes long commands the way Lua would have them,
-- which shows in the image's history. `options.replaced` is a set of stages' names that stand for
-- something else: they become images of these names.
-- With `options.is_trigger` what --from names is known later: the stages are those of another file.
local calls = require "lamina.dockerfile.call"
local failure = require "lamina.util.failure"
local global = require "lamina.dockerfile.translate.global"
local lines = require "lamina.dockerfile.lines"
local literal = require "lamina.dockerfile.translate.literal"
local names = require "lamina.dockerfile.translate.names"
local stages = require "lamina.dockerfile.stages"
local targets = require "lamina.dockerfile.translate.targets"
local writer = require "lamina.dockerfile.translate.writer"
local written = require "lamina.dockerfile.translate.written"

local translate = {}

local Translation = {}
Translation.__index = Translation

--- What --from or a mount's from names: a stage's variable, or an image.
function Translation:stage(name, line)
  local stage = not self.is_trigger and self.stages:find(name, self.current, line)
  if stage then return written.code(stage.variable) end
  return name == "scratch" and written.code 'from "scratch"' or name
end

--- A mount for run: cache("/root/.cache", { id = "x" }).
function Translation:mount(kind, target, options) -- luacheck: no self
  if not target then return written.call(kind, options) end
  return written.call(kind, target, next(options) and options)
end

--- The parts of a command that goes over several lines, without the instruction and its flags.
local function command_parts(instruction, text)
  local parts, skip = {}, #lines.trim_right(instruction.text) - #text
  for _, part in ipairs(instruction.parts) do
    local cut = math.min(skip, #part)
    skip = skip - cut
    part = part:sub(cut + 1)
    if part:find("%S") or #parts > 0 then parts[#parts + 1] = part end
  end
  while #parts > 0 and not parts[#parts]:find("%S") do parts[#parts] = nil end
  if #parts > 0 then parts[#parts] = lines.trim_right(parts[#parts]) end
  return parts
end

--- Text for the shell; what goes over several lines does so here, too.
local function shell_text(self, instruction, text)
  local parts = instruction.parts and command_parts(instruction, text) or {}
  if #parts < 2 or table.concat(parts) ~= text then return literal.text(text) end
  if not self.is_idiomatic then return literal.joined(parts, 8) end
  for i, part in ipairs(parts) do parts[i] = "    " .. lines.trim_left(lines.trim_right(part)) end
  return literal.text(table.concat(parts, " \\\n") .. "\n  ")
end

local function count_names(all)
  local count = #all
  for _, instruction in ipairs(all.global) do count = count + #instruction.args end
  return count + 20 -- predefined arguments
end

--- What the words of a Dockerfile are refused for is told with the line that `fn` has set.
local function with_line(self, fn, what)
  local ok, err = pcall(fn, self, what)
  if ok then return end
  if not failure.is(err) or err.file then error(err, 0) end
  failure.raise(err.kind, err.message, { file = self.file.name, line = self.line,
    hint = err.hint })
end

--- Tells what an instruction does to a stage, one method call after the other.
function Translation:calls(instruction, emit)
  self.instruction, self.emit = instruction, emit
  self.escape = instruction.escape or self.file.escape -- triggers of an image have their own
  instruction.row.apply(self.written, calls.of(instruction, self))
end

--- Writes one instruction of a stage into its chain.
local function write_calls(self, instruction, emit)
  if instruction.before[1] then self.out:comments(instruction.before, instruction.line, 2) end
  if instruction.inside then
    self.out:comments(instruction.inside, instruction.line + #instruction.inside, 2)
  end
  self:calls(instruction, emit)
end

--- `local build = from("golang", { platform = "…" })`, or `return from …` of the only stage.
local function write_from(self, stage)
  self.line, self.is_behind_stage = stage.line, stage.index > 0
  local platform = stage.platform and global.expression(self, stage.platform)
  local options = platform and literal.fields { { "platform", platform } } or nil
  local base = global.base(self, stage, options)
  if #stage.from.before == 0 then self.out:gap(stage.line) end
  self.out:comments(stage.from.before, stage.line, 0, self.file.directives)
  local declaration
  if #self.stages == 1 and not stage.name and not stage.is_long then
    declaration = "return "
  else
    local name = stage.name or (stage == self.stages[#self.stages] and "final")
      or "stage_" .. stage.index
    declaration, stage.variable = names.declare(self.names, name, "_stage", "stages")
    declaration = declaration .. " = "
  end
  self.out:add(base.is_stage and declaration .. base.code
    or literal.call(declaration .. "from", { base, options }, 0), stage.line)
end

--- What a stage keeps for those on it, as calls: { code =, line = } (SEMANTICS 40).
function Translation:triggers(base)
  local list = {}
  for _, instruction in ipairs(base.instructions) do
    if instruction.onbuild then
      self:calls(instruction.onbuild, function(call)
        list[#list + 1] = { code = call, line = instruction.line }
      end)
    end
  end
  return list
end

local function write_triggers(self, stage)
  if not stage.base_stage then return end
  for _, one in ipairs(self:triggers(stage.base_stage)) do
    self.out:add(("  -- ONBUILD in line %d"):format(one.line), stage.line)
    self.out:add("  " .. one.code, stage.line)
  end
end

-- The calls of a chain are one expression of its first line to Lua, which looks for the line of a
-- call far away from that one by one. So a very long chain is written as several.
local long_chain, most_lines = 2000, 100

local function write_stage(self, stage)
  self.current = stage
  stage.is_long = #stage.instructions > long_chain
  write_from(self, stage)
  write_triggers(self, stage)
  local begin = self.out:count()
  local function emit(call) self.out:add("  " .. call, self.line) end
  for _, instruction in ipairs(stage.instructions) do
    self.line = instruction.line
    if stage.is_long and self.out:count() - begin > most_lines then
      self.out:add(("%s = %s"):format(stage.variable, stage.variable), self.line)
      begin = self.out:count()
    end
    write_calls(self, instruction, emit)
  end
end

--- `return { build = build, default = "build" }`: what --target can name.
local function write_return(self)
  local last, fields = self.stages[#self.stages], {}
  if not last.variable then return end
  for _, stage in ipairs(self.stages) do
    local name = targets.name(self.stages, stage)
    if name ~= "default" then fields[#fields + 1] = { name, stage.variable } end
  end
  local name = targets.name(self.stages, last)
  fields[#fields + 1] = { "default", name ~= "default" and literal.text(name) or last.variable }
  self.out:gap(self.file.lines)
  self.out:add("return " .. literal.render(literal.fields(fields), 0, 7), self.file.lines)
end

--- Stages whose name means something else in this build: `FROM name` is all that is left.
local function replace(all, replaced)
  for _, stage in ipairs(all) do
    if stage.name and replaced[stage.name] then
      stage.base, stage.base_stage, stage.platform, stage.instructions = stage.name, nil, nil, {}
    end
  end
end

local function new(file, options)
  local all = stages.of(file)
  replace(all, options and options.replaced or {})
  local self = setmetatable({ file = file, name = file.name, escape = file.escape, stages = all,
    arguments = {}, bases = {}, names = names.new(count_names(all)), out = writer.new(),
    is_idiomatic = options and options.is_idiomatic,
    is_trigger = options and options.is_trigger }, Translation)
  self.written = written.stage(function(call) self.emit(call) end, function(text)
    return shell_text(self, self.instruction, text)
  end)
  return self
end

--- Translates; see the head of this file.
function translate.recipe(file, options)
  local self = new(file, options)
  local all = self.stages
  local tables = names.tables(self.names)
  if tables then self.out:add(tables, 1) end
  for _, one in ipairs(file.uses or {}) do
    self.out:add("use " .. literal.text(one.name), one.line)
  end
  for _, instruction in ipairs(all.global) do
    self.line = instruction.line
    self.out:comments(instruction.before, instruction.line, 0, file.directives)
    with_line(self, global.argument, instruction)
  end
  for _, stage in ipairs(all) do with_line(self, write_stage, stage) end
  self.out:comments(file.after, file.lines + 1, 0)
  write_return(self)
  local text, map = self.out:finish()
  return { text = text, lines = map, bases = self.bases, targets = targets.of(self.stages) }
end

return translate
