--- The images of the store that somebody wants in an archive, as save.plan takes them.
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

local function entry_of(store, image)
  return { names = {}, has = {}, images = { { id = image.id, layers = image.layers,
    config = store.images:config_bytes(image.id),
    manifest = store.images:manifest_bytes(image.manifest) } } }
end

--- The images asked for, named as `images:resolve` takes them, each once, with their names.
function chosen.entries(store, texts)
  local list, by_id = {}, {}
  for _, text in ipairs(texts) do
    local image = store.images:resolve(text)
    local entry = by_id[image.id]
    if not entry then
      entry = entry_of(store, image)
      list[#list + 1], by_id[image.id] = entry, entry
    end
    for _, name in ipairs(names_for(image, text)) do
      if not entry.has[name] then table.insert(entry.names, name) end
      entry.has[name] = true
    end
  end
  return list
end

return chosen
