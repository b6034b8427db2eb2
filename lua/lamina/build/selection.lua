--- Which files a step's sources mean, and the digest of what is in them.
--
--   local tree = selection.tree(fd, { name=, filter=, memory=, reset_owner=, is_foreign= })
--   tree:find(pattern, select) -> paths below the tree, "" for all of it
--   tree:below(name)          -> the tree of a directory in it
--   selection.content(tree, use)
--
-- A source argument may be a link, or lie behind one: it is followed, inside the tree only
-- (SEMANTICS 50). Links found deeper are files like others.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local glob = require "lamina.util.glob"
local ignore = require "lamina.dockerfile.ignore"
local json = require "lamina.core.json"
local path = require "lamina.util.path"
local rootpath = require "lamina.exec.rootpath"
local sched = require "lamina.util.sched"
local slots = require "lamina.build.slots"
local wildcard = require "lamina.build.wildcard"

local selection = {}

local Tree = {}
Tree.__index = Tree

--- A tree of files below a descriptor. `filter(path, is_dir)` -> "keep" | "skip" | "prune";
-- `memory` names the file in which digests are remembered. `is_foreign`: lamina didn't make the
-- files.
function selection.tree(fd, fields)
  local self = { fd = fd }
  for key, value in pairs(fields) do self[key] = value end
  return setmetatable(self, Tree)
end

--- The scan of the whole tree, made when it is first asked for.
function Tree:scan()
  if not self.scanned then
    self.scanned = failure.check(fs.scan(self.fd, { ignore = self.filter, memory = self.memory }))
  end
  return self.scanned
end

--- Lets go of the scan, and of the trees below.
function Tree:__close()
  if self.scanned then self.scanned:close() end
  for _, tree in pairs(self.lower or {}) do
    tree:__close()
    tree.opened:close()
  end
end

--- Keeps what was learnt about the files.
function Tree:save()
  if self.scanned and self.memory then self.scanned:save() end
end

local function is_excluded(self, name)
  return self.filter ~= nil and name ~= "" and self:scan():entry(name) == nil
end

local function not_found(self, name)
  local hint
  if fs.stat(name, { root = self.fd, follow = false }) then
    hint = ".dockerignore, or 'exclude', leaves it out"
  else
    local dir = path.dirname("/" .. name):sub(2)
    local names = fs.list(dir == "" and "." or dir, { root = self.fd }) or {}
    local near = require("lamina.util.check").suggest(path.basename(name), names)
    hint = near and ("did you mean '%s'?"):format(path.join(dir, near))
  end
  failure.raise("not-found", ("'%s' isn't in %s"):format(name, self.name), { hint = hint })
end

--- The real path of a source that is named literally.
function Tree:find_one(name)
  name = path.clean("/" .. name):sub(2)
  local real, is_there = rootpath.follow(self.fd, name)
  if not is_there or is_excluded(self, real) then not_found(self, name) end
  return real
end

--- The tree of a directory in this one; without a name it is itself.
function Tree:below(name)
  if not name then return self end
  self.lower = self.lower or {}
  if not self.lower[name] then
    local real, outer = self:find_one(name), self.filter
    local dir = failure.check(fs.open(real == "" and "." or real, "dir", { root = self.fd }))
    self.lower[name] = selection.tree(dir:fd(), { name = self.name, reset_owner = self.reset_owner,
      opened = dir, filter = outer and function(path_below, is_dir)
        return outer(path.join(real, path_below), is_dir)
      end })
  end
  return self.lower[name]
end

--- The paths that a source of a selection means: { { path=, name= }, … }; `name` is how it was
-- matched. A wildcard that matches nothing is no error (SEMANTICS 49); a literal source has none.
-- With `parents` there is "**" (SEMANTICS 48).
function Tree:find(source, select)
  local clean = path.clean("/" .. source):sub(2)
  if select.is_literal or not glob.has_wildcard(clean) then
    return { { path = self:find_one(clean), name = clean } }
  end
  local found = {}
  for i, name in ipairs(wildcard.match(self:scan(), clean, select.parents)) do
    found[i] = { path = self:find_one(name), name = name }
  end
  return found
end

--- The stat of a path that find has answered.
function Tree:stat(name)
  return failure.check(fs.stat(name == "" and "." or name, { root = self.fd, follow = false }))
end

-- So long a digest keeps the loop from hearing a signal.
local slice_ms = 200

--- The digest of what is below a path, or several; options as scan:digest takes them. A large tree,
-- or file, takes time: others have their turn in between, but one digest of a tree is made at a
-- time.
function Tree:digest(name, options)
  if not coroutine.isyieldable() then
    return failure.check(self:scan():digest(name, options))
  end
  self.turns = self.turns or slots.new(1)
  local _turn <close> = self.turns:take()
  options.slice = slice_ms
  while true do
    local hex, err = self:scan():digest(name, options)
    if hex or err.errno ~= "EAGAIN" then return failure.check(hex, err) end
    sched.sleep(1)
  end
end

local function paths_of(found)
  local paths = {}
  for i, one in ipairs(found) do paths[i] = one.path end
  return paths
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
  local options = { exclude = excludes, uid = owner, gid = owner }
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

--- Calls fn with what each source of a use means, and lists what it answers.
local function each(self, use, fn)
  local select, list = use.select, json.array {}
  local excludes = select.exclude and selection.excludes(select.exclude)
  for i, source in ipairs(select.paths) do
    list[i] = fn(self:find(source, select), excludes)
  end
  return list
end

--- What a use selects, as plain data for a key.
function selection.content(self, use)
  local tree = self:below(use.select.below)
  use.found = {}
  return { content = each(tree, use, function(found, excludes)
    use.found[#use.found + 1] = found
    return part(tree, found, use.select, excludes)
  end) }
end

--- Whether a use still selects the same files, in the same state, as when its content was asked
-- for. Nothing is read: files have other times once they have changed.
function selection.is_unchanged(self, use)
  local whole <close> = selection.tree(self.fd, { name = self.name, filter = self.filter })
  local ok, same = pcall(function()
    local now, was = whole:below(use.select.below), self:below(use.select.below)
    local all, i = true, 0
    each(now, use, function(found, excludes)
      i = i + 1
      local before, after = paths_of(use.found[i]), paths_of(found)
      local options = { state = true, exclude = excludes }
      all = all and table.concat(before, "\0") == table.concat(after, "\0")
        and was:digest(before, options) == now:digest(after, options)
      return all
    end)
    return all
  end)
  if not ok and not failure.is(same) then error(same, 0) end
  return ok and same
end

return selection
