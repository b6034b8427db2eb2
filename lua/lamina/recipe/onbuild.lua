--- stage:onbuild with more than the text of a built-in instruction: a function, or the text of one
-- of a user's own.
--
-- What it does to a stage is kept as triggers, as instructions of a plain Dockerfile, which any
-- builder carries out. A text whose variables only a build on the image knows is kept as it is,
-- together with the files that know the instruction: that build, lamina's, reads it then.
local argument = require "lamina.recipe.argument"
local carried = require "lamina.dockerfile.carried"
local fragment = require "lamina.recipe.fragment"
local instruction = require "lamina.recipe.instruction"
local place = require "lamina.recipe.place"
local plain = require "lamina.recipe.plain"
local sources = require "lamina.recipe.sources"
local stage = require "lamina.recipe.stage"

local onbuild = {}

--- What a function does to a stage that isn't known yet, as lines.
local function lines_of(fn, where)
  local base = stage.new("scratch", { is_trigger = true })
  local result = fn(base)
  place.enter(where)
  if not stage.is(result) then
    place.blame(("onbuild: the function answered %s, not a stage"):format(type(result)),
      "end it with 'return stage'")
  end
  local more = {}
  local lines = plain.lines(stage.step(result), stage.step(base), "\\", more)
  if #more > 0 then place.blame "onbuild: a trigger can't have stages of its own" end
  return lines
end

--- The text of a user's own instruction as a function. It is told to be where the text stands.
local function applied(text, escape, where)
  local function at() return where end
  local file = fragment.parse(text, where.file, at, escape)
  if #file.instructions ~= 1 then place.blame "onbuild: it takes one instruction" end
  return function(base) return fragment.apply(base, file, at) end
end

--- The text as a trigger that a later build can read.
local function carrying(row, text, escape)
  return carried.write(sources.needed(row.file), text, escape)
end

--- The triggers that the text of a user's own instruction comes to.
local function lines_of_text(row, text, escape, where, is_plain)
  local ok, lines = pcall(lines_of, applied(text, escape, where), where)
  if ok then return lines end
  if not place.is_late(lines) then error(lines, 0) end
  place.enter(where)
  if is_plain then place.blame(lines.message, "only builds by lamina take such a trigger") end
  return { carrying(row, text, escape) }
end

local option_rows = { escape = argument.text }

--- Adds the method. With `is_plain` every trigger has to be one that any builder takes.
function onbuild.install(is_plain)
  local keep = stage.method "onbuild"
  stage.extend("onbuild", function(self, what, options)
    local where = place.current() or {}
    local escape = argument.options(options, option_rows, "onbuild").escape
    local row = type(what) == "string" and instruction.find(what:match("^%s*(%S*)"))
    if not row and type(what) ~= "function" then return keep(self, what) end
    local lines = row and lines_of_text(row, what, escape, where, is_plain)
      or lines_of(what, where)
    for _, line in ipairs(lines) do self = keep(self, line) end
    return self
  end)
end

return onbuild
