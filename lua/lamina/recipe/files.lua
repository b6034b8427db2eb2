--- What a recipe may read: files of the build context, and Lua files beside the recipe.
--
-- Everything is opened beneath the directory that is meant: no link leads out of it (LUA-13).
local argument = require "lamina.recipe.argument"
local fs = require "lamina.core.fs"
local glob = require "lamina.util.glob"
local place = require "lamina.recipe.place"

local files = {}

local file_limit = 16 * 1024 * 1024
local most_entries = 100000

local Files = {}
Files.__index = Files

--- `context` and `beside` are descriptors of directories, or nil where there is none.
function files.new(context, beside)
  return setmetatable({ context = context, beside = beside, seen = {}, list = {}, required = {} },
    Files)
end

local function remember(self, path)
  if not self.seen[path] then self.list[#self.list + 1] = path end
  self.seen[path] = true
end

--- The paths that were asked for, sorted.
function Files:reads()
  table.sort(self.list)
  return self.list
end

local function context_of(self, what)
  if not self.context then place.blame(what .. ": there is no build context") end
  return self.context
end

--- The text of a file of the context.
function Files:read(path)
  local root = context_of(self, "read")
  path = argument.text(path, "read")
  remember(self, path)
  local text, err = fs.read(path, { root = root, limit = file_limit })
  if not text then place.blame("read: " .. err.message) end
  return text
end

function Files:exists(path)
  local root = context_of(self, "exists")
  path = argument.text(path, "exists")
  remember(self, path)
  return fs.stat(path, { root = root }) ~= nil
end

--- Adds what the elements of a pattern from `at` on match below a directory.
local function match(self, found, dir, elements, at)
  local names = fs.list(dir == "" and "." or dir, { root = self.context }) or {}
  table.sort(names)
  for _, name in ipairs(names) do
    if #found >= most_entries then place.blame("glob: too many files") end
    if glob.match(elements[at], name) then
      local path = dir == "" and name or dir .. "/" .. name
      if at == #elements then
        found[#found + 1] = path
      elseif (fs.stat(path, { root = self.context, follow = false }) or {}).type == "dir" then
        match(self, found, path, elements, at + 1)
      end
    end
  end
end

--- The paths of the context that a pattern matches, sorted; `*` doesn't cross a slash.
function Files:glob(pattern)
  context_of(self, "glob")
  pattern = argument.text(pattern, "glob")
  remember(self, pattern)
  local elements = {}
  for element in pattern:gmatch("[^/]+") do
    if element ~= "." then elements[#elements + 1] = element end
  end
  local found = {}
  if #elements > 0 then match(self, found, "", elements, 1) end
  return found
end

--- The text of a module: a.b is a/b.lua beside the recipe.
function Files:module(name)
  name = argument.text(name, "require")
  if not name:find("^[%w_-]+[%w_.-]*$") or name:find("..", 1, true) then
    place.blame(("require: '%s' is no module's name"):format(name))
  end
  local path = name:gsub("%.", "/") .. ".lua"
  self.required[#self.required + 1] = path
  if not self.beside then place.blame("require: there is no folder beside the recipe") end
  local text, err = fs.read(path, { root = self.beside, limit = 1 << 20 })
  if not text then
    place.blame(("require: %s"):format(err.message), "modules are Lua files beside the recipe")
  end
  return text, path
end

return files
