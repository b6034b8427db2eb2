--- A layout as a directory; the same calls as tar.lua's.
--
-- Closed before it is finished, it takes away what it has written: half a layout is none.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local output = require "lamina.archive.output"
local path = require "lamina.util.path"

local folder = {}

local Folder = {}
Folder.__index = Folder

--- Raises where the directory is there and isn't empty, or can't be made.
function folder.check(dir)
  output.check_folder(dir)
  if fs.stat(dir) and #failure.check(fs.list(dir)) > 0 then
    failure.raise("invalid-input", ("%s is not empty"):format(dir))
  end
end

--- Makes the directory, which must be empty or not there yet.
function folder.new(dir)
  local is_new = fs.stat(dir) == nil
  folder.check(dir)
  failure.check(fs.mkdirs(dir, 493)) -- 0755
  return setmetatable({ dir = dir, is_new = is_new }, Folder)
end

function Folder:stream(name, _, write)
  local target = self.dir .. "/" .. name
  failure.check(fs.mkdirs(path.dirname(target), 493))
  local file <close> = failure.check(fs.open(target, "w", { mode = 420 })) -- 0644
  write(file:fd())
end

function Folder:file(name, bytes)
  local target = self.dir .. "/" .. name
  failure.check(fs.mkdirs(path.dirname(target), 493))
  failure.check(fs.write(target, bytes, { mode = 420 }))
end

function Folder:finish()
  failure.check(fs.syncfs(self.dir))
  self.is_finished = true
end

function Folder:__close()
  if self.is_finished then return end
  for _, name in ipairs(fs.list(self.dir) or {}) do fs.remove(self.dir .. "/" .. name) end
  if self.is_new then fs.remove(self.dir) end
end

return folder
