--- Blobs that are being downloaded: files under the digest that they are going to have.
--
--   local part <close> = partial.claim(store, of.digest)   -- waits for who else is at it
--   part.path, part:size(), part:reset(), part:remove()
--
-- What a process has got stays when it ends, however it does: the next one goes on from there.
-- The lock is on the file itself and falls with its holder; what nobody holds may be swept.
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local lock = require "lamina.store.lock"

local partial = {}

local Partial = {}
Partial.__index = Partial

--- The file, and nobody else at it.
function partial.claim(store, digest)
  local path = store.root .. "/downloads/" .. descriptor.hex(digest)
  while true do
    local held = failure.check(lock.wait(path, "exclusive"))
    if lock.is_on(held, path) then return setmetatable({ path = path, held = held }, Partial) end
    held:release() -- whoever had it is done with it
  end
end

function Partial:size()
  return failure.check(fs.stat(self.path)).size
end

--- Begins anew.
function Partial:reset()
  failure.check(fs.open(self.path, "w")):close()
end

--- Nothing is kept for later.
function Partial:remove()
  failure.check(fs.remove(self.path))
end

function Partial:__close()
  local stat = fs.stat(self.path)
  if stat and stat.size == 0 and lock.is_on(self.held, self.path) then fs.remove(self.path) end
  self.held:release()
end

--- Removes what no process is at; answers the bytes that it took.
function partial.sweep(store, dry_run)
  local dir, bytes = store.root .. "/downloads", 0
  for _, name in ipairs(failure.check(fs.list(dir))) do
    local path = dir .. "/" .. name
    local held = fs.lock(path, "exclusive", { wait = false })
    if held and lock.is_on(held, path) then
      bytes = bytes + failure.check(fs.stat(path)).size
      if not dry_run then failure.check(fs.remove(path)) end
    end
    if held then held:release() end
  end
  return bytes
end

return partial
