--- What a build depends on outside of the store: the recipe, the modules it requires, what it reads
-- of the context, and the files of the context that its steps select.
--
--   local found = inputs.new(store)
--   found:begin "recipe.lua"
--   build.run(store, { …, inputs = found })      -- learns what the plan depends on
--   found:has_changed()                          -- whether it would be built from something else
--
-- Contents and modes count, as they do for the cache: a file that is only touched is the same.
local context = require "lamina.build.context"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local files = require "lamina.recipe.files"
local fs = require "lamina.core.fs"
local glob = require "lamina.util.glob"
local json = require "lamina.core.json"
local path = require "lamina.util.path"
local selection = require "lamina.build.selection"

local inputs = {}

local Inputs = {}
Inputs.__index = Inputs

local file_limit = 16 * 1024 * 1024

--- A file's content as a short text; what isn't there, or no file, is one as well.
local function content(name, options)
  local text, err = fs.read(name, options)
  return text and digest.sha256(text) or err.errno or err.message
end

function inputs.new(store)
  return setmetatable({ store = store, modules = {}, reads = {}, uses = {} }, Inputs)
end

--- A build of the recipe or Dockerfile of this path is about to begin.
function Inputs:begin(recipe)
  self.recipe, self.known, self.is_new = recipe, nil, true
  self.recipe_content = content(recipe, { limit = file_limit })
end

--- Learns what a recipe asked for while it was evaluated, also one that failed. For each platform
-- it is evaluated anew.
function Inputs:learn_recipe(options, modules, reads)
  self.context, self.ignore_file = options.context, options.ignore_file
  self.beside = options.beside or options.file and path.dirname(options.file)
  if self.is_new then self.modules, self.reads, self.is_new = {}, {}, false end
  table.move(modules, 1, #modules, #self.modules + 1, self.modules)
  table.move(reads, 1, #reads, #self.reads + 1, self.reads)
end

--- Learns what the steps of a graph select of the context.
function Inputs:learn_graph(graph)
  self.uses = {}
  for _, vertex in ipairs(graph.vertices) do
    for _, use in ipairs(vertex.uses) do
      local source = use.source
      if source.is_context then
        self.uses[#self.uses + 1] = { dir = source.dir, exclude = source.exclude,
          select = use.select, root = source.set.options.context }
      end
    end
  end
  self:settle()
end

--- What the recipe read: a path's content, the names that a pattern matches.
local function read_contents(self, root, list)
  local known = files.new(root, nil)
  for _, name in ipairs(self.reads) do
    list[#list + 1] = content(name, { root = root, limit = file_limit })
    if glob.has_wildcard(name) then
      local ok, found = pcall(known.glob, known, name)
      list[#list + 1] = ok and table.concat(found, "\0") or "?"
    end
  end
end

--- What the steps select, as their keys have it. A file that is missing is a state like others.
local function selected(self, list)
  local all <close> = context.set(self.store, self)
  local by_root = { [self.context] = all }
  for _, use in ipairs(self.uses) do
    local contexts = by_root[use.root] or context.set(self.store, { context = use.root })
    if not by_root[use.root] then all:adopt(contexts) end
    by_root[use.root] = contexts
    local ok, found = pcall(function()
      return selection.content(contexts:get(use.dir, use.exclude):tree(), use)
    end)
    if not ok and not failure.is(found) then error(found, 0) end
    list[#list + 1] = ok and failure.check(json.encode(found)) or found.message
  end
end

--- All of it as one text, to be compared.
local function digest_of(self, recipe_content)
  local list = { recipe_content }
  for _, name in ipairs(self.modules) do
    list[#list + 1] = content((self.beside or ".") .. "/" .. name, { limit = file_limit })
  end
  local root <close> = self.context and fs.open(self.context, "dir")
  if root then
    read_contents(self, root:fd(), list)
    selected(self, list)
  end
  return digest.sha256(table.concat(list, "\n"))
end

--- What is there now is what is being built: of the recipe, what was there when it began.
function Inputs:settle()
  self.known = digest_of(self, self.recipe_content)
end

--- Whether something differs from what the last build was made from.
function Inputs:has_changed()
  if not self.known then self:settle() end -- the build failed before it knew its steps
  return digest_of(self, content(self.recipe, { limit = file_limit })) ~= self.known
end

local function add_below(list, dir, name, filter)
  list[#list + 1] = name == "" and dir or dir .. "/" .. name
  for _, entry in ipairs(fs.list(list[#list]) or {}) do
    local below = name == "" and entry or name .. "/" .. entry
    local stat = fs.stat(dir .. "/" .. below, { follow = false })
    if stat and stat.type == "dir" and not (filter and filter(below, true) == "prune") then
      add_below(list, dir, below, filter)
    end
  end
end

--- Adds the directories of a context (options as for context.set), all of them or those that its
-- ignore file leaves.
local function add_context(self, list, options, has_all)
  local contexts <close> = context.set(self.store, options)
  local ok, tree = pcall(function() return contexts:get("", {}):tree() end)
  add_below(list, options.context, "", ok and not has_all and tree.filter or nil)
end

--- The directories in which a change may be one of an input.
function Inputs:directories()
  local list, known = { path.dirname(self.recipe) }, {}
  for _, name in ipairs(self.modules) do
    list[#list + 1] = path.dirname((self.beside or ".") .. "/" .. name)
  end
  if self.context and #self.uses + #self.reads > 0 then
    add_context(self, list, self, #self.reads > 0)
    known[self.context] = true
  end
  for _, use in ipairs(self.uses) do
    if not known[use.root] then add_context(self, list, { context = use.root }) end
    known[use.root] = true
  end
  return list
end

return inputs
