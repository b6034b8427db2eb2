--- Blobs: there where they are needed, files, and what their names say.
local aside = require "lamina.store.aside"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local sched = require "lamina.util.sched"

local blobs = {}

local nothing = digest.sha256 ""

--- digest -> { image = id, what = "config" | "manifest" | "attestation" }, { index = id } or
-- { layer = row }.
local function needed(store)
  local list = {}
  store.attestations:each_blob(function(of, image)
    list[of] = { image = image, what = "attestation", blob = of }
  end)
  for _, row in ipairs(failure.check(store.db:rows "select id, manifest from images")) do
    list[row.manifest] = { image = row.id, what = "manifest" }
    list[row.id] = { image = row.id, what = "config" }
  end
  for _, row in ipairs(failure.check(store.db:rows "select id from indexes")) do
    list[row.id] = { index = row.id, image = row.id, what = "index" }
  end
  for _, row in ipairs(store.layers:list()) do
    if row.blob then list[row.blob] = { layer = row } end
  end
  return list
end

local function purpose(use)
  if use.index then return ("the index %s"):format(use.index:sub(8, 19)) end
  if use.image then return ("the %s of image %s"):format(use.what, use.image:sub(8, 19)) end
  return ("layer %s as it came"):format(use.layer.diff_id:sub(8, 19))
end

--- A manifest and an index can be made again, and a layer's blob be done without where its
-- directory gives the same tar. A configuration is the image itself.
local function replace(store, use)
  if use.index then
    store.indexes:renew(use.index)
    return true
  elseif use.what == "attestation" then
    store.attestations:forget(use.image, use.blob)
    return true
  elseif use.what == "manifest" then
    store.images:renew_manifest(use.image)
    return true
  elseif use.layer then
    local info = layer.pack(store.layers:path(use.layer.diff_id), { form = "overlay" })
    if not info or info.diff_id ~= use.layer.diff_id then return false end
    store.layers:drop_blob(use.layer.diff_id)
    return true
  end
  return false
end

--- `is_well`, where it is given, looks again whether it is damaged after all.
local function damaged(found, store, entry, kind, message, is_well)
  found:damage { kind = kind, subject = entry.path, message = message,
    hint = entry.use and "pull or load the image again",
    repair = function()
      if is_well and is_well() then return true end
      aside(store.root, entry.path)
      return not entry.use or replace(store, entry.use)
    end }
  entry.is_bad = true
end

--- What can be told without reading a large file.
local function check_entry(found, store, entry)
  local stat = fs.stat(entry.path, { follow = false })
  if not stat then return end
  if stat.type ~= "file" then
    damaged(found, store, entry, "foreign-entry", ("is no file but a %s"):format(stat.type))
  elseif not entry.name:match("^[0-9a-f]+$") or #entry.name ~= 64 then
    damaged(found, store, entry, "foreign-entry", "doesn't belong here: its name is no digest")
  elseif stat.size == 0 and entry.name ~= nothing then
    damaged(found, store, entry, "empty-blob", "is empty")
  elseif entry.use and entry.use.layer and entry.use.layer.blob_size ~= stat.size then
    damaged(found, store, entry, "damaged-blob", ("has %d bytes instead of %d"):format(stat.size,
      entry.use.layer.blob_size))
  elseif stat.mode & 18 ~= 0 then -- 022
    found:damage { kind = "permissions", subject = entry.path,
      message = ("others may write to it (mode %o)"):format(stat.mode),
      repair = function() return fs.chmod(entry.path, 384) end } -- 0600
  end
end

--- Whether its bytes are what its name says, or it was collected meanwhile; else false and why.
local function is_whole(entry)
  local ok, hex = pcall(sched.job, digest.file, entry.path)
  if ok and hex == entry.name then return true end
  if ok then return false, "isn't what its name says" end
  return not fs.stat(entry.path, { follow = false }), hex.message
end

--- Reads it: what images say of themselves always, everything else where that is asked for.
local function check_digest(found, store, entry, deep)
  if entry.is_bad or not (deep or (entry.use and entry.use.image)) then return end
  local is_good, why = is_whole(entry)
  if is_good then return end
  damaged(found, store, entry, "damaged-blob", why, function()
    entry.use = needed(store)["sha256:" .. entry.name]
    return (is_whole(entry))
  end)
end

local function check_missing(found, store, uses, there)
  for of, use in pairs(uses) do
    if not there[of] then
      found:damage { kind = "missing-blob", subject = of, message = purpose(use) .. " is missing",
        hint = "pull or load the image again", repair = function() return replace(store, use) end }
    end
  end
end

--- Looks at names and kinds; answers the entries, for `hash`.
function blobs.check(found, store)
  local uses, there, entries = needed(store), {}, {}
  for i, name in ipairs(failure.check(fs.list(store.blobs.dir))) do
    local of = "sha256:" .. name
    local entry = { name = name, path = store.blobs.dir .. "/" .. name, use = uses[of] }
    there[of], entries[i] = true, entry
    check_entry(found, store, entry)
    if not entry.use and not entry.is_bad then
      found:notice { kind = "unused-blob", subject = of, message = "`lamina prune` removes it" }
    end
  end
  check_missing(found, store, uses, there)
  found:count("blobs", #entries)
  return entries
end

--- Reads the bytes of entries. That takes its time, so the repairs look again.
function blobs.hash(found, store, entries, deep)
  for _, entry in ipairs(entries) do check_digest(found, store, entry, deep) end
end

return blobs
