--- One layer on its way in: downloaded, verified, decompressed and unpacked in one pass. The file
-- that it is downloaded into is unpacked while it grows.
local core = require "lamina.core.layer"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local limits = require "lamina.config.limits"
local media_type = require "lamina.image.media_type"
local partial = require "lamina.store.partial"
local sched = require "lamina.util.sched"

local layer = {}

--- Unpacks into a folder of its own; answers that and what it learned.
local function unpack(store, part, of, diff_id)
  local dir = store:temp("layer")
  failure.check(fs.chmod(dir, 493)) -- 0755, unless the tar says otherwise
  return { dir = dir, info = sched.job(core.apply, part.path, dir, {
    form = "overlay", userxattr = store.userxattr, ids = store.ids, grows = true, size = of.size,
    digest = of.digest, diff_id = diff_id, compression = media_type.compression(of.mediaType),
    limits = limits.archive(),
  }) }
end

local function receive(store, remote, part, of, diff_id, how)
  local results = sched.all {
    function() return unpack(store, part, of, diff_id) end,
    function() return remote:download(of, part, how) end,
  }
  return results[1]
end

--- What the disk has may be of another try, and wrong; so may be what a mirror sends. Then all of
-- it is got once more, in the end from the registry itself.
local function receive_sound(store, remote, part, of, diff_id, progress)
  for attempt = part:size() > 0 and 1 or 2, 3 do
    local ok, result = pcall(receive, store, remote, part, of, diff_id,
      { progress = progress, no_mirror = attempt == 3 })
    if ok then return result end
    if not failure.is(result) or result.errno ~= "EBADMSG" then error(result, 0) end
    part:reset()
    if attempt == 3 then
      part:remove()
      error(result, 0)
    end
  end
end

local function keep(store, of, diff_id, part, got)
  store.layers:adopt(got.dir, got.info)
  store.layers:adopt_blob(diff_id, part.path, of)
end

--- Gets a layer unless it is there: `of` is the blob's descriptor. Answers whether it came.
function layer.fetch(store, remote, of, diff_id, progress)
  if store.layers:keep(diff_id) then return false end
  local part <close> = partial.claim(store, of.digest)
  if store.layers:keep(diff_id) then return false end -- somebody else has got it meanwhile
  local ok, got = pcall(receive_sound, store, remote, part, of, diff_id, progress)
  if ok then
    keep(store, of, diff_id, part, got)
    return true
  end
  if of.urls and failure.is(got, "not-found") then
    failure.raise("unsupported", got.message .. ": a foreign layer, to be had elsewhere, where"
      .. " lamina asks nobody", { hint = "such layers are those of Windows" })
  end
  error(failure.wrap(got, ("layer %s"):format(of.digest:sub(1, 19))), 0)
end

return layer
