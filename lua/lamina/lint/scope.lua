--- Goes through the stages of a Dockerfile with what is known at each instruction.
--
--   scope.each(subject, function(instruction, at) … end)
--
--   at.stage       the stage, as dockerfile/stages.lua has it
--   at.names       variables that are set or declared: name -> true
--   at.has_shell   whether SHELL was set, here or in the base image
--   at.has_workdir whether a WORKDIR was given in this file
--   at.is_open     whether the base image is unknown, so that it may set more variables
--   at.has_custom  whether an instruction of users' own may have set anything
--   at.env         values of variables that are certain: name -> text
local scan = require "lamina.util.word.scan"
local words = require "lamina.util.words"

local scope = {}

local platform_parts = { "PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT" }

--- Names of the arguments that are there by themselves (SEMANTICS 19).
scope.predefined = {}
for _, whose in ipairs { "TARGET", "BUILD" } do
  for _, part in ipairs(platform_parts) do scope.predefined[whose .. part] = true end
end

local function expanded(text, values, escape)
  local ok, result = pcall(words.expand, text, function(name) return values[name] end,
    { dialect = scan.docker(escape) })
  return ok and result or nil
end

--- The values of the global arguments, and the set of those declared; `given` are the caller's.
function scope.globals(subject, given)
  local values, declared = {}, {}
  for _, instruction in ipairs(subject.stages.global) do
    for _, word in ipairs(instruction.args) do
      local name, default = word:match("^([^=]*)=(.*)$")
      name = name or word
      declared[name] = true
      values[name] = given[name] or default and expanded(default, values, subject.file.escape)
        or values[name]
    end
  end
  return values, declared
end

--- What a base image of the store says; `image(ref)` answers its configuration.
local function from_image(subject, stage, at, globals)
  local ref = expanded(stage.base, globals, subject.file.escape)
  if ref == "scratch" then return end
  local config = ref and subject.image and subject.image(ref)
  at.is_open = not config
  config = config and config.config or {}
  for _, pair in ipairs(config.Env or {}) do
    local name, value = pair:match("^([^=]*)=(.*)$")
    if name then at.names[name], at.env[name] = true, value end
  end
  at.has_shell = config.Shell ~= nil and #config.Shell > 0
end

local function copy(set)
  local new = {}
  for key, value in pairs(set) do new[key] = value end
  return new
end

local function begin(subject, stage, ends, globals)
  local at = { stage = stage, names = { PATH = true }, env = {}, is_open = false }
  local base = stage.base_stage
  if base then
    local below = ends[base]
    at.names, at.env, at.is_open = copy(below.names), copy(below.env), below.is_open
    at.has_shell, at.has_workdir = below.has_shell, below.has_workdir
    at.has_custom = below.has_custom
  else
    from_image(subject, stage, at, globals)
  end
  return at
end

local change = {}

function change.ENV(at, instruction, escape)
  local values = {}
  for i = 1, #instruction.args, 2 do
    values[instruction.args[i]] = expanded(instruction.args[i + 1], at.env, escape) or false
  end
  for name, value in pairs(values) do at.names[name], at.env[name] = true, value or nil end
end

function change.ARG(at, instruction)
  for _, word in ipairs(instruction.args) do
    local name = word:match("^([^=]*)")
    if at.env[name] == nil then at.names[name] = true end
  end
end

function change.SHELL(at) at.has_shell = true end
function change.WORKDIR(at) at.has_workdir = true end

--- Visits every instruction behind a FROM; `visit` sees what is known before it.
function scope.each(subject, visit)
  local globals, ends = scope.globals(subject, subject.args or {}), {}
  for _, stage in ipairs(subject.stages) do
    local at = begin(subject, stage, ends, globals)
    for _, instruction in ipairs(stage.instructions) do
      visit(instruction, at)
      local effect = change[instruction.instruction]
      if effect then effect(at, instruction, subject.file.escape) end
      at.has_custom = at.has_custom or instruction.row.is_custom
    end
    ends[stage] = at
  end
end

--- Every instruction behind the first FROM, FROM too, in order.
function scope.instructions(subject)
  local list = {}
  for _, stage in ipairs(subject.stages) do
    list[#list + 1] = stage.from
    table.move(stage.instructions, 1, #stage.instructions, #list + 1, list)
  end
  return list
end

--- An instruction's name as it is written.
function scope.keyword(instruction)
  return instruction.text:match("^%s*(%S+)")
end

scope.expanded = expanded

return scope
