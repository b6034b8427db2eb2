--- stage:onbuild(function(stage) … end): what the function does to a stage is kept as triggers, as
-- instructions of a plain Dockerfile, which any builder carries out.
local place = require "lamina.recipe.place"
local plain = require "lamina.recipe.plain"
local stage = require "lamina.recipe.stage"

local onbuild = {}

function onbuild.install()
  local keep = stage.method "onbuild"
  stage.extend("onbuild", function(self, what)
    if type(what) ~= "function" then return keep(self, what) end
    local where = place.current()
    local base = stage.new("scratch", { is_trigger = true })
    local result = what(base)
    place.enter(where)
    if not stage.is(result) then
      place.blame(("onbuild: the function answered %s, not a stage"):format(type(result)),
        "end it with 'return stage'")
    end
    local more = {}
    local lines = plain.lines(stage.step(result), stage.step(base), "\\", more)
    if #more > 0 then place.blame "onbuild: a trigger can't have stages of its own" end
    for _, line in ipairs(lines) do self = keep(self, line) end
    return self
  end)
end

return onbuild
