--- A container's writable layer as a layer of the store.
--
-- A stopped container gives its own directory away and goes on with an empty one above it: no
-- file is copied. A running one needs its directory, so it is copied while all stands still.
local core = require "lamina.core.layer"
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local frozen = require "lamina.commit.frozen"
local fs = require "lamina.core.fs"
local leftover = require "lamina.commit.leftover"
local limits = require "lamina.config.limits"
local rebase = require "lamina.store.rebase"
local sched = require "lamina.util.sched"

local layer = {}

--- Makes a directory a layer by itself and hashes it; nil when it changes nothing (SEMANTICS 95).
local function seal(store, record, dir)
  leftover.remove(store, record, dir)
  local view <close> = exec.view(store, record.layers)
  sched.job(core.seal, dir, { lower = view and view:fd(), userxattr = store.userxattr,
    strips = true })
  if #failure.check(fs.list(dir)) == 0 then return nil end
  return sched.job(core.pack, dir, { form = "overlay", userxattr = store.userxattr })
end

--- Copies a tree in overlay form as the tar it stands for.
local function copy(store, from, to)
  local reader <close>, write_end = fs.pipe()
  local writer <close> = write_end
  local packing <close> = sched.spawn(sched.job, core.pack, from,
    { form = "overlay", userxattr = store.userxattr, output = writer:fd(), compression = "none" })
  sched.sleep(0) -- the job has its end of the pipe; the reader must not have that one
  writer:close()
  sched.job(core.apply, reader:fd(), to,
    { form = "overlay", userxattr = store.userxattr, ids = store.ids, limits = limits.archive() })
  packing:wait()
end

local function copy_running(store, record, pauses)
  local upper, dir = record.dir .. "/upper", store:temp("commit")
  local root = failure.check(fs.stat(upper))
  failure.check(fs.chmod(dir, root.mode & 4095)) -- 07777
  failure.check(fs.chown(dir, root.uid, root.gid))
  local _held <close> = pauses and frozen.hold(record) or nil
  copy(store, upper, dir)
  return dir
end

local function of_running(store, record, pauses)
  local dir = copy_running(store, record, pauses)
  local info = seal(store, record, dir)
  if not info then return record.layers end
  store.layers:adopt(dir, info)
  local layers = table.move(record.layers, 1, #record.layers, 1, {})
  layers[#layers + 1] = info.diff_id
  return layers
end

local function of_stopped(store, record)
  local _claim <close> = store.containers:claim(record.id)
  record = store.containers:get(record.id) -- another commit may have been first
  local info = seal(store, record, record.dir .. "/upper")
  return info and rebase.run(store, record, info) or record.layers
end

--- The diff IDs, bottom first, of the container as it is now; without a change its own.
-- They are kept for this process: the container may be removed before the image names them.
function layer.keep(store, record, pauses)
  for _, diff_id in ipairs(record.layers) do store:lease("layer", diff_id) end
  if record.status == "running" then return of_running(store, record, pauses) end
  return of_stopped(store, record)
end

return layer
