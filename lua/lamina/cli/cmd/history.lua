local listing = require "lamina.cli.listing"
local text = require "lamina.util.text"
local when = require "lamina.cli.when"

local longest_text = 45

--- The sizes of an image's layers, bottom first; 0 where nothing is known of one.
local function layer_sizes(store, image)
  local sizes = {}
  for i, diff_id in ipairs(image.layers) do
    local layer = store.layers:get(diff_id)
    sizes[i] = layer and layer.bytes or 0
  end
  return sizes
end

local function row(entry, bytes, options)
  local human = options.human ~= false
  local created_by = entry.created_by or ""
  return {
    ID = "<missing>",
    CreatedSince = human and when.since(entry.created) or when.exactly(entry.created),
    CreatedAt = when.exactly(entry.created),
    CreatedBy = options.no_trunc and created_by or text.shorten(created_by, longest_text),
    Size = human and text.size(bytes) or tostring(bytes),
    Comment = entry.comment or "",
  }
end

--- Rows oldest first: an entry that isn't empty has the next layer's size (SEMANTICS 98).
local function rows(store, image, options)
  local sizes, used, list = layer_sizes(store, image), 0, {}
  for _, entry in ipairs(image.config.history or {}) do
    local bytes = 0
    if not entry.empty_layer then
      used = used + 1
      bytes = sizes[used] or 0
    end
    list[#list + 1] = row(entry, bytes, options)
  end
  return list
end

local function reversed(list)
  local other = {}
  for i, item in ipairs(list) do other[#list + 1 - i] = item end
  return other
end

local function run(context)
  local image = context.store.images:resolve(context.arguments[1])
  local list = reversed(rows(context.store, image, context.options))
  local id = context.options.no_trunc and image.id or image.id:match(":(%x+)"):sub(1, 12)
  if list[1] then list[1].ID = id end
  listing.print(context, {
    columns = { { "IMAGE", "ID" }, { "CREATED", "CreatedSince" }, { "CREATED BY", "CreatedBy" },
      { "SIZE", "Size" }, { "COMMENT", "Comment" } },
    titles = { CreatedAt = "CREATED AT" },
    quiet = "ID",
    rows = list,
  })
end

return {
  name = "history",
  summary = "Show how an image was made",
  usage = "history [OPTIONS] IMAGE",
  help = [[
The newest entry comes first. An entry without a layer of its own (ENV, CMD, …) has size 0B.]],
  example = "lamina history --no-trunc debian:git",
  arguments = { { name = "IMAGE", kind = "image" } },
  options = {
    { long = "human", short = "H", help = "sizes and dates for people (--human=false: exact)" },
    listing.options.format, listing.options.no_trunc, listing.options.quiet,
  },
  needs = "store",
  run = run,
}
