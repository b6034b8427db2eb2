--- A tree of files that steps read from: a context, a stage or what came from elsewhere.
--
--   local files = tree.new(fd, { name=, filter=, memory=, reset_owner=, is_foreign= })
--   files:find(pattern, select) -> paths below the tree, "" for all of it
--   files:find_one(name), files:bases(select), files:stat(path), files:digest(paths, options)
--
-- A source argument may be a link, or lie behind one: it is followed, inside the tree only
-- (SEMANTICS 50). Links found deeper are files like others.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local glob = require "lamina.util.glob"
local path = require "lamina.util.path"
local rootpath = require "lamina.exec.rootpath"
local sched = require "lamina.util.sched"
local slots = require "lamina.util.slots"
local wildcard = require "lamina.build.wildcard"

local tree = {}

local Tree = {}
Tree.__index = Tree

--- A tree of files below a descriptor. `filter(path, is_dir)` -> "keep" | "skip" | "prune";
-- `memory` names the file in which digests are remembered. `is_foreign`: lamina didn't make the
-- files.
function tree.new(fd, fields)
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
  for _, below in pairs(self.lower or {}) do
    below:__close()
    below.opened:close()
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

--- The tree of a directory in this one.
local function lower_tree(self, name)
  self.lower = self.lower or {}
  if not self.lower[name] then
    local real, outer = self:find_one(name), self.filter
    local dir = failure.check(fs.open(real == "" and "." or real, "dir", { root = self.fd }))
    self.lower[name] = tree.new(dir:fd(), { name = self.name, reset_owner = self.reset_owner,
      is_foreign = self.is_foreign, opened = dir, filter = outer and function(path_below, is_dir)
        return outer(path.join(real, path_below), is_dir)
      end })
  end
  return self.lower[name]
end

--- The trees that the paths of a selection are in: this one, or those of the directories that its
-- `below` means. What else a wildcard there matches holds no paths.
function Tree:bases(select)
  local below, list = select.below, {}
  if not below then return { self } end
  if not glob.has_wildcard(below) then return { lower_tree(self, below) } end
  for _, name in ipairs(wildcard.match(self:scan(), path.clean("/" .. below):sub(2))) do
    local is_dir = self:stat(self:find_one(name)).type == "dir"
    list[#list + 1] = is_dir and lower_tree(self, name) or nil
  end
  return list
end

--- Whether a selection may do without a path: where it says with a wildcard in what.
local function may_miss(self, name, select)
  if not (select.below and glob.has_wildcard(select.below)) then return false end
  local real, is_there = rootpath.follow(self.fd, name)
  return not is_there or is_excluded(self, real)
end

--- The paths that a source of a selection means: { { path=, name= }, … }; `name` is how it was
-- matched. A wildcard that matches nothing is no error (SEMANTICS 49); a literal source has none.
-- With `parents` there is "**" (SEMANTICS 48).
function Tree:find(source, select)
  local clean = path.clean("/" .. source):sub(2)
  if select.is_literal or not glob.has_wildcard(clean) then
    if may_miss(self, clean, select) then return {} end
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

return tree
