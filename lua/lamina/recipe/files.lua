--- What a recipe may read: files of the build context, and Lua files beside the recipe.
--
-- Everything is opened beneath the directory that is meant: no link leads out of it (LUA-13).
local argument = require "lamina.recipe.argument"
local check = require "lamina.util.check"
local fs = require "lamina.core.fs"
local glob = require "lamina.util.glob"
local place = require "lamina.recipe.place"

local files = {}

local file_limit = 16 * 1024 * 1024
local most_entries = 100000

local Files = {}
Files.__index = Files

--- `context`, `beside` and `more.shelf` are descriptors of directories, or nil where there is none;
-- `more.embedded` holds texts of instructions by name, `more.given` those of files by the names
-- that they are asked for or that messages call them.
function files.new(context, beside, more)
  more = more or {}
  return setmetatable({ context = context, beside = beside, shelf = more.shelf,
    embedded = more.embedded or {}, given = more.given or {}, seen = {}, list = {},
    required = {} }, Files)
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

local module_limit = 1 << 20

--- The text of an instruction that comes with lamina, and what messages call it; nil if there is
-- none of the name.
local function on_shelf(self, name)
  if not name:find("^[%w_-]+$") then return nil end
  local path = name .. ".lua"
  local shown = "instructions/" .. path
  local text = self.given[shown]
    or self.shelf and fs.read(path, { root = self.shelf, limit = module_limit })
    or self.embedded[name]
  return text, shown
end

local function beside(self, path, what, hint)
  if self.given[path] then return self.given[path], path end
  self.required[#self.required + 1] = path
  if not self.beside then place.blame(what .. ": there is no folder beside the recipe") end
  local text, err = fs.read(path, { root = self.beside, limit = module_limit })
  if not text then place.blame(("%s: %s"):format(what, err.message), hint) end
  return text, path
end

--- The text of a module: a.b is a/b.lua beside the recipe, or an instruction that comes with
-- lamina.
function Files:module(name)
  name = argument.text(name, "require")
  if not name:find("^[%w_-]+[%w_.-]*$") or name:find("..", 1, true) then
    place.blame(("require: '%s' is no module's name"):format(name))
  end
  local path = name:gsub("%.", "/") .. ".lua"
  local is_there = self.beside and fs.stat(path, { root = self.beside })
  if not is_there then
    local text, shown = on_shelf(self, name)
    if text then return text, shown end
  end
  return beside(self, path, "require", "modules are Lua files beside the recipe")
end

--- What is on the shelf, for hints.
local function shelf_names(self)
  local names = {}
  for name in pairs(self.embedded) do names[#names + 1] = name end
  for _, file in ipairs(self.shelf and fs.list(".", { root = self.shelf }) or {}) do
    names[#names + 1] = file:match("^([%w_-]+)%.lua$")
  end
  table.sort(names)
  return names
end

--- Whether a path leads out of the folder that it begins in.
local function leads_out(path)
  local depth = 0
  for element in path:gmatch("[^/]+") do
    depth = depth + (element == ".." and -1 or element == "." and 0 or 1)
    if depth < 0 then return true end
  end
  return path:find("^/") ~= nil
end

--- The text of an instruction's file: "apt" is one that comes with lamina, "./apt.lua" one beside
-- the recipe, and what the command line gave goes by the name it had there.
function Files:instruction(name)
  name = argument.text(name, "use")
  if self.given[name] then return self.given[name], name end
  local text, shown = on_shelf(self, name)
  if text then return text, shown end
  if name:find("^[%w_-]+$") then
    local near = check.suggest(name, shelf_names(self))
    place.blame(("use: no instruction '%s' comes with lamina"):format(name),
      near and ("did you mean '%s'?"):format(near)
        or ("one of your own is a file: use \"./%s.lua\""):format(name))
  end
  local path = name:gsub("^%./+", "")
  if leads_out(path) or not path:find("%.lua$") then
    place.blame(("use: '%s' is no Lua file beside the recipe"):format(name),
      leads_out(path) and "it has to be beside the recipe or Dockerfile, or in a folder there;"
        .. " --use takes a file from anywhere" or nil)
  end
  return beside(self, path, "use", "instructions of your own are Lua files beside the recipe")
end

return files
