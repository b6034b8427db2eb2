--- Instructions of a Dockerfile on a stage: stage:dockerfile(text, { name = "parts/base" }).
--
-- They are applied one after the other, here within the sandbox: built-in ones and the recipe's own
-- alike, by the function that their row has. Mistakes are told with the lines of the text.
local argument = require "lamina.recipe.argument"
local calls = require "lamina.dockerfile.call"
local failure = require "lamina.util.failure"
local instruction = require "lamina.recipe.instruction"
local mounts = require "lamina.recipe.mounts"
local parser = require "lamina.dockerfile.parser"
local place = require "lamina.recipe.place"
local rows = require "lamina.recipe.rows"
local stage = require "lamina.recipe.stage"

local fragment = {}

local at_work, most_deep, depth = {}, 30, 0
local constructors = mounts.constructors(stage.source_of)

-- What stands around the instructions, as dockerfile/call.lua asks for it.
local Context = {}
Context.__index = Context

--- What --from names: an image, since a text has no stages.
function Context:stage(name) -- luacheck: no self
  if name:find("^[+-]?%d+$") then
    failure.raise("invalid-input", ("there is no stage %s"):format(name), {
      hint = "what includes it has the stages" })
  end
  return name == "scratch" and stage.new("scratch", {}) or name
end

function Context:mount(kind, target, options) -- luacheck: no self
  if not target then return constructors[kind](options) end
  return constructors[kind](target, options)
end

--- Calls a function of the front end's; what it refuses is blamed on a place.
local function checked(where, fn, ...)
  local ok, result = pcall(fn, ...)
  if ok then return result end
  if not failure.is(result) then error(result, 0) end
  place.enter(where(result.line))
  place.blame(result.message, result.hint)
end

--- The instructions of a text; `where(line)` answers the place to tell for a line of it.
function fragment.parse(text, name, where, escape)
  return checked(where, parser.parse, text, { name = name, escape = escape,
    custom = rows.check(instruction.describe()) })
end

local function apply(self, one, context, where)
  place.enter() -- what `call` holds is made here, too
  if one.instruction == "FROM" then
    place.blame("FROM in a part of a Dockerfile", "what includes it has the stage")
  end
  local call = checked(function() return where(one.line) end, calls.of, one, context)
  return one.row.apply(self, call)
end

--- The stage after the instructions of a file that `fragment.parse` has read.
function fragment.apply(self, file, where)
  local context = setmetatable({ name = file.name, escape = file.escape }, Context)
  for _, one in ipairs(file.instructions) do
    self = place.at(where(one.line), apply, self, one, context, where)
  end
  return self
end

local option_rows = { name = argument.text }

--- Adds the method.
function fragment.install()
  stage.extend("dockerfile", function(self, text, options)
    local where = place.current() or {}
    text = argument.text(text, "dockerfile")
    local name = argument.options(options, option_rows, "dockerfile").name
    local is_named = name ~= nil
    name = name or where.file
    if is_named and at_work[name] then
      place.blame(("'%s' includes itself"):format(name))
    elseif depth >= most_deep then
      place.blame(("dockerfile: more than %d within each other"):format(most_deep))
    end
    at_work[name], depth = is_named, depth + 1
    local ok, result = pcall(function()
      local function at(line) return is_named and { file = name, line = line or 1 } or where end
      return fragment.apply(self, fragment.parse(text, name, at), at)
    end)
    at_work[name], depth = nil, depth - 1
    if not ok then error(result, 0) end
    place.enter(where)
    return result
  end)
end

return fragment
