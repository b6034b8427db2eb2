--- Dockerfiles on the command line: found, read, translated.
local directive = require "lamina.dockerfile.uses"
local guess = require "lamina.dockerfile.guess"
local input = require "lamina.cli.input"
local parser = require "lamina.dockerfile.parser"
local sched = require "lamina.util.sched"
local translate = require "lamina.dockerfile.translate"
local uses = require "lamina.cli.uses"

local dockerfile = {}

dockerfile.names = { "Dockerfile", "Containerfile" }

--- Whether a file is a Dockerfile: by its name, else by what it says.
function dockerfile.is_one(file, text)
  local name = file:match("[^/]*$"):lower()
  if name:find("%.lua$") then return false end
  return name:find("dockerfile") ~= nil or name:find("containerfile") ~= nil
    or guess.is_dockerfile(text)
end

--- Parses a text. `more` is { use =, beside = }: what --use names, and where the Dockerfile is. The
-- instructions that these and the file itself ask for are known; their files' texts by name are the
-- second result.
local function parse(text, name, more)
  local names, given = uses.read(more.use)
  local list, options = directive.of(text, name), { name = name, limit = input.recipe_limit() }
  for i, word in ipairs(names) do table.insert(list, i, { name = word, line = 1 }) end
  if #list == 0 then return parser.parse(text, options), given end
  options.custom = sched.run(require("lamina.recipe.recipe").rows, list,
    { name = name, beside = more.beside, given = given })
  local parsed = parser.parse(text, options)
  parsed.uses = list
  return parsed, given
end

--- The parsed Dockerfile of a path, "-" for standard input, nil for the one in this folder; `use`
-- is what --use names.
function dockerfile.read(file, use)
  file = file or input.first(".", dockerfile.names)
  local text, name = input.recipe(file)
  return (parse(text, name, { use = use, beside = file:match("^(.*)/[^/]*$") or "." }))
end

--- The recipe that a Dockerfile's text means: { text =, lines =, bases =, parsed =, given = }, see
-- dockerfile/translate.lua; `more` is { use =, beside =, replaced = }.
function dockerfile.translate(text, name, more)
  local parsed, given = parse(text, name, more or {})
  local recipe = translate.recipe(parsed, more)
  recipe.parsed, recipe.given = parsed, given
  return recipe
end

return dockerfile
