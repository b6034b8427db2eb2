--- The build cache inside of images (--cache-to type=inline): what --cache-from of a name finds in
-- the image that was pushed under it. It has the records of the image's own layers.
local cache_records = require "lamina.build.cache_records"
local format = require "lamina.image.build_cache"

local cache_inline = {}

-- Outputs in which images have manifests.
local with_manifests = { docker = true, oci = true, registry = true, store = true }

local function is_lost(outputs)
  for _, output in ipairs(outputs) do
    if with_manifests[output.type] then return false end
  end
  return true
end

--- Whether any target is the image.
local function is_asked(targets)
  for _, target in ipairs(targets) do
    if target.type == "inline" then return true end
  end
  return false
end

--- Puts it into the images of a solved graph, one a part, where that is asked for.
function cache_inline.add(images, graph, options)
  if not is_asked(options.cache_to) then return end
  for i, image in ipairs(images) do
    image.annotations = format.annotate(image.annotations,
      cache_records.visible { graph.parts[i] }, image.layers)
  end
  if is_lost(options.outputs) then
    options.bus:emit("step.note", { id = "cache", label = "cache",
      message = "not written: no output is an image that type=inline could be in" })
  end
end

--- It went with the image.
function cache_inline.write() end

return cache_inline
