local config = require "lamina.config.config"
local confirm = require "lamina.cli.confirm"
local empty = require "lamina.store.empty"
local failure = require "lamina.util.failure"
local filter = require "lamina.cli.filter"
local option = require "lamina.cli.option"
local prune = require "lamina.store.prune"
local reference = require "lamina.image.reference"
local size = require "lamina.util.size"
local text = require "lamina.util.text"

--- How many bytes of the build cache may stay; nil for none. Given with the option it is all that
-- the run is about, else it is what is set.
local function kept_bytes(options)
  if not options.keep_storage then
    local set = config.get "prune.keep-storage"
    return set > 0 and set or nil
  end
  local bytes, message = size.parse(options.keep_storage)
  return bytes or failure.raise("usage", "prune: --keep-storage: " .. message)
end

--- What a run takes away, in words.
local function plan_lines(options, context)
  if options.everything then return { "everything in the store: images, containers, volumes" } end
  local kept = context.keep_bytes and " that is over " .. size.format(context.keep_bytes) or ""
  if options.keep_storage then
    return { "of the build cache what is over " .. options.keep_storage, "what nothing needs then" }
  elseif context.kinds then
    return { "what the filters say, and what nothing needs then" }
  end
  return {
    "all containers that don't run",
    options.all and "all images that no container uses" or "all images without a name",
    "the build cache" .. (options.all and " with its cache mounts" or "") .. kept,
    "all layers that nothing needs then",
  }
end

local kinds = { "cache", "container", "image", "mount" }

--- The kinds of things to remove, as a set; nil for all.
local function kinds_of(words)
  if not words then return nil end
  local set = {}
  for _, word in ipairs(words) do set[filter.choice("prune", "type", word, kinds)] = true end
  return set
end

-- They ask for less than --everything removes: a store must not be lost because one went unheard.
local limits = { "all", "dry-run", "filter", "json", "keep-storage" }

local function check_everything(options)
  for _, name in ipairs(limits) do
    local value = options[option.key { long = name }]
    if value and not (type(value) == "table" and #value == 0) then
      failure.raise("usage", ("prune: --everything and --%s don't go together"):format(name))
    end
  end
end

--- Asks, before anything is opened; --force and --dry-run need no answer.
local function before(context)
  local options = context.options
  if options.everything then check_everything(options) end
  local filters = filter.parse("prune", options.filter, { "type", "until" })
  context.limit, context.kinds = filter.time("prune", "until", filters["until"]),
    kinds_of(filters.type)
  context.keep_bytes = kept_bytes(options)
  if options.force or options.dry_run then return end
  confirm("prune", "This removes", plan_lines(options, context))
end

local function show_containers(out, report)
  if #report.containers == 0 then return end
  out:line(report.dry_run and "Containers to delete:" or "Deleted containers:")
  for _, id in ipairs(report.containers) do out:line("%s", id) end
  out:line("")
end

local function show_images(out, report)
  if #report.images == 0 then return end
  out:line(report.dry_run and "Images to delete:" or "Deleted images:")
  for _, image in ipairs(report.images) do
    for _, name in ipairs(image.names) do
      out:line("untagged: %s", reference.familiar(reference.parse(name)))
    end
    out:line("deleted: %s", image.id)
  end
  out:line("")
end

local counts = {
  { "cache", "cache record" }, { "mounts", "cache mount" }, { "layers", "layer" },
  { "blobs", "blob" }, { "logs", "log" },
}

local function show(out, report)
  show_containers(out, report)
  show_images(out, report)
  local words = {}
  for _, row in ipairs(counts) do
    local n = report[row[1]]
    if n > 0 then words[#words + 1] = ("%d %s%s"):format(n, row[2], n > 1 and "s" or "") end
  end
  if #words > 0 then
    out:line("%s: %s", report.dry_run and "Also to delete" or "Also deleted",
      table.concat(words, ", "))
  end
  out:line("%s: %s", report.dry_run and "Space to reclaim" or "Total reclaimed space",
    text.size(report.bytes))
end

local function run(context)
  local options = context.options
  if options.everything then return empty(context.store) end
  local only, keep = context.kinds, options.keep_storage
  local function wants(kind) return not only and not keep or only and only[kind] or false end
  local report = prune.run(context.store, {
    containers = wants "container", images = wants "image", all = options.all,
    cache = wants "cache" or keep and not only,
    mounts = only and only.mount or not only and options.all,
    before = context.limit, keep_bytes = context.keep_bytes, dry_run = options.dry_run,
  })
  if options.json then return context.out:json(report) end
  show(context.out, report)
end

return {
  name = "prune",
  summary = "Remove what isn't needed any more",
  usage = "prune [OPTIONS]",
  help = [[
Removes containers that don't run, images without a name, the build cache, and the layers that
nothing needs then. Volumes with a name stay. On a terminal it asks first; elsewhere it wants
--force. --filter until=24h (or a time as 2024-01-02T15:04:05Z) keeps containers made, images
stored, cache records and mounts used since; --filter type=cache|mount|container|image takes only
these. --keep-storage 10GB removes of the build cache what is over it, the longest unused first, and
nothing else; without it, the setting prune.keep-storage is what stays of the cache.]],
  example = "lamina prune --all --filter until=168h --dry-run",
  options = {
    { long = "all", short = "a",
      help = "also images that have a name but no container, and cache mounts" },
    { long = "dry-run", help = "show what would be removed and remove nothing" },
    { long = "everything", help = "empty the whole store, volumes too" },
    { long = "filter", value = "KEY=VALUE", many = true,
      help = "only what is older (until=TIME), only a kind (type=KIND)" },
    { long = "force", short = "f", help = "don't ask" },
    { long = "keep-storage", value = "SIZE",
      help = "so much of the build cache may stay: 500MB, 10GB" },
    { long = "json", help = "what was removed as JSON" },
  },
  before = before,
  needs = "store",
  run = run,
}
