--- The build cache in a directory: an image layout (layout.lua), in which it has a tag, "latest"
-- unless another is named.
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local format = require "lamina.image.build_cache"
local fs = require "lamina.core.fs"
local layers = require "lamina.archive.layers"
local layout = require "lamina.archive.layout"
local media_type = require "lamina.image.media_type"
local oci = require "lamina.archive.oci"
local outgoing = require "lamina.store.outgoing"
local sched = require "lamina.util.sched"
local source = require "lamina.archive.source"

local build_cache = {}

local usual_tag = "latest"

--- Where there is one only, it is meant whatever its tag is.
local function with_tag(input, tag)
  local list, tags = oci.index(input).manifests, {}
  for _, of in ipairs(list) do
    tags[#tags + 1] = oci.tag_of(of)
    if tags[#tags] == (tag or usual_tag) then return of end
  end
  if #list == 1 and not tag then return list[1] end
  input:refuse("there is nothing with the tag '%s' in it%s", tag or usual_tag,
    #tags > 0 and ", but " .. table.concat(tags, ", ") or "")
end

--- What index.json doesn't name any more is there all the same.
local function with_digest(input, digest)
  for _, of in ipairs(oci.index(input).manifests) do
    if of.digest == digest then return of end
  end
  local stat = fs.stat("blobs/sha256/" .. descriptor.hex(digest),
    { root = input.dir:fd(), follow = false })
  if not stat then input:refuse("there is no %s in it", digest) end
  return { digest = digest, size = stat.size }
end

local function read(input, from, platforms)
  local of = from.digest and with_digest(input, from.digest) or with_tag(input, from.tag)
  local function document(one) return (select(2, oci.document(input, one))) end
  return format.read(document(of), { document = document,
    bytes = function(blob, limit) return oci.bytes(input, blob, limit) end }, platforms,
    input.label)
end

local function open_folder(store, dir)
  if failure.check(fs.stat(dir)).type == "dir" then return source.open(store, dir) end
  failure.raise("invalid-input", ("%s is not a directory"):format(dir))
end

local function fetch(store, dir, of, diff_id)
  local input <close> = open_folder(store, dir)
  local wanted = layers.new(store, input)
  wanted:need(diff_id, oci.layer(input, of), ("%s: layer %s"):format(dir, of.digest:sub(1, 19)))
  wanted:prepare()
  wanted:adopt()
end

--- Reads one, see build/cache_place.lua. from: { src = the
-- directory, tag =, digest = of the manifest }.
function build_cache.open(store, from, options)
  local input <close> = open_folder(store, from.src)
  local known = read(input, from, options.platforms)
  function known.fetch(of, diff_id) fetch(store, from.src, of, diff_id) end
  return known
end

function build_cache.check(target)
  layout.check(target.dest)
end

--- Calls fn(i) for each of a list, several at once; answers what it answers.
local function each(list, fn)
  local work = {}
  for i in ipairs(list) do work[i] = function() return fn(i) end end
  return sched.all(work, sched.cores())
end

--- Writes records into a directory. target: { dest =, tag =, and default, compression,
-- level as outgoing.lua takes them }.
function build_cache.write(store, target, records)
  local diff_ids, kept = format.choose(records)
  local made <close> = outgoing.new(store, { default = target.default,
    compression = target.compression, level = target.level })
  local blobs, list = each(diff_ids, function(i) return made:file(diff_ids[i]) end), {}
  local to <close> = layout.open(store, target.dest)
  each(blobs, function(i) to:copy(blobs[i].of, blobs[i].path) end)
  for i, blob in ipairs(blobs) do list[i] = blob.of end
  local bytes = format.manifest(to:bytes(format.media_type, format.encode(diff_ids, kept)), list)
  to:tag(target.tag or usual_tag, to:bytes(media_type.manifest, bytes))
end

return build_cache
