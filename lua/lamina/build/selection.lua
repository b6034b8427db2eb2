--- Which files a step's sources mean, as the part of its key that stands for them.
--
--   selection.content(files, use)         -> plain data: the digests of what a use selects
--   selection.is_unchanged(files, use)    -> whether it still selects the same
--   selection.find(files, source, select) -> { { path=, name= }, … }: what one of its sources means
--
-- `files` is a tree (tree.lua).
local failure = require "lamina.util.failure"
local ignore = require "lamina.dockerfile.ignore"
local json = require "lamina.core.json"
local path = require "lamina.util.path"
local tree = require "lamina.build.tree"

local selection = {}

local function paths_of(found)
  local paths = {}
  for i, one in ipairs(found) do paths[i] = one.path end
  return paths
end

--- What `exclude` knows the found paths by: with `parents` the part that is kept, else nil, since
-- then it is asked for what is below each of them (SEMANTICS 59).
local function names_of(found, select)
  if not select.parents then return nil end
  local names = {}
  for i, one in ipairs(found) do names[i] = one.name end
  return names
end

--- How the directories on the way to a path look, which `parents` makes anew (SEMANTICS 51): the
-- digest of the nearest one and of its own way.
local function way_to(self, name, options)
  local dir = path.dirname("/" .. name):sub(2)
  if dir == "" then return "" end
  self.ways = self.ways or {}
  if not self.ways[dir] then
    local own = self:digest(self:find_one(dir), { uid = options.uid, gid = options.gid,
      exclude = function() return "prune" end })
    self.ways[dir] = own .. way_to(self, dir, options)
  end
  return self.ways[dir]
end

--- A name for a key. Those that aren't UTF-8 are no text for JSON.
local function plain(name)
  if utf8.len(name) then return name end
  return { bytes = name:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end) }
end

--- What a found path is called where it goes. Of a directory what is below counts, not its own
-- name, which isn't copied. A file's name is part of it, and with `parents` the whole path
-- (SEMANTICS 72, 74).
local function place_of(self, found, select, options)
  if select.parents then return { plain(found.name), way_to(self, found.name, options) } end
  return self:stat(found.path).type ~= "dir" and plain(path.basename(found.name))
end

--- The part of the key for one source: all that it means together, since files of it may be hard
-- links of each other. From one source to another they aren't (SEMANTICS 55).
local function part(self, found, select, excludes)
  local owner = self.reset_owner and 0 or nil
  local options = { exclude = excludes, names = names_of(found, select), uid = owner, gid = owner }
  local places = json.array {}
  for i, one in ipairs(found) do places[i] = place_of(self, one, select, options) end
  return { places = places, digest = self:digest(paths_of(found), options) }
end

--- A function(path, is_dir) -> "keep" | "skip" | "prune" for `exclude` patterns.
function selection.excludes(patterns)
  return ignore.matcher(ignore.parse(table.concat(patterns, "\n")))
end

--- The same patterns together with what the tree itself leaves out, as layer.copy asks: with the
-- path in the tree and the one below the source. nil when nothing is left out.
function selection.combined(self, patterns)
  local inner = patterns and selection.excludes(patterns)
  local outer = self.filter
  if not inner and not outer then return nil end
  return function(name, below, is_dir)
    local verdict = outer and outer(name, is_dir) or "keep"
    if verdict ~= "keep" or not inner then return verdict end
    return inner(below, is_dir)
  end
end

--- What a source means. With `parents` a path may itself be left out; a directory that patterns
-- leave out stays where something in it may be taken back.
function selection.find(self, source, select)
  local found = self:find(source, select)
  if not select.parents or not select.exclude then return found end
  local excludes, kept = selection.excludes(select.exclude), {}
  for _, one in ipairs(found) do
    local is_dir = self:stat(one.path).type == "dir"
    local verdict = one.name == "" and "keep" or excludes(one.name, is_dir)
    if verdict == "keep" or is_dir and verdict == "skip" then kept[#kept + 1] = one end
  end
  return kept
end

--- Calls fn with each tree that a use is in and what each of its sources means there, and lists
-- what it answers. A directory before a pivot that has none of it doesn't count.
local function each(self, use, fn)
  local select, list = use.select, json.array {}
  local excludes = select.exclude and selection.excludes(select.exclude)
  for _, base in ipairs(self:bases(select)) do
    for _, source in ipairs(select.paths) do
      local found = selection.find(base, source, select)
      if #found > 0 or base == self then list[#list + 1] = fn(base, found, excludes) end
    end
  end
  return list
end

--- What a use selects, as plain data for a key. The use keeps it as its `content`.
function selection.content(self, use)
  use.found = {}
  use.content = { content = each(self, use, function(base, found, excludes)
    use.found[#use.found + 1] = { base = base, paths = paths_of(found) }
    return part(base, found, use.select, excludes)
  end) }
  return use.content
end

--- Whether a use still selects the same files, in the same state, as when its content was asked
-- for. Nothing is read: files have other times once they have changed.
function selection.is_unchanged(self, use)
  local whole <close> = tree.new(self.fd, { name = self.name, filter = self.filter })
  local ok, same = pcall(function()
    local all, i = true, 0
    each(whole, use, function(base, found, excludes)
      i = i + 1
      local was, paths = use.found[i], paths_of(found)
      local options = { state = true, exclude = excludes, names = names_of(found, use.select) }
      all = all and was ~= nil and table.concat(was.paths, "\0") == table.concat(paths, "\0")
        and was.base:digest(paths, options) == base:digest(paths, options)
      return all
    end)
    return all and i == #use.found
  end)
  if not ok and not failure.is(same) then error(same, 0) end
  return ok and same
end

return selection
