--- Turns what a step has written into a layer of the store.
local exec = require "lamina.exec.exec"
local extent = require "lamina.build.extent"
local failure = require "lamina.util.failure"
local core = require "lamina.core.layer"
local fs = require "lamina.core.fs"
local sched = require "lamina.util.sched"

local layer = {}

-- Up to here a layer is hashed in place: that takes less than starting a job for it.
local little = { entries = 64, bytes = 512 * 1024, directory = 16 * 1024 }

--- Seals and hashes an upper directory and puts it into the store, over the layers `below`
-- (diff IDs, bottom first). Nothing may write to it any more. An empty one is a layer as well
-- (SEMANTICS 87). how: epoch (no time in it is later), progress (hears of the bytes that are
-- hashed, where they are many), strips (a command wrote it, and its marks aren't ours).
function layer.keep(store, upper, below, how)
  local epoch, progress = how.epoch, how.progress
  local is_empty = #failure.check(fs.list(upper)) == 0
  local view <close> = not is_empty and exec.view(store, below) or nil
  local as = { form = "overlay", userxattr = store.userxattr }
  local seal = { lower = view and view:fd(), userxattr = store.userxattr, strips = how.strips }
  local info, sealed
  if is_empty then
    sealed, info = { doubled = 0, doubled_bytes = 0 }, failure.check(core.pack(upper, as))
  elseif extent.is_little(upper, little) then
    sealed = failure.check(core.seal(upper, seal))
    if epoch then failure.check(core.clamp(upper, epoch)) end
    info = failure.check(core.pack(upper, as))
  else
    sealed = sched.job(core.seal, upper, seal)
    if epoch then sched.job(core.clamp, upper, epoch) end
    info = sched.job_with({ progress = progress }, core.pack, upper, as)
  end
  store.layers:adopt(upper, info)
  return { diff_id = info.diff_id, created = os.time(), doubled = sealed.doubled,
    doubled_bytes = sealed.doubled_bytes }
end

return layer
