--- with, layer and squash: functions as steps, many steps as one layer.
local place = require "lamina.recipe.place"
local stage = require "lamina.recipe.stage"

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
stage.extend("with", function(self, fn, ...)
  return call("with", fn, self, ...)
end)

--- The steps of a function, each cached, as one layer.
stage.extend("layer", function(self, fn)
  return stage.new("layer", { lower = stage.step(self) }, call("layer", fn, self))
end)

--- All layers as one.
stage.extend("squash", function(self)
  return stage.new("layer", {}, self)
end)

return true
