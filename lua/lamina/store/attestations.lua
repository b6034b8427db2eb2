--- What is said of the images of a store (image/attestation.lua): rows that go with their image,
-- the manifests and all that they name as blobs.
local attestation = require "lamina.image.attestation"
local failure = require "lamina.util.failure"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"

local attestations = {}

local Attestations = {}
Attestations.__index = Attestations

function attestations.new(store)
  return setmetatable({ store = store, db = store.db }, Attestations)
end

local function rows(self, image)
  return failure.check(self.db:rows([[select manifest, subject, blobs, is_own from attestations
    where image = ? order by manifest]], image))
end

--- The blobs that a row names, its manifest's first.
local function blobs_of(row)
  local list = { row.manifest }
  for hex in row.blobs:gmatch("%x+") do list[#list + 1] = "sha256:" .. hex end
  return list
end

--- Puts the blobs of one; answers the digest of its manifest, and the others as a row has them.
local function put_blobs(self, one)
  local blobs, hexes = self.store.blobs, {}
  for i, bytes in ipairs { one.config, table.unpack(one.blobs) } do
    hexes[i] = blobs:put(bytes, media_type.config).digest:sub(8)
  end
  return blobs:put(one.manifest, media_type.manifest).digest, table.concat(hexes, " ")
end

--- Keeps attestations of an image that is there. A build's own take the place of those it has.
function Attestations:put(image, list)
  if #list == 0 then return end
  local _held <close> = self.store:hold()
  local new = {}
  for i, one in ipairs(list) do
    local of, blobs = put_blobs(self, one)
    new[i] = { of, one.subject, blobs, one.is_own or false }
  end
  self.store:transaction(function()
    failure.check(self.db:run("delete from attestations where image = ? and is_own", image))
    for _, row in ipairs(new) do
      failure.check(self.db:run("insert or replace into attestations values (?, ?, ?, ?, ?)", image,
        table.unpack(row)))
    end
    return true
  end)
end

--- Those of an image, with all their bytes.
function Attestations:of(image)
  local list, blobs = {}, self.store.blobs
  for i, row in ipairs(rows(self, image)) do
    local names, bytes = blobs_of(row), {}
    for j = 3, #names do bytes[j - 2] = blobs:get(names[j], attestation.limit) end
    list[i] = { subject = row.subject, manifest = blobs:get(row.manifest, manifest.limit),
      config = blobs:get(names[2], attestation.limit), blobs = bytes, is_own = row.is_own ~= 0 }
  end
  return list
end

--- Puts a row of a lost database back, if its image is there.
function Attestations:restore(row)
  for _, key in ipairs { "image", "manifest", "subject", "blobs" } do
    if type(row[key]) ~= "string" then return end
  end
  self.db:run("insert or ignore into attestations values (?, ?, ?, ?, ?)", row.image, row.manifest,
    row.subject, row.blobs, row.is_own == 1)
end

--- Calls `visit(digest, image)` for each blob that an attestation of an image needs.
function Attestations:each_blob(visit)
  local all = failure.check(self.db:rows "select image, manifest, blobs from attestations")
  for _, row in ipairs(all) do
    for _, of in ipairs(blobs_of(row)) do visit(of, row.image) end
  end
end

--- Forgets those of an image that need a blob.
function Attestations:forget(image, blob)
  for _, row in ipairs(rows(self, image)) do
    for _, of in ipairs(blobs_of(row)) do
      if of == blob then
        failure.check(self.db:run("delete from attestations where image = ? and manifest = ?",
          image, row.manifest))
      end
    end
  end
end

return attestations
