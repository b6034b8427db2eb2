--- How two directories in overlay form differ: the first difference of each path, by name.
--
--   compare.trees(a, b, { limit =, times = }) ->
--     { { path = "app/x", what = "mode", a = "644", b = "755" }, … }
--
-- `what` is one of: only in a ("missing" in b), only in b ("new"), type, mode, owner, target,
-- device, size, content, mtime. Times count only where `times` is set. Xattrs and which names are
-- hard links of each other aren't looked at.
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"

local compare = {}

local function names_of(root, path)
  local set = {}
  for _, name in ipairs(failure.check(fs.list(path == "" and "." or path, { root = root }))) do
    set[name] = true
  end
  return set
end

local function stat(root, path)
  return fs.stat(path, { root = root, follow = false })
end

-- A file of more bytes is read by a job, and others have their turn after so many entries: Ctrl-C
-- is heard while large trees are compared.
local large, many = 4 * 1024 * 1024, 100

local function hash(root, path, size)
  if size > large and coroutine.isyieldable() then
    return sched.job(digest.file, path, { root = root })
  end
  return failure.check(digest.file(path, { root = root }))
end

local function same_content(self, path, size)
  return size == 0 or hash(self.a, path, size) == hash(self.b, path, size)
end

--- What a link says; the directories above it are none, since the walk has come through them.
local function target(root, path)
  return failure.check(fs.readlink(("/proc/self/fd/%d/%s"):format(root, path)))
end

local function owner(entry) return ("%d:%d"):format(entry.uid, entry.gid) end
local function mode(entry) return ("%o"):format(entry.mode) end

--- A device's numbers, major and minor, as glibc puts them into one.
local function device(entry)
  local dev = entry.rdev
  return ("%d:%d"):format(dev >> 8 & 0xfff | dev >> 32 & ~0xfff, dev & 0xff | dev >> 12 & ~0xff)
end

--- The first attribute in which two entries differ: its name and both values.
local function difference(self, path, a, b)
  if a.type ~= b.type then return "type", a.type, b.type end
  if a.type ~= "link" and a.mode ~= b.mode then return "mode", mode(a), mode(b) end
  if owner(a) ~= owner(b) then return "owner", owner(a), owner(b) end
  if a.type == "file" then
    if a.size ~= b.size then return "size", tostring(a.size), tostring(b.size) end
    if not same_content(self, path, a.size) then return "content" end
  elseif a.type == "link" then
    local left, right = target(self.a, path), target(self.b, path)
    if left ~= right then return "target", left, right end
  elseif a.rdev ~= b.rdev then
    return "device", device(a), device(b)
  end
  if self.times and a.mtime ~= b.mtime then
    return "mtime", tostring(a.mtime), tostring(b.mtime)
  end
end

local function add(self, path, what, a, b)
  self.found[#self.found + 1] = { path = path, what = what, a = a, b = b }
end

local walk

local function compare_one(self, path)
  self.count = self.count + 1
  if self.count % many == 0 and coroutine.isyieldable() then sched.sleep(0) end
  local a, b = stat(self.a, path), stat(self.b, path)
  if not a or not b then return add(self, path, a and "missing" or "new") end
  local what, left, right = difference(self, path, a, b)
  if what then add(self, path, what, left, right) end
  if a.type == "dir" and b.type == "dir" then walk(self, path) end
end

function walk(self, dir)
  local all, sorted = names_of(self.a, dir), {}
  for name in pairs(names_of(self.b, dir)) do all[name] = true end
  for name in pairs(all) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  for _, name in ipairs(sorted) do
    if #self.found >= self.limit then return end
    compare_one(self, dir == "" and name or dir .. "/" .. name)
  end
end

--- Compares two directories given by path; see the head of this file.
function compare.trees(a, b, options)
  options = options or {}
  local left <close> = failure.check(fs.open(a, "dir"))
  local right <close> = failure.check(fs.open(b, "dir"))
  local self = { a = left:fd(), b = right:fd(), found = {}, count = 0,
    limit = options.limit or math.huge, times = options.times }
  walk(self, "")
  return self.found
end

return compare
