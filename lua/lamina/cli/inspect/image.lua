--- An image as `docker image inspect` shows it.
local json = require "lamina.core.json"
local media_type = require "lamina.image.media_type"
local reference = require "lamina.image.reference"
local text = require "lamina.util.text"

--- The names people write, and those by the manifest's digest: one a repository.
local function names_of(image)
  local tags, digests, seen = json.array {}, json.array {}, {}
  for i, name in ipairs(image.names) do
    local ref = reference.parse(name)
    local repository = reference.repository(ref)
    tags[i] = reference.familiar(ref)
    if not seen[repository] then
      digests[#digests + 1] = repository .. "@" .. (image.index or image.manifest)
    end
    seen[repository] = true
  end
  return tags, digests
end

--- The comment of the last entry of its history.
local function comment_of(config)
  local history = config.history or {}
  return history[#history] and history[#history].comment or ""
end

--- Where its layers lie, the topmost first.
local function driver(store, image)
  local paths = {}
  for i = #image.layers, 1, -1 do paths[#paths + 1] = store.layers:path(image.layers[i]) end
  return { Name = "overlay", Data = { LowerDir = table.concat(paths, ":") } }
end

--- The images of an index: { ID, Platform, Digest }.
local function manifests_of(store, index)
  if not index then return nil end
  local list = json.array {}
  for i, member in ipairs(store.indexes:members(index)) do
    list[i] = { ID = member.image, Platform = member.platform,
      Digest = store.images:resolve(member.image).manifest }
  end
  return list
end

return function(store, image)
  local config = image.config
  local tags, digests = names_of(image)
  return {
    Id = image.index or image.id, RepoTags = tags, RepoDigests = digests,
    Comment = comment_of(config),
    Created = config.created or text.rfc3339(image.created), Author = config.author or "",
    Config = config.config or {}, Architecture = config.architecture or "",
    Variant = config.variant, Os = config.os or "", Size = image.size,
    GraphDriver = driver(store, image),
    RootFS = { Type = "layers", Layers = json.array(image.layers) },
    Metadata = { StoredAt = text.rfc3339(image.stored) },
    Descriptor = { digest = image.index or image.manifest,
      mediaType = image.index and media_type.index or nil },
    Manifests = manifests_of(store, image.index),
  }
end
