--- The images of the store that somebody wants in an archive, as save.plan takes them.
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"

local chosen = {}

--- The names to save an image under that is asked for as `text`: a name means that name alone, an
-- id all that the image has.
local function names_for(image, text)
  local ok, ref = pcall(reference.parse, text)
  local name = ok and not ref.digest and reference.format(ref)
  for _, known in ipairs(image.names) do
    if known == name then return { name } end
  end
  return image.names
end

local function value_of(store, image)
  return { id = image.id, layers = image.layers, config = store.images:config_bytes(image.id),
    manifest = store.images:manifest_bytes(image.manifest),
    attestations = store.attestations:of(image.id) }
end

--- An index with all its images, or an image alone.
local function entry_of(store, image)
  if not image.index then return { names = {}, has = {}, images = { value_of(store, image) } } end
  local images = {}
  for i, member in ipairs(store.indexes:members(image.index)) do
    images[i] = value_of(store, store.images:resolve(member.image))
    images[i].platform = platform.parse(member.platform)
  end
  return { names = {}, has = {}, images = images,
    index = store.images:manifest_bytes(image.index) }
end

--- The images asked for, named as `images:resolve` takes them, each once, with their names. Of an
-- index all its images, unless one platform is `wanted`.
function chosen.entries(store, texts, wanted)
  local list, by_id = {}, {}
  for _, text in ipairs(texts) do
    local image = store.images:resolve(text, wanted)
    if wanted then image.index = nil end
    local id = image.index or image.id
    local entry = by_id[id]
    if not entry then
      entry = entry_of(store, image)
      list[#list + 1], by_id[id] = entry, entry
    end
    for _, name in ipairs(names_for(image, text)) do
      if not entry.has[name] then table.insert(entry.names, name) end
      entry.has[name] = true
    end
  end
  return list
end

return chosen
