--- Where the instructions that come with lamina are found: PREFIX/share/lamina/recipes/instructions
-- beside the program, the same folder of the source tree, and in the program itself.
local fs = require "lamina.core.fs"

local shelf = {}

shelf.module = "lamina.recipe.instructions" -- their texts by name, where they are embedded

--- The folders in the order they are looked at.
local function folders()
  local list = {}
  local program = fs.realpath("/proc/self/exe")
  local prefix = program and program:match("^(.*)/bin/[^/]+$")
  if prefix then list[1] = prefix .. "/share/lamina/recipes/instructions" end
  local source = package.searchpath("lamina.recipe.shelf", package.path)
  local top = source and source:match("^(.*)/?lua/lamina/recipe/shelf%.lua$")
  if top then list[#list + 1] = (top == "" and "." or top) .. "/recipes/instructions" end
  return list
end

--- The first folder that is there, opened; nil where none is.
function shelf.open()
  for _, folder in ipairs(folders()) do
    local dir = fs.open(folder, "dir")
    if dir then return dir end
  end
end

return shelf
