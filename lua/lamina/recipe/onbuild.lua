--- stage:onbuild with more than the text of a built-in instruction: a function, or the text of one
-- of a user's own. What it does to a stage is kept as triggers, as instructions of a plain
-- Dockerfile, which any builder carries out.
local argument = require "lamina.recipe.argument"
local fragment = require "lamina.recipe.fragment"
local instruction = require "lamina.recipe.instruction"
local place = require "lamina.recipe.place"
local plain = require "lamina.recipe.plain"
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

local option_rows = { escape = argument.text }

function onbuild.install()
  local keep = stage.method "onbuild"
  stage.extend("onbuild", function(self, what, options)
    local where = place.current() or {}
    local escape = argument.options(options, option_rows, "onbuild").escape
    if type(what) == "string" and instruction.is_one(what:match("^%s*(%S*)")) then
      what = applied(what, escape, where)
    end
    if type(what) ~= "function" then return keep(self, what) end
    for _, line in ipairs(lines_of(what, where)) do self = keep(self, line) end
    return self
  end)
end

return onbuild
