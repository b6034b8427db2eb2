--- No progress at all: only what a recipe prints, which is its author's own wish.
local plain = require "lamina.ui.plain"

local quiet = {}

local View = {}
View.__index = View

--- `write` takes text that is ready for a terminal.
function quiet.new(options)
  return setmetatable({ write = options.write }, View)
end

function View:hear(name, data)
  if name == "recipe.said" then self.write(plain.printed(data.line)) end
end

function View.tick() end
function View.close() end

return quiet
