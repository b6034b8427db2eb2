--- A layout in a directory that grows: blobs are added, and index.json gets entries by tag.
--
--   layout.check(dir)                          -- before any work is done
--   local it <close> = layout.open(store, dir) -- waits for who else writes there
--   it:copy(of, path)                          -- a blob out of a file
--   local of = it:bytes(media, bytes)          -- a small one
--   it:tag("latest", of)                       -- in the place of what had this tag
--
-- What others have put there stays, and who reads needs no lock: a blob has its name once it is
-- whole, and index.json is replaced when all that it names is on the disk. The directory may come
-- from anywhere: nothing is written through a link in it, and a blob that is there is verified.
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local lock = require "lamina.store.lock"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local oci = require "lamina.archive.oci"
local output = require "lamina.archive.output"
local sched = require "lamina.util.sched"
local source = require "lamina.archive.source"

local layout = {}

local Layout = {}
Layout.__index = Layout

local lock_name = "index.json.lock" -- BuildKit's, which locks it in the same way
local prefix = ".lamina-"

-- What tells a layout, also one that somebody has begun.
local signs = { ["oci-layout"] = true, [oci.file] = true, blobs = true }

--- Raises where the directory can't be made, or holds something else.
function layout.check(dir)
  output.check_folder(dir)
  local names = fs.list(dir) or {}
  for _, name in ipairs(names) do
    if signs[name] then return end
  end
  if #names == 0 then return end
  failure.raise("invalid-input", ("%s is not empty, and no image layout"):format(dir))
end

local function at(dir, name)
  return ("/proc/self/fd/%d/%s"):format(dir:fd(), name)
end

local for_all, dir_for_all = 420, 493 -- 0644, 0755: other users' builders read it

--- A folder in another, which it makes.
local function folder_in(dir, name, input)
  local ok, err = fs.mkdir(at(dir, name))
  if not ok and err.errno ~= "EEXIST" then failure.check(nil, err) end
  if ok then failure.check(fs.chmod(at(dir, name), dir_for_all)) end -- our umask is a narrow one
  return fs.open(name, "dir", { root = dir:fd(), follow = false })
    or input:refuse("'%s' is no directory", name)
end

--- The lock, on a file that nobody has taken away meanwhile.
local function take_lock(dir)
  local path = at(dir, lock_name)
  while true do
    local held = failure.check(lock.wait(path, "exclusive"))
    if lock.is_on(held, path) then return held end
    held:release()
  end
end

--- What a writer that was killed has left.
local function sweep(dir)
  for _, name in ipairs(failure.check(fs.list(".", { root = dir:fd() }))) do
    if name:sub(1, #prefix) == prefix then failure.check(fs.remove(at(dir, name))) end
  end
end

local function begin(self)
  if not self.input:has "oci-layout" then
    failure.check(fs.write(at(self.dir, "oci-layout"), failure.check(json.encode(oci.layout)),
      { mode = for_all }))
  end
  self.held = take_lock(self.dir)
  sweep(self.dir)
  local blobs <close> = folder_in(self.dir, "blobs", self.input)
  self.blobs = folder_in(blobs, "sha256", self.input)
  self.temp = failure.check(fs.tmpdir(at(self.dir, "."), prefix))
end

--- Makes the directory where it isn't there.
function layout.open(store, dir)
  layout.check(dir)
  if not fs.stat(dir) then
    failure.check(fs.mkdirs(dir))
    failure.check(fs.chmod(dir, dir_for_all))
  end
  local input = source.open(store, dir)
  local self = setmetatable({ input = input, dir = input.dir }, Layout)
  local ok, err = pcall(begin, self)
  if ok then return self end
  self:__close()
  error(err, 0)
end

--- Whether a folder has a blob as its descriptor says.
local function is_whole(dir, name, of)
  local stat = fs.stat(name, { root = dir:fd(), follow = false })
  if not stat or stat.type ~= "file" or stat.size ~= of.size then return false end
  return sched.job(digest.file, name, { root = dir:fd() }) == name
end

local function copy_file(from, to)
  local input <close> = failure.check(fs.open(from, "r", { regular = true, follow = false }))
  local file <close> = failure.check(fs.open(to, "w"))
  sched.job(fs.copy, input:fd(), file:fd())
  failure.check(fs.chmod(to, for_all))
end

--- Adds a blob of which there is a file.
function Layout:copy(of, path)
  local name = descriptor.hex(of.digest)
  if is_whole(self.blobs, name, of) then return end
  local temp <close> = failure.check(fs.open(self.temp, "dir"))
  copy_file(path, at(temp, name))
  if not is_whole(temp, name, of) then
    failure.raise("corrupt", ("blob %s is damaged"):format(of.digest),
      { hint = "`lamina fsck --deep` looks for more" })
  end
  failure.check(fs.rename(at(temp, name), at(self.blobs, name)))
end

--- Adds a blob out of memory; answers its descriptor.
function Layout:bytes(media, bytes)
  local name = digest.sha256(bytes)
  failure.check(fs.write(at(self.blobs, name), bytes, { mode = for_all }))
  return descriptor.new(media, "sha256:" .. name, #bytes)
end

local function read_index(self)
  if self.input:has(oci.file) then return oci.index(self.input) end
  return { schemaVersion = 2, mediaType = media_type.index, manifests = {} }
end

--- Gives a manifest of it a tag. All of it is on the disk then.
function Layout:tag(tag, of)
  local index, list = read_index(self), json.array {}
  for _, other in ipairs(index.manifests) do
    if oci.tag_of(other) ~= tag then list[#list + 1] = other end
  end
  if #list >= manifest.most_layers then
    self.input:refuse("index.json names %d manifests: there is no room for more", #list)
  end
  list[#list + 1] = oci.tagged(of, tag)
  index.manifests, index.kind = list, nil
  failure.check(fs.syncfs(at(self.dir, ".")))
  failure.check(fs.write(at(self.dir, oci.file), failure.check(json.encode(index)),
    { mode = for_all, sync = true }))
end

function Layout:__close()
  if self.temp then fs.remove(self.temp) end
  if self.blobs then self.blobs:close() end
  if self.held then
    fs.remove(at(self.dir, lock_name))
    self.held:release()
  end
  self.input:__close()
end

return layout
