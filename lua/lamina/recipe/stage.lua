--- Stages: the immutable values that a recipe is written with.
--
-- A method never changes its stage; it answers a new one that points back at it, so any number
-- of stages can grow from one. What a stage holds is a step of the plan whose `input` (and
-- `from`, `lower`, …) are still such steps themselves; target.lua gives them their numbers.
local argument = require "lamina.recipe.argument"
local mounts = require "lamina.recipe.mounts"
local place = require "lamina.recipe.place"

local stage = {}

local held = setmetatable({}, { __mode = "k" }) -- stage or source -> its step
local methods = {}
local Stage = { __name = "lamina.stage", __metatable = false }
local Source = { __name = "lamina.source", __metatable = false }
local serial = 0

local function names_of(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  return names
end

--- Methods are found with the line they are named on. A dot instead of the colon is a mistake
-- that is often made.
function Stage.__index(_, name)
  local where = place.enter()
  local method = methods[name]
  if not method then argument.unknown("a stage has no method", name, names_of(methods)) end
  return function(receiver, ...)
    place.enter(where)
    if not stage.is(receiver) then
      place.blame(("%s: a stage expected before it"):format(name),
        ("write stage:%s(…), with a colon"):format(name))
    end
    return method(receiver, ...)
  end
end

function Stage.__newindex(_, name)
  place.enter()
  place.blame(("a stage can't be changed (field '%s')"):format(tostring(name)),
    "use what its methods answer")
end

local function own(metatable, step)
  serial = serial + 1
  step.serial = serial
  local where = place.current()
  if where then step.file, step.line = where.file, where.line end
  local value = setmetatable({}, metatable)
  held[value] = step
  return value
end

--- A new stage of a step; `input` is the stage it continues.
function stage.new(op, fields, input)
  fields.op, fields.input = op, input and held[input]
  return own(Stage, fields)
end

--- Something that files can be copied from and that isn't a stage.
function stage.source(op, fields)
  fields.op = op
  return own(Source, fields)
end

function stage.is(value)
  return rawequal(debug.getmetatable(value), Stage)
end

--- The step behind a stage or source.
function stage.step(value)
  return held[value]
end

--- Calls a method for a call that is at work already.
function stage.call(value, name, ...)
  return methods[name](value, ...)
end

--- What `from` may name: a stage, a source, or an image by its reference.
function stage.source_of(value, what)
  if type(value) == "string" then return held[stage.new("image", { ref = value })] end
  if type(value) == "table" and held[value] then return held[value] end
  place.blame(("%s: a stage, a context or an image's name expected, got %s"):format(what,
    type(value)))
end

--- Makes a method that only passes its checked arguments on.
local function simple(op, fields_of)
  methods[op] = function(self, ...) return stage.new(op, fields_of(...), self) end
end

local run_options = {
  mounts = mounts.list, network = argument.text, security = argument.text,
  cache = argument.boolean, timeout = argument.text, user = argument.text, env = argument.pairs,
}

simple("run", function(command, options)
  local fields = argument.options(options, run_options, "run")
  fields.command = argument.command(command, "run")
  if fields.command == "" or #fields.command == 0 then place.blame("run: the command is empty") end
  return fields
end)

local copy_options = {
  from = stage.source_of, chown = argument.text, chmod = argument.text, link = argument.boolean,
  parents = argument.boolean, exclude = argument.list,
}

local add_options = { checksum = argument.text, unpack = argument.boolean,
  keep_git_dir = argument.boolean }
for key, reader in pairs(copy_options) do add_options[key] = reader end

--- `{ ["name"] = "text" }` are files that the recipe holds itself.
local function read_sources(fields, sources, what)
  if type(sources) == "table" and held[sources] then
    place.blame(what .. ": paths expected", "the stage or context to take them from goes into"
      .. " the options: { from = … }")
  end
  local has_names = type(sources) == "table" and #sources == 0 and next(sources) ~= nil
  if has_names then
    fields.inline = argument.pairs(sources, what)
  else
    fields.sources = argument.list(sources, what .. ": the sources")
  end
end

local function copying(op, rows)
  simple(op, function(sources, destination, options)
    local fields = argument.options(options, rows, op)
    read_sources(fields, sources, op)
    fields.destination = argument.text(destination, op .. ": the destination")
    return fields
  end)
end

copying("copy", copy_options)
copying("add", add_options)

for _, op in ipairs { "env", "label", "annotate" } do
  simple(op, function(values) return { pairs = argument.pairs(values, op) } end)
end

simple("arg", function(name, default)
  if default ~= nil then default = argument.text(default, "arg: the default") end
  return { name = argument.text(name, "arg: the name"), default = default }
end)

simple("workdir", function(path) return { path = argument.text(path, "workdir") } end)
simple("user", function(name) return { name = argument.text(name, "user") } end)
simple("onbuild", function(text) return { text = argument.text(text, "onbuild") } end)
simple("stopsignal", function(name) return { signal = argument.text(name, "stopsignal") } end)
simple("expose", function(...) return { ports = argument.several("expose", ...) } end)
simple("volume", function(...) return { paths = argument.several("volume", ...) } end)

simple("shell", function(words)
  if type(words) ~= "table" then place.blame("shell: a list of words expected") end
  return { exec = argument.list(words, "shell") }
end)

local function either_form(command, what, fields)
  command = argument.command(command, what)
  fields[type(command) == "string" and "shell" or "exec"] = command
  return fields
end

for _, op in ipairs { "cmd", "entrypoint" } do
  simple(op, function(command) return either_form(command, op, {}) end)
end

local health_options = {
  interval = argument.text, timeout = argument.text, start_period = argument.text,
  start_interval = argument.text, retries = argument.integer,
}

simple("healthcheck", function(command, options)
  if command == false then return { none = true } end
  local fields = argument.options(options, health_options, "healthcheck")
  return either_form(command, "healthcheck", fields)
end)

--- Ordinary functions as reusable steps: stage:with(function(s, a) return s:run(a) end, "make").
function methods:with(fn, ...)
  local where = place.current()
  if type(fn) ~= "function" then
    place.blame(("with: a function expected, got %s"):format(type(fn)))
  end
  local result = fn(self, ...)
  place.enter(where)
  if not stage.is(result) then
    place.blame(("with: the function answered %s, not a stage"):format(type(result)),
      "end it with 'return stage'")
  end
  return result
end

return stage
