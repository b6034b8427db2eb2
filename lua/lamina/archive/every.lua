--- All images of a layout, for every platform: what `load --all-platforms` takes.
--
--   every.images(input) -> { image or index, … }
--
-- An index is { images = { … }, names =, index = bytes or nil }; without its bytes something of it
-- isn't taken along (a chart, say), or there was none: manifests of one name belong together.
local image_index = require "lamina.image.index"
local manifest = require "lamina.image.manifest"
local oci = require "lamina.archive.oci"
local walk = require "lamina.image.walk"

local every = {}

local function walk_of(input)
  return walk.new(function(of)
    local bytes, document = oci.document(input, of)
    local image = document.kind == "manifest" and oci.image_in(input, bytes, document) or nil
    return document, image
  end, function(...) input:refuse(...) end)
end

--- The image or index that a descriptor stands for; nil where there is none in it.
local function read(input, it, of)
  local document = it:get(of).document
  if document.kind == "manifest" then return it:image(of) end
  local list, is_whole = it:images(document)
  for _, image in ipairs(list) do image.attestations = oci.attestations(input, image.said) end
  return #list > 0 and { images = list, names = {},
    index = is_whole and oci.bytes(input, of, manifest.limit) or nil } or nil
end

--- Every document once, with all names that it has.
local function distinct(input, index)
  local it, list, by_digest = walk_of(input), {}, {}
  for _, of in ipairs(index.manifests) do
    local found = by_digest[of.digest]
    if found == nil and not image_index.is_attestation(of) then
      found = read(input, it, of) or false
      by_digest[of.digest] = found
      if found then list[#list + 1] = found end
    end
    local names = found and oci.names_of(of) or {}
    table.move(names, 1, #names, found and #found.names + 1 or 1, found and found.names or {})
  end
  return list
end

--- Two of one name become one index.
local function join(first, second)
  local images = {}
  for _, one in ipairs { first, second } do
    for _, image in ipairs(one.images or { one }) do images[#images + 1] = image end
  end
  return { images = images, names = first.names }
end

local function without_names(one)
  local copy = {}
  for key, value in pairs(one) do copy[key] = value end
  copy.names = {}
  return copy
end

function every.images(input)
  local list, by_name = {}, {}
  for _, one in ipairs(distinct(input, oci.index(input))) do
    local at = one.names[1] and by_name[one.names[1]]
    if at then
      list[at] = join(list[at], one)
    else
      list[#list + 1] = one
      if one.names[1] then by_name[one.names[1]] = #list end
    end
  end
  for _, one in ipairs(list) do
    for i, image in ipairs(one.images or {}) do one.images[i] = without_names(image) end
  end
  if #list == 0 then input:refuse("it holds no image") end
  return list
end

return every
