--- The files of an image as the readers of its package managers see them: beneath its root, only
-- regular ones, up to a size. What can't be read is noted, and then is as if it weren't there.
--
--   files.new(root) -> image                a descriptor of the root
--     image:read(path) -> text | nil
--     image:list(folder) -> names           sorted; none where there is no such folder
--     image:open(path) -> database | nil    to be closed; `size` is its bytes
--       database:at(offset, n) -> n bytes   raises where the file ends before
--     image:note(text)                      why packages may be missing; `image.notes` has them
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local files = {}

local longest = 64 << 20 -- bytes of a text; Debian's largest mirrors list less than this
local altogether = 4 * longest -- of all texts: many names may stand for one file
-- Bytes of a database, of which no more than a part is held at once. RPM's have the names of all
-- files: a desktop's is half of this.
local largest = 512 << 20
local most_notes = 20

local Files, Database = {}, {}
Files.__index, Database.__index = Files, Database

function files.new(root)
  return setmetatable({ root = root, notes = {}, left = altogether }, Files)
end

function Files:note(text)
  if text and #self.notes < most_notes then self.notes[#self.notes + 1] = text end
end

local absent = { ENOENT = true, ENOTDIR = true }

local function given(self, value, err)
  if not value and not absent[err.errno] then self:note(err.message) end
  return value
end

function Files:read(path)
  local limit = math.min(longest, self.left)
  local text = given(self, fs.read(path, { root = self.root, limit = limit }))
  self.left = self.left - #(text or "")
  return text
end

function Files:list(folder)
  return fs.list(folder, { root = self.root }) or {}
end

function Files:open(path)
  local file = given(self, fs.open(path, "r", { root = self.root, regular = true }))
  if not file then return nil end
  local size = failure.check(fs.stat(path, { root = self.root })).size
  if size > largest then
    file:close()
    return self:note(("%s: more than %d bytes"):format(path, largest))
  end
  return setmetatable({ file = file, size = size, path = path }, Database)
end

function Database:at(offset, n)
  if offset + n > self.size then
    failure.raise("corrupt", self.path .. ": it ends before what it says is in it")
  end
  failure.check(self.file:seek(offset))
  local parts = {}
  while n > 0 do
    parts[#parts + 1] = failure.check(self.file:read(n))
    if parts[#parts] == "" then failure.raise("corrupt", self.path .. ": it was cut") end
    n = n - #parts[#parts]
  end
  return table.concat(parts)
end

function Database:__close()
  self.file:close()
end

return files
