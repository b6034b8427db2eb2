local reference = require "lamina.image.reference"

return {
  name = "tag",
  summary = "Give an image another name",
  usage = "tag IMAGE NAME[:TAG]",
  help = [[
A name that another image has moves to this one; the other image keeps its remaining names, or
becomes <none>. Without a tag the name gets the tag "latest".]],
  example = "lamina tag debian:bookworm localhost:5000/base:v1",
  arguments = { { name = "IMAGE", kind = "image" }, { name = "NAME[:TAG]" } },
  needs = "store",
  run = function(context)
    local images = context.store.images
    local name = reference.target(context.arguments[2])
    local image = images:resolve(context.arguments[1])
    images:tag(image.id, name, image.index)
  end,
}
