--- Indexes: an image for each of several platforms under the same names (OCI image index).
--
-- The id is the digest of the document. Its images are rows of their own, which stay as long as it
-- does; they have no names by it. A name of an index also names one of its images, this machine's
-- where there is one, so that who knows no indexes finds an image.
local failure = require "lamina.util.failure"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"
local unchanged = require "lamina.store.unchanged"

local index = {}

local Indexes = {}
Indexes.__index = Indexes

function index.new(store)
  return setmetatable({ store = store, db = store.db }, Indexes)
end

function Indexes:rows(sql, ...)
  return failure.check(self.db:rows(sql, ...))
end

--- Its images in their order: { { image = id, platform = "linux/amd64" } }.
function Indexes:members(id)
  return self:rows("select image, platform from members where index_id = ? order by place", id)
end

function Indexes:names(id)
  local names = {}
  for i, row in ipairs(self:rows("select name from names where index_id = ? order by name", id)) do
    names[i] = row.name
  end
  return names
end

--- The document for images that are in the store.
local function encode(self, members)
  local list = {}
  for i, member in ipairs(members) do
    local row = failure.check(self.db:row("select manifest from images where id = ?", member.id))
    list[i] = { mediaType = media_type.manifest, digest = row.manifest,
      size = #self.store.images:manifest_bytes(row.manifest),
      platform = platform.parse(member.platform) }
  end
  return manifest.encode_index(list)
end

--- Which of the platforms serves this machine; the first where none does.
local function own(members)
  local list = {}
  for i, member in ipairs(members) do list[i] = platform.parse(member.platform) end
  return platform.best(platform.host(), list) or 1
end

--- When the newest of images was made; now, where none tells.
local function newest(images)
  local time
  for _, image in ipairs(images) do
    if image.created and (not time or image.created > time) then time = image.created end
  end
  return time or os.time()
end

local function insert(self, id, parts)
  if not failure.check(self.db:row("select id from indexes where id = ?", id)) then
    failure.check(self.db:run("insert into indexes values (?, ?, ?, ?)", id, parts.created,
      os.time(), self.store.boot))
    for i, member in ipairs(parts.images) do
      failure.check(self.db:run("insert into members values (?, ?, ?, ?)", id, i, member.id,
        member.platform))
    end
  end
  for _, name in ipairs(parts.names) do
    self.store.images:tag(parts.images[own(parts.images)].id, name, id)
  end
end

local function is_stored(self, id, names)
  if not failure.check(self.db:row("select id from indexes where id = ?", id)) then return false end
  for _, name in ipairs(names) do
    local row = failure.check(self.db:row("select index_id from names where name = ?",
      reference.target(name)))
    if not row or row.index_id ~= id then return false end
  end
  return true
end

--- Stores images and an index of them, all or nothing: { images = { { …as images:put takes it…,
-- platform = "linux/arm64" } }, index = bytes or nil, names = }. Answers its id.
function Indexes:put(parts)
  local _held <close> = self.store:hold()
  local id
  self.store:transaction(function()
    for _, image in ipairs(parts.images) do image.id = self.store.images:put(image) end
    local bytes = parts.index or encode(self, parts.images)
    id = self.store.blobs:put(bytes, media_type.index).digest
    parts.created, parts.names = newest(parts.images), parts.names or {}
    if not is_stored(self, id, parts.names) then insert(self, id, parts) end
    return true
  end)
  return id
end

local function no_platform(what, wanted, members)
  local known = {}
  for i, member in ipairs(members) do known[i] = member.platform end
  failure.raise("not-found", ("'%s' has no image for %s"):format(what, platform.format(wanted)),
    { hint = "it has them for " .. table.concat(known, ", ") })
end

--- The id of the image for a platform. Without one it is this machine's, or else the first.
function Indexes:pick(id, wanted, what)
  local members, list = self:members(id), {}
  if not wanted then return members[own(members)].image end
  for i, member in ipairs(members) do list[i] = platform.parse(member.platform) end
  local best = platform.best(wanted, list) or no_platform(what or id, wanted, members)
  return members[best].image
end

--- The ids that begin with hex digits, two at most.
function Indexes:beginning(hex)
  return self:rows("select id from indexes where id glob ? limit 2", "sha256:" .. hex .. "*")
end

function Indexes:has(id)
  return failure.check(self.db:row("select id from indexes where id = ?", id)) ~= nil
end

--- All indexes, the newest first: { id, created, stored, names, members, size }. A layer that
-- several images have counts once.
function Indexes:list()
  local list = self:rows "select id, created, stored from indexes order by created desc, id"
  for _, one in ipairs(list) do
    one.names, one.members, one.size = self:names(one.id), self:members(one.id), 0
    local seen = {}
    for _, member in ipairs(one.members) do
      local row = failure.check(self.db:row("select layers from images where id = ?",
        member.image)) or { layers = "" }
      for hex in row.layers:gmatch("%x+") do
        local layer = not seen[hex] and self.store.layers:get("sha256:" .. hex)
        seen[hex], one.size = true, one.size + (layer and layer.bytes or 0)
      end
    end
  end
  return list
end

--- The ids of images that an index has, as a set.
function Indexes:all_members()
  local set = {}
  for _, row in ipairs(self:rows "select distinct image from members") do set[row.image] = true end
  return set
end

--- The indexes that have an image.
function Indexes:having(image)
  return self:rows("select distinct index_id as id from members where image = ?", image)
end

--- The images that would go with an index: those that nothing else has a use for.
function Indexes:own_images(id)
  return self:rows([[select distinct image as id from members where index_id = ?1
    and image not in (select image from members where index_id <> ?1)
    and image not in (select image from names where index_id is null)]], id)
end

local function forget(db, id)
  failure.check(db:run("delete from names where index_id = ?", id))
  failure.check(db:run("delete from members where index_id = ?", id))
  failure.check(db:run("delete from indexes where id = ?", id))
  return true
end

--- Takes its rows away, with the names that it has still. Its images stay.
function Indexes:forget(id)
  return self.store:transaction(forget, self.db, id)
end

local function check_removable(self, id, options)
  for _, member in ipairs(options.force and {} or self:members(id)) do
    self.store.images:check_unused(member.image)
  end
  if not options.as then return end
  local row = self:rows("select stored from indexes where id = ?", id)[1]
  unchanged(options.as, row and row.stored, self:names(id))
end

--- Removes an index with its names, and the images that are its alone; options as for an image.
function Indexes:remove(id, options)
  self.store:transaction(function()
    check_removable(self, id, options or {})
    local alone = self:own_images(id)
    self:forget(id)
    for _, row in ipairs(alone) do
      failure.check(self.db:run("delete from images where id = ?", row.id))
    end
    return true
  end)
end

--- The rows of an index whose document and images ({ id, platform }) are there.
function Indexes:restore(id, images)
  self.store:transaction(function()
    insert(self, id, { images = images, names = {}, created = os.time() })
    return true
  end)
end

--- Makes the document of an index again; its id changes where it came from elsewhere.
function Indexes:renew(id)
  local members = {}
  for i, member in ipairs(self:members(id)) do
    members[i] = { id = member.image, platform = member.platform }
  end
  local bytes, names = encode(self, members), self:names(id)
  if self.store.blobs:put(bytes, media_type.index).digest == id then return end
  self.store:transaction(function()
    insert(self, "sha256:" .. require("lamina.core.digest").sha256(bytes),
      { images = members, names = names, created = os.time() })
    self:forget(id)
    return true
  end)
end

return index
