--- Stages: the immutable values that a recipe is written with.
--
-- A method never changes its stage; it answers a new one that points back at it, so any number
-- of stages can grow from one. What a stage holds is a step of the plan whose `input` (and
-- `from`, `lower`, …) are still such steps themselves; target.lua gives them their numbers. Their
-- methods stand in method/.
local argument = require "lamina.recipe.argument"
local place = require "lamina.recipe.place"

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

--- Makes a method of a step whose fields are what `fields_of` makes of the arguments.
function stage.simple(op, fields_of)
  methods[op] = function(self, ...) return stage.new(op, fields_of(...), self) end
end

--- Makes known what arg() in the recipe answered.
function stage.declare(name, value)
  declared[name] = value
end

--- All that it answered, as a list of { name, value } in the order of the names.
function stage.declarations()
  local list = {}
  for name, value in pairs(declared) do list[#list + 1] = { name, value } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

--- What arg() in the recipe answered for a name, nil where it wasn't asked.
function stage.declared(name)
  return declared[name]
end

return stage
