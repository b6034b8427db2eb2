--- Where an archive is read from: a directory as it is, or a tar that is unpacked into tmp/ first,
-- since what says what is in it may come last.
--
--   local input <close> = source.open(store, path)     -- "-" or nil: standard input
--   input:read("index.json", limit)
--   local file <close> = input:file("blobs/sha256/…")
--
-- Nothing in it leads out of it, and only regular files are opened (ST-16).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local limits = require "lamina.config.limits"
local sched = require "lamina.util.sched"
local terminal = require "lamina.core.terminal"

local source = {}

local Source = {}
Source.__index = Source

local function new(dir, label)
  return setmetatable({ dir = failure.check(fs.open(dir, "dir")), label = label }, Source)
end

--- Unpacks the tar, in any compression, in a confined child; all files become ours.
local function unpack(store, from, label)
  local dir = store:temp("archive")
  local ok, err = pcall(sched.job, layer.apply, from, dir,
    { form = "tree", uid = 0, gid = 0, ids = store.ids, limits = limits.archive() })
  if not ok then error(failure.wrap(err, label), 0) end
  return new(dir, label)
end

local function from_standard_input(store)
  if terminal.is_terminal(0) then
    failure.raise("usage", "load: an archive isn't read from a terminal",
      { hint = "use -i FILE, or a pipe", status = 1 })
  end
  return unpack(store, 0, "standard input")
end

function source.open(store, path)
  if not path or path == "-" then return from_standard_input(store) end
  local stat = failure.check(fs.stat(path))
  if stat.type == "dir" then return new(path, path) end
  return unpack(store, path, path)
end

function Source:refuse(why, ...)
  failure.raise("invalid-input", self.label .. ": " .. why:format(...))
end

--- Names in documents are relative and stay inside.
function Source:check_name(name)
  if type(name) ~= "string" or name == "" then self:refuse("a file name expected") end
  for part in (name .. "/"):gmatch("(.-)/") do
    if part == "" or part == "." or part == ".." then self:refuse("no file name: '%s'", name) end
  end
  return name
end

local reasons = { ENOENT = "is missing", ENOTDIR = "is missing", ELOOP = "is a link",
  EISDIR = "is a directory", EINVAL = "is not a regular file" }

--- Opens a file; links below the archive's root are followed where `follow` says so.
function Source:file(name, follow)
  self:check_name(name)
  local file, err = fs.open(name, "r", { root = self.dir:fd(), regular = true,
    follow = follow or false })
  if file then return file end
  if reasons[err.errno] then self:refuse("'%s' %s", name, reasons[err.errno]) end
  return failure.check(nil, failure.wrap(failure.new("system", err.message), self.label))
end

function Source:has(name)
  return fs.stat(name, { root = self.dir:fd(), follow = false }) ~= nil
end

--- The bytes of a small file.
function Source:read(name, limit, follow)
  local file <close> = self:file(name, follow)
  local parts, size = {}, 0
  for chunk in function() return failure.check(file:read(1 << 16)) end do
    if chunk == "" then break end
    parts[#parts + 1], size = chunk, size + #chunk
    if size > limit then self:refuse("'%s' is over the limit of %d bytes", name, limit) end
  end
  return table.concat(parts)
end

function Source:__close()
  self.dir:close()
end

return source
