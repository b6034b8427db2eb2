--- All images of an index, through the indexes in it: what is taken for all platforms.
--
--   local walk = walk.new(read, refuse)
--   local images, is_whole = walk:images(document)
--   local image = walk:image(of)
--
-- `read(of)` answers the document that a descriptor stands for and, of a manifest, its image
-- { config = bytes, … }, or nil where it is something else (a signature, a chart); it is asked for
-- each digest once. `refuse(format, …)` raises. An image is a copy, with `platform` as text, and
-- `said`: the entries of what is said of it (attestation.lua).
local attestation = require "lamina.image.attestation"
local config_check = require "lamina.image.config_check"
local image_index = require "lamina.image.index"
local platform = require "lamina.image.platform"

local walk = {}

walk.deepest = 4 -- indexes in indexes
walk.most = 500  -- entries of an index and those in it: the largest known have some dozens

local Walk = {}
Walk.__index = Walk

function walk.new(read, refuse)
  return setmetatable({ read = read, refuse = refuse, known = {} }, Walk)
end

--- The platform by the descriptor, or else by the configuration.
local function platform_of(of, image)
  local said = of.platform or config_check.parse(image.config)
  if not said.os or not said.architecture then return platform.format(platform.host()) end
  return platform.format(platform.parse(("%s/%s%s"):format(said.os, said.architecture,
    type(said.variant) == "string" and said.variant ~= "" and "/" .. said.variant or "")))
end

--- What a descriptor stands for: { document =, image = }.
function Walk:get(of)
  local found = self.known[of.digest]
  if not found then
    found = {}
    found.document, found.image = self.read(of)
    self.known[of.digest] = found
  end
  return found
end

--- The image that a descriptor stands for; nil where it is something else.
function Walk:image(of)
  local image = self:get(of).image
  if not image then return nil end
  local copy = {}
  for key, value in pairs(image) do copy[key] = value end
  copy.platform, copy.said = platform_of(of, image), {}
  return copy
end

local add_all

--- Adds what an entry is, an index at most once; answers whether it is taken along as it is.
local function add(self, of, into, depth)
  if attestation.subject_of(of) then return true end -- goes with its image
  if image_index.is_attestation(of) or into.seen[of.digest] then return false end
  into.count = into.count + 1
  if into.count > walk.most then self.refuse("an index of more than %d documents", walk.most) end
  local image = self:image(of)
  if image then
    table.insert(into.list, image)
    image.digest = of.digest
    return true
  end
  local document = self:get(of).document
  if document.kind == "index" then
    into.seen[of.digest] = true
    add_all(self, document, into, depth + 1)
  end
  return false
end

--- Gives the images of an index, from `first` on, what it says of them; answers whether nothing is
-- left.
local function add_said(document, list, first)
  local left = 0
  for _, of in ipairs(document.manifests) do
    if attestation.subject_of(of) then left = left + 1 end
  end
  for i = first, #list do
    list[i].said = attestation.about(document.manifests, list[i].digest)
    left = left - #list[i].said
  end
  return left == 0
end

--- The same for each entry of an index; answers whether all of them are images, or go with one.
function add_all(self, document, into, depth)
  if depth > walk.deepest then self.refuse("indexes nested deeper than %d", walk.deepest) end
  local are_images, first = true, #into.list + 1
  for _, of in ipairs(document.manifests) do
    are_images = add(self, of, into, depth) and are_images
  end
  return add_said(document, into.list, first) and are_images
end

--- The images of an index, and whether they are all that it names: then it may stay as it came.
function Walk:images(document)
  local into = { list = {}, seen = {}, count = 0 }
  local are_images = add_all(self, document, into, 1)
  return into.list, are_images
end

return walk
