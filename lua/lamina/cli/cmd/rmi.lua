local each = require "lamina.cli.each"
local failure = require "lamina.util.failure"
local gc = require "lamina.store.gc"
local reference = require "lamina.image.reference"

local function familiar(name)
  return reference.familiar(reference.parse(name))
end

--- The name of the image that a word of the user is; nil when it is an id or a digest.
local function name_of(image, word)
  local ok, ref = pcall(reference.parse, word)
  local whole = ok and not ref.digest and reference.format(ref)
  for _, name in ipairs(image.names) do
    if name == whole then return name end
  end
end

--- An id stands for all names of the image: it takes force to remove several at once.
local function check_names(image, force)
  if #image.names < 2 or force then return end
  local names = {}
  for i, name in ipairs(image.names) do names[i] = familiar(name) end
  failure.raise("name-in-use", ("image %s has several names: %s"):format(image.id:sub(8, 19),
    table.concat(names, ", ")), { hint = "name the one to remove, or use --force for all" })
end

local function say_untagged(context, names)
  for _, name in ipairs(names) do context.out:line("Untagged: %s", familiar(name)) end
end

--- Takes the name away; the image itself goes with its last name (SEMANTICS 96).
local function remove(context, word)
  local images, force = context.store.images, context.options.force
  local image = images:resolve(word)
  local name = name_of(image, word)
  if name and #image.names > 1 then
    images:untag(name)
    return say_untagged(context, { name })
  end
  if not name then check_names(image, force) end
  local from = image.index and context.store.indexes or images
  local id = image.index or image.id
  -- a name that it was given meanwhile isn't ours to take, unless all of them were meant
  local as = (name or not force) and { id = id, names = image.names } or nil
  from:remove(id, { force = force, as = as })
  say_untagged(context, image.names)
  context.out:line("Deleted: %s", id)
end

return {
  name = "rmi",
  summary = "Remove images",
  usage = "rmi [OPTIONS] IMAGE...",
  help = [[
A name is taken away from its image; the image goes with its last name. By its id it goes with
its only name; with several names that takes --force. An image that a container was made from stays
unless forced; the container keeps its files in any case. An index goes with
the images that are its alone. Layers go with the last image, container and cache record that has
them.]],
  example = "lamina rmi bombo/debian:git01",
  arguments = { { name = "IMAGE", kind = "image", many = true } },
  options = {
    { long = "force", short = "f",
      help = "also an image in use or with several names; don't mind one that isn't there" },
    { long = "no-prune", help = "leave its layers for `lamina prune`" },
  },
  needs = "store",
  run = function(context)
    local status = each(context, context.arguments, function(word) remove(context, word) end)
    if not context.options.no_prune then gc.sweep(context.store) end
    return status
  end,
}
