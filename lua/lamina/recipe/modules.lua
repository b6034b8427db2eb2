--- Our own modules that a recipe's sandbox is given: it has nothing else to require.
local shelf = require "lamina.recipe.shelf"

local modules = {}

-- What runs in the sandbox, and all that it requires.
modules.main = "lamina.recipe.evaluate"
local names = {
  modules.main, "lamina.recipe.argument", "lamina.recipe.description", "lamina.recipe.env",
  "lamina.recipe.files", "lamina.recipe.instruction", "lamina.recipe.library",
  "lamina.recipe.method.configuration", "lamina.recipe.method.copy",
  "lamina.recipe.method.group", "lamina.recipe.method.run", "lamina.recipe.mounts",
  "lamina.recipe.place", "lamina.recipe.sources", "lamina.recipe.stage", "lamina.recipe.target",
  "lamina.recipe.variables", "lamina.plan.plan", "lamina.plan.schema", "lamina.util.check",
  "lamina.util.failure", "lamina.util.glob", "lamina.util.size", "lamina.util.text",
  "lamina.util.words", "lamina.util.word.pattern", "lamina.util.word.recipe",
  "lamina.util.word.scan",
}

-- What reads and writes Dockerfiles there, and the words one of which a recipe needs for it.
local frontend = { "lamina.recipe.fragment", "lamina.recipe.onbuild", "lamina.recipe.plain",
  "lamina.recipe.plain.commands", "lamina.recipe.plain.config", "lamina.recipe.plain.files",
  "lamina.recipe.rows", "lamina.util.csv", "lamina.util.duration", "lamina.util.word.docker" }
for name in ([[apply call call.mounts carried checks directives flags forms heredoc instructions
  json_form lines mount parser]]):gmatch("%S+") do
  frontend[#frontend + 1] = "lamina.dockerfile." .. name
end
local frontend_words = { "use", "require", "dockerfile", "onbuild" }

--- A module's bytecode, from wherever this program has its own modules.
local function bytecode(name)
  for _, searcher in ipairs(package.searchers) do
    local loader = searcher(name)
    if type(loader) == "function" then return string.dump(loader) end
  end
  error("no module " .. name)
end

--- Whether a recipe's text can get at what reads Dockerfiles.
function modules.has_frontend(text)
  for _, word in ipairs(frontend_words) do
    if text:find(word, 1, true) then return true end
  end
  return false
end

--- A list of { name, bytecode }, and the name of the module with the instructions that come with
-- lamina, where it is among them.
function modules.list(with_frontend)
  local list = {}
  for _, name in ipairs(names) do list[#list + 1] = { name, bytecode(name) } end
  if not with_frontend then return list end
  for _, name in ipairs(frontend) do list[#list + 1] = { name, bytecode(name) } end
  local ok, code = pcall(bytecode, shelf.module)
  if ok then list[#list + 1] = { shelf.module, code } end
  return list, ok and shelf.module or nil
end

modules.names, modules.frontend = names, frontend

return modules
