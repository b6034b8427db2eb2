--- Images out of archives and layouts, as Docker, Podman, Skopeo and others write them.
--
-- Everything is verified before anything is in the store: a wrong archive leaves nothing there.
-- Configurations and manifests are stored as they came, so that an image keeps its id.
local config_check = require "lamina.image.config_check"
local docker = require "lamina.archive.docker"
local failure = require "lamina.util.failure"
local layers = require "lamina.archive.layers"
local oci = require "lamina.archive.oci"
local source = require "lamina.archive.source"
local text = require "lamina.util.text"

local load = {}

local function refuse_other(input)
  local hint = "`lamina import` makes an image of a root file system"
  local why = "it has neither manifest.json nor index.json, so it is no archive of images"
  if input:has("repositories") then
    why = "it was written by a Docker before 1.10, without manifest.json"
    hint = "load it into a newer Docker and save it again"
  end
  failure.raise("invalid-input", input.label .. ": " .. why, { hint = hint })
end

--- Where an archive is of both kinds, the OCI half says more: it has the manifests.
local function read_images(input, options)
  if input:has(oci.file) and input:has("oci-layout") then
    if options.all_platforms then return require("lamina.archive.every").images(input) end
    return oci.images(input, options.platform)
  end
  if input:has(oci.flat_file) then return oci.flat(input) end
  if input:has(docker.file) then return docker.images(input) end
  return refuse_other(input)
end

--- Reads the configuration; each diff ID in it has a layer, in the same order.
local function check_image(input, image)
  local config = config_check.parse(image.config, input.label .. ": image configuration")
  local diff_ids = config.rootfs.diff_ids
  if #diff_ids ~= #image.layers then
    input:refuse("%d layers, where the configuration has %d diff IDs", #image.layers, #diff_ids)
  end
  image.created = type(config.created) == "string" and text.parse_time(config.created) or 0
  return diff_ids
end

local function need_layers(wanted, image, diff_ids, label)
  for i, blob in ipairs(image.layers) do
    wanted:need(diff_ids[i], blob, ("%s: layer %d of %d (%s)"):format(label, i, #diff_ids,
      blob.path))
  end
end

local function add_name(input, images, name)
  if not name then return end
  if #images ~= 1 then
    input:refuse("there are %d images in it: --tag names the only one", #images)
  end
  table.insert(images[1].names, name)
end

--- What was read, image by image.
local function each_image(images)
  local list = {}
  for _, one in ipairs(images) do
    for _, image in ipairs(one.images or { one }) do list[#list + 1] = image end
  end
  return list
end

local function put(store, one)
  if one.images then return store.indexes:put(one) end
  return store.images:put(one)
end

--- Loads all images. options: from (a path, "-" for standard input), platform (nil: this
-- machine's), all_platforms, name (for the only image), is_unnamed (the names in it aren't
-- given). Answers { { id =, names = } }; they are on
-- disk then.
function load.run(store, options)
  local input <close> = source.open(store, options.from)
  local images = read_images(input, options)
  add_name(input, images, options.name)
  local wanted = layers.new(store, input)
  for _, image in ipairs(each_image(images)) do
    need_layers(wanted, image, check_image(input, image), input.label)
  end
  wanted:prepare()
  wanted:adopt()
  local done = {}
  for i, image in ipairs(images) do
    if options.is_unnamed then image.names = {} end
    done[i] = { id = put(store, image), names = image.names }
  end
  store:sync()
  return done
end

return load
