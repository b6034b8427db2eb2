--- The build context as a source of files: what lies below one directory, less what
-- `.dockerignore` excludes (SEMANTICS 59, 60).
--
-- It is scanned once a build, when the first step asks. Everything is opened beneath the context's
-- directory: no link leads out of it.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local ignore = require "lamina.dockerfile.ignore"
local json = require "lamina.core.json"
local digest = require "lamina.core.digest"
local path = require "lamina.util.path"
local rootpath = require "lamina.exec.rootpath"
local tree = require "lamina.build.tree"

local context = {}

local Set = {}
Set.__index = Set

local Context = {}
Context.__index = Context

local ignore_limit = 1024 * 1024

--- The contexts of one build; nothing is read yet.
function context.set(store, options)
  return setmetatable({ store = store, options = options, known = {}, list = {},
    others = {} }, Set)
end

--- The context of a directory below the build context, with more patterns to exclude. The same
-- one for the same words.
function Set:get(dir, exclude)
  dir = path.clean("/" .. dir):sub(2)
  local id = failure.check(json.encode { dir, exclude or json.array {} })
  if not self.known[id] then
    local new = { is_context = true, set = self, dir = dir, exclude = exclude or {} }
    self.known[id] = setmetatable(new, Context)
    self.list[#self.list + 1] = self.known[id]
  end
  return self.known[id]
end

--- The directory itself, opened once for all contexts below it.
local function base(self)
  if not self.root then
    local dir, err = fs.open(self.options.context, "dir")
    if not dir then
      failure.raise(err.errno == "ENOENT" and "not-found" or "system",
        "build context: " .. err.message, { errno = err.errno })
    end
    self.root = dir
  end
  return self.root:fd()
end

--- The text of an ignore file, "" where there is none. A link there isn't followed: its target is
-- none of ours.
local function read_ignored(name, root)
  local found = fs.stat(name, { root = root, follow = false })
  if not found then return "" end
  if found.type ~= "file" then
    failure.raise("invalid-input", name .. " is not a regular file")
  end
  return failure.check(fs.read(name, { root = root, limit = ignore_limit }))
end

--- The patterns of the file's own ignore file (Dockerfile.dockerignore), else of `.dockerignore`.
local function patterns(self)
  if self.options.context_is_made then return {} end -- ignore files are of one's own directories
  if not self.patterns then
    local own = self.options.ignore_file
    self.patterns = ignore.parse(own and read_ignored(own)
      or read_ignored(".dockerignore", base(self)), own or ".dockerignore")
  end
  return self.patterns
end

--- A function(path, is_dir) -> "keep" | "skip" | "prune" for paths below the directory `dir` of the
-- build context, or nil when nothing is excluded.
local function filter(self, dir)
  local outer, inner = patterns(self.set), self.exclude
  local matches_outer = #outer > 0 and ignore.matcher(outer)
  local matches_inner = #inner > 0 and ignore.matcher(ignore.parse(table.concat(inner, "\n")))
  if not matches_outer and not matches_inner then return nil end
  local prefix = dir == "" and "" or dir .. "/"
  return function(name, is_dir)
    local verdict = matches_outer and matches_outer(prefix .. name, is_dir) or "keep"
    if verdict ~= "keep" or not matches_inner then return verdict end
    return matches_inner(name, is_dir)
  end
end

--- Where the digests of this directory's files are remembered between builds.
local function memory(self)
  local place = failure.check(fs.realpath(self.set.options.context)) .. "//" .. self.dir
  return ("%s/cache/context-%s"):format(self.set.store.root, digest.sha256(place):sub(1, 32))
end

--- Opens the directory; answers what it is called without links, as ignore files know it.
local function open(self)
  local root = base(self.set)
  local real = rootpath.follow(root, self.dir)
  if real == "" then
    self.fd = root
    return real
  end
  local dir, err = fs.open(real, "dir", { root = root })
  if not dir then failure.raise("not-found", ("context '%s': %s"):format(self.dir, err.message)) end
  self.opened, self.fd = dir, dir:fd()
  return real
end

--- The files, as tree.lua has them.
function Context:tree()
  if not self.files then
    local dir = open(self)
    self.files = tree.new(self.fd, {
      name = "the build context", filter = filter(self, dir), reset_owner = true,
      is_foreign = not self.set.options.context_is_made,
      memory = not self.set.options.context_is_made and memory(self) or nil,
    })
  end
  return self.files
end

--- Has another set closed together with this one.
function Set:adopt(other)
  self.others[#self.others + 1] = other
end

--- Keeps what was learnt of the files and lets the directories go.
function Set:close()
  for _, other in ipairs(self.others) do other:close() end
  for _, one in ipairs(self.list) do
    if one.files then one.files:save() end
    if one.opened then one.opened:close() end
    one.files, one.opened = nil, nil
  end
  if self.root then self.root:close() end
  self.root = nil
end

Set.__close = Set.close

return context
