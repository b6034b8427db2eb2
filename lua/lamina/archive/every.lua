--- All images of a layout, for every platform: what `load --all-platforms` takes.
--
--   every.images(input) -> { image or index, … }
--
-- An index is { images = { … }, names =, index = bytes or nil }; without its bytes something of it
-- isn't taken along (attestations), or there was none: manifests of one name belong together.
local config_check = require "lamina.image.config_check"
local image_index = require "lamina.image.index"
local manifest = require "lamina.image.manifest"
local oci = require "lamina.archive.oci"
local platform = require "lamina.image.platform"

local every = {}

--- The platform by the descriptor, or else by the configuration.
local function platform_of(of, image)
  local said = of.platform or config_check.parse(image.config)
  if not said.os or not said.architecture then return platform.format(platform.host()) end
  return platform.format(platform.parse(("%s/%s%s"):format(said.os, said.architecture,
    type(said.variant) == "string" and said.variant ~= "" and "/" .. said.variant or "")))
end

local read

--- The images of an index, of its own indexes too; and whether that is all there is in it.
local function members(input, document, depth)
  local list, is_whole = {}, true
  for _, of in ipairs(document.manifests) do
    local found = not image_index.is_attestation(of) and read(input, of, depth + 1)
    is_whole = is_whole and found and not found.images
    for _, image in ipairs(found and (found.images or { found }) or {}) do
      list[#list + 1] = image
    end
  end
  return list, is_whole
end

function read(input, of, depth)
  if depth > oci.deepest then input:refuse("indexes nested deeper than %d", oci.deepest) end
  local bytes, document = oci.document(input, of)
  if document.kind == "manifest" then
    local image = oci.image_in(input, bytes, document)
    if image then image.platform = platform_of(of, image) end
    return image
  end
  local list, is_whole = members(input, document, depth)
  return #list > 0 and { images = list, index = is_whole and bytes or nil, names = {} } or nil
end

--- Every document once, with all names that it has.
local function distinct(input, index)
  local list, by_digest = {}, {}
  for _, of in ipairs(index.manifests) do
    local found = by_digest[of.digest]
    if found == nil and not image_index.is_attestation(of) then
      found = read(input, of, 1) or false
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
  oci.check_layout(input)
  local index = manifest.parse(input:read(oci.file, manifest.limit), input.label .. ": index.json")
  if index.kind ~= "index" then input:refuse("index.json: an index expected") end
  local list, by_name = {}, {}
  for _, one in ipairs(distinct(input, index)) do
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
