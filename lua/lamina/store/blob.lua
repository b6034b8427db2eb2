--- Blobs: bytes under their digest. Manifests, configurations, and layers as they came.
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local blob = {}

local Blobs = {}
Blobs.__index = Blobs

local small = 8 << 20 -- what is ever read whole

function blob.new(store)
  return setmetatable({ store = store, dir = store.root .. "/blobs/sha256" }, Blobs)
end

function Blobs:path(of)
  return self.dir .. "/" .. descriptor.hex(of)
end

--- Only a regular file counts: whatever else was planted there is no blob (ST-16).
function Blobs:has(of)
  local stat = fs.stat(self:path(of), { follow = false })
  return stat ~= nil and stat.type == "file"
end

--- Stores bytes; answers their descriptor. What is there and isn't them is replaced.
function Blobs:put(bytes, media_type)
  local of = "sha256:" .. digest.sha256(bytes)
  if fs.read(self:path(of), { limit = #bytes + 1 }) ~= bytes then
    if fs.stat(self:path(of), { follow = false }) then self.store:bury(self:path(of)) end
    local temp = self.store:temp("blob") .. "/blob"
    failure.check(fs.write(temp, bytes, { sync = true }))
    self:adopt(temp, of)
  end
  return descriptor.new(media_type, of, #bytes)
end

--- Gives a complete file, whose digest was verified while it was written, its name.
function Blobs:adopt(temp, of)
  local target = self:path(of)
  local ok, err = fs.rename(temp, target, { noreplace = true })
  if ok then return end
  if err.errno ~= "EEXIST" then failure.check(nil, err) end
  if self:has(of) then
    fs.remove(temp)
  else
    failure.raise("corrupt", target .. " is not a regular file", { hint = "lamina fsck --repair" })
  end
end

--- The bytes of a small blob, verified.
function Blobs:get(of, limit)
  local bytes, err = fs.read(self:path(of), { limit = limit or small })
  if not bytes then
    local kind = err.errno == "ENOENT" and "not-found" or "system"
    failure.raise(kind, ("blob %s: %s"):format(of, err.message))
  end
  if "sha256:" .. digest.sha256(bytes) ~= of then
    failure.raise("corrupt", ("blob %s is damaged"):format(of), { hint = "lamina fsck --deep" })
  end
  return bytes
end

return blob
