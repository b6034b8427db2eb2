--- Stages: the immutable values that a recipe is written with.
--
-- A method never changes its stage; it answers a new one that points back at it, so any number
-- of stages can grow from one. What a stage holds is a step of the plan whose `input` (and
-- `from`, `lower`, …) are still such steps themselves; target.lua gives them their numbers.
local argument = require "lamina.recipe.argument"
local mounts = require "lamina.recipe.mounts"
local place = require "lamina.recipe.place"
local literal = require "lamina.util.word.recipe"

local stage = {}

local declared = {} -- arguments of the recipe itself: name -> value

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
  local where = place.pinned() or place.current()
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

--- Gives every stage one more method.
function stage.extend(name, method)
  methods[name] = method
end

--- The method of a name, nil where there is none.
function stage.method(name)
  return methods[name]
end

--- Calls a method for a call that is at work already.
function stage.call(value, name, ...)
  return methods[name](value, ...)
end

--- What `from` may name: a stage, a source, or an image by its reference.
function stage.source_of(value, what)
  if type(value) == "string" then
    return held[stage.new("image", { ref = value, files_only = true })]
  end
  if type(value) == "table" and held[value] then return held[value] end
  place.blame(("%s: a stage, a context or an image's name expected, got %s"):format(what,
    type(value)))
end

--- Makes a method that only passes its checked arguments on.
local function simple(op, fields_of)
  methods[op] = function(self, ...) return stage.new(op, fields_of(...), self) end
end

--- A script's name: a file in /dev/pipes.
local function script_name(value, what)
  local name = value == true and "script" or argument.text(value, what)
  if name == "" or name == "." or name == ".." or name:find("/", 1, true) then
    place.blame(("%s: '%s' is no file's name"):format(what, name))
  end
  return name
end

local run_options = {
  mounts = mounts.list, network = argument.text, security = argument.text,
  cache = argument.boolean, timeout = argument.text, user = argument.text, env = argument.pairs,
  script = script_name, devices = argument.list,
}

simple("run", function(command, options)
  local fields = argument.options(options, run_options, "run")
  fields.command = argument.command(command, "run")
  if fields.command == "" or #fields.command == 0 then place.blame("run: the command is empty") end
  if fields.script and type(fields.command) ~= "string" then
    place.blame("run: a script is a text, not a list")
  end
  return fields
end)

local copy_options = {
  from = stage.source_of, chown = argument.text, chmod = argument.text, link = argument.boolean,
  parents = argument.boolean, exclude = argument.list, expand = argument.boolean,
}

local add_options = { checksum = argument.text, unpack = argument.boolean,
  keep_git_dir = argument.boolean }
for key, reader in pairs(copy_options) do add_options[key] = reader end

--- Splits a table into its list and the rest.
local function split(values)
  local list, named = {}, {}
  for key, value in pairs(values) do
    if math.type(key) == "integer" then list[key] = value else named[key] = value end
  end
  return list, named
end

--- Takes http and git sources out of a list of paths.
local function split_remotes(list, what)
  local paths, remotes = {}, {}
  for _, item in ipairs(list) do
    local step = type(item) == "table" and held[item]
    if step and (step.op == "http" or step.op == "git") then
      remotes[#remotes + 1] = step
    elseif step then
      place.blame(what .. ": paths expected", "the stage or context to take them from goes into"
        .. " the options: { from = … }")
    else
      paths[#paths + 1] = item
    end
  end
  return #remotes > 0 and paths or list, #remotes > 0 and remotes or nil
end

--- `{ ["name"] = "text" }` are files that the recipe holds itself; paths may stand beside them.
local function read_sources(fields, sources, what)
  if type(sources) == "table" and held[sources] then sources = { sources } end
  if type(sources) == "table" then
    local named
    sources, named = split(sources)
    if next(named) ~= nil then fields.inline = argument.pairs(named, what) end
    sources, fields.remotes = split_remotes(sources, what)
  end
  if not (fields.inline or fields.remotes) or next(sources) ~= nil then
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

--- A build argument's name and default; without a default it is the recipe's own argument of
-- that name, if there is one.
local function declaration(name, default)
  name = argument.text(name, "arg: the name")
  if default ~= nil then return name, argument.text(default, "arg: the default") end
  return name, declared[name] and literal.literal(declared[name])
end

--- arg(name, default), or several at once: arg { "a", { "b", default } }.
simple("arg", function(name, default)
  if type(name) ~= "table" then
    name, default = declaration(name, default)
    return { name = name, default = default }
  end
  local list = {}
  for i, item in ipairs(name) do
    list[i] = { declaration(table.unpack(type(item) == "table" and item or { item }, 1, 2)) }
  end
  if #list == 0 then place.blame("arg: a name expected, got an empty table") end
  return { list = list }
end)

--- Makes known what arg() in the recipe answered.
function stage.declare(name, value)
  declared[name] = value
end

simple("maintainer", function(name) return { name = argument.text(name, "maintainer") } end)

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

--- Calls a function of the recipe's that takes a stage and answers one.
local function call(what, fn, ...)
  local where = place.current()
  if type(fn) ~= "function" then
    place.blame(("%s: a function expected, got %s"):format(what, type(fn)))
  end
  local result = fn(...)
  place.enter(where)
  if not stage.is(result) then
    place.blame(("%s: the function answered %s, not a stage"):format(what, type(result)),
      "end it with 'return stage'")
  end
  return result
end

--- Ordinary functions as reusable steps: stage:with(function(s, a) return s:run(a) end, "make").
function methods:with(fn, ...)
  return call("with", fn, self, ...)
end

--- The steps of a function, each cached, as one layer.
function methods:layer(fn)
  return stage.new("layer", { lower = held[self] }, call("layer", fn, self))
end

--- All layers as one.
function methods:squash()
  return stage.new("layer", {}, self)
end

return stage
