--- EXPOSE: port specifications as Docker reads them (SEMANTICS 36).
local gotext = require "lamina.build.gotext"
local port = require "lamina.image.port"
local scan = require "lamina.util.word.scan"
local words = require "lamina.util.words"

--- The words that the step's ports expand to: a variable may hold several (SEMANTICS 27).
local function specifications(step, at)
  local list = {}
  for _, text in ipairs(step.ports) do
    local lookup = function(name) return at:variable(name) end
    for _, word in ipairs(words.split(text, lookup, { dialect = scan.recipe })) do
      list[#list + 1] = word
    end
  end
  table.sort(list)
  return list
end

return function(step, at)
  local ports, added = {}, {}
  for key, value in pairs(at.config.ExposedPorts or {}) do ports[key] = value end
  for _, spec in ipairs(specifications(step, at)) do
    for _, name in ipairs(port.expand(spec)) do
      ports[name] = {}
      added[#added + 1] = name
    end
  end
  -- Without a port there is no map, where variables came to nothing (SEMANTICS 90).
  return at:configured({ ExposedPorts = next(ports) and ports })
    :remember("EXPOSE " .. gotext.list(added))
end
