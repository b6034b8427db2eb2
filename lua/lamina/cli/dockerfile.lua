--- Dockerfiles on the command line: found, read, translated.
local input = require "lamina.cli.input"
local lines = require "lamina.dockerfile.lines"
local parser = require "lamina.dockerfile.parser"
local translate = require "lamina.dockerfile.translate"

local dockerfile = {}

dockerfile.names = { "Dockerfile", "Containerfile" }

--- Whether a text looks like a Dockerfile: what stands first is FROM or ARG, and no call of Lua's.
local function looks_like_one(text)
  for line in text:sub(1, 65536):gmatch("[^\r\n]+") do
    local word, rest = line:match("^%s*(%a+)%s+(.)")
    word = word and word:lower()
    if word == "from" or word == "arg" then return not rest:find("[\"'%[({=,]") end
    if line:find("%S") and not line:find("^%s*#") and not line:find("^\239\187\191") then
      return false
    end
  end
  return false
end

--- Whether a file is a Dockerfile: by its name, else by what it says.
function dockerfile.is_one(file, text)
  local name = file:match("[^/]*$"):lower()
  if name:find("%.lua$") then return false end
  return name:find("dockerfile") ~= nil or name:find("containerfile") ~= nil
    or looks_like_one(text)
end

--- The parsed Dockerfile of a path, "-" for standard input, nil for the one in this folder.
function dockerfile.read(file)
  local text, name = input.read(file or input.first(".", dockerfile.names), lines.limit)
  return parser.parse(text, { name = name })
end

--- The recipe that a Dockerfile's text means: { text =, lines =, parsed = }, see
-- dockerfile/translate.lua.
function dockerfile.translate(text, name, options)
  local parsed = parser.parse(text, { name = name })
  local recipe = translate.recipe(parsed, options)
  recipe.parsed = parsed
  return recipe
end

return dockerfile
