local filter = require "lamina.cli.filter"
local glob = require "lamina.util.glob"
local listing = require "lamina.cli.listing"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"
local text = require "lamina.util.text"
local when = require "lamina.cli.when"

local keys = { "before", "dangling", "label", "reference", "since" }

--- Whether a name is what a pattern of the user means: "debian", "debian:b*", "bombo/*".
local function name_matches(name, pattern)
  local ref = reference.parse(name)
  return glob.match(pattern, reference.familiar(ref))
    or glob.match(pattern, reference.repository(ref))
end

local function check_patterns(patterns)
  for _, pattern in ipairs(patterns) do
    if glob.match(pattern, "") == nil then
      filter.invalid("images", "reference", pattern, "a name or a pattern such as 'debian:b*'")
    end
  end
end

local function any_matches(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name and name_matches(name, pattern) then return true end
  end
  return #patterns == 0
end

--- Whether an image passes the filters that don't look at its name.
local function passes(image, wanted)
  local config = image.config.config or {}
  local created = when.seconds(image.created) or 0
  return (wanted.dangling == nil or wanted.dangling == (#image.names == 0))
    and filter.has_labels(config.Labels, wanted.labels)
    and (not wanted.before or created < wanted.before)
    and (not wanted.since or created > wanted.since)
end

--- What these filters ask for; "before" and "since" as the times when the images that they name
-- were made.
local function conditions(store, filters)
  local wanted = { labels = filters.label or {} }
  if filters.dangling then
    wanted.dangling = filter.boolean("images", "dangling", filters.dangling[1])
  end
  for _, key in ipairs { "before", "since" } do
    local name = filters[key] and filters[key][1]
    wanted[key] = name and (when.seconds(store.images:resolve(name).created) or 0)
  end
  return wanted
end

--- What it runs on: one platform, or all of an index.
local function platform_of(image)
  local words = {}
  for i, member in ipairs(image.platforms or {}) do words[i] = member.platform end
  local config = #words == 0 and image.config or {}
  if config.architecture then
    words[1] = platform.format { os = config.os or "linux", architecture = config.architecture,
      variant = config.variant ~= "" and config.variant or nil }
  end
  return table.concat(words, ",")
end

local function row(image, name, no_trunc)
  local ref = name and reference.parse(name)
  return {
    Repository = ref and reference.repository(ref) or "<none>",
    Tag = ref and ref.tag or "<none>",
    Digest = image.manifest or "<none>",
    ID = no_trunc and image.id or image.id:match(":(%x+)"):sub(1, 12),
    CreatedSince = when.since(image.created),
    CreatedAt = when.at(image.created),
    Size = text.size(image.size),
    Platform = platform_of(image),
  }
end

--- An index as an image: what isn't its own is what its image for this machine has.
local function as_image(store, index)
  local image = store.images:resolve(index.id)
  return setmetatable({ id = index.id, manifest = index.id, names = index.names,
    size = index.size, created = index.created, platforms = index.members },
    { __index = image })
end

--- All images and indexes, the newest first. An index' images without a name of their own aren't
-- listed beside it.
local function all(store)
  local list, members = {}, store.indexes:all_members()
  for _, image in ipairs(store.images:list()) do
    if not members[image.id] or #image.names > 0 then list[#list + 1] = image end
  end
  for _, index in ipairs(store.indexes:list()) do
    local at = 1
    while list[at] and list[at].created > index.created do at = at + 1 end
    table.insert(list, at, as_image(store, index))
  end
  return list
end

--- One row a name, or one for an image without a name.
local function rows(store, patterns, filters, no_trunc)
  local list, wanted = {}, conditions(store, filters)
  for _, image in ipairs(all(store)) do
    if passes(image, wanted) then
      for i = 1, math.max(1, #image.names) do
        local name = image.names[i]
        if any_matches(name, patterns) then list[#list + 1] = row(image, name, no_trunc) end
      end
    end
  end
  return list
end

local columns = {
  { "REPOSITORY", "Repository" }, { "TAG", "Tag" }, { "IMAGE ID", "ID" },
  { "CREATED", "CreatedSince" }, { "SIZE", "Size" },
}

local with_digests = { columns[1], columns[2], { "DIGEST", "Digest" }, table.unpack(columns, 3) }

local function run(context)
  local options = context.options
  local filters = filter.parse("images", options.filter, keys)
  local patterns = table.move(context.arguments, 1, 1, #(filters.reference or {}) + 1,
    filters.reference or {})
  check_patterns(patterns)
  listing.print(context, {
    columns = options.digests and with_digests or columns,
    titles = { Digest = "DIGEST", CreatedAt = "CREATED AT", Platform = "PLATFORM" },
    quiet = "ID",
    rows = rows(context.store, patterns, filters, options.no_trunc),
  })
end

return {
  name = "images",
  summary = "List images",
  usage = "images [OPTIONS] [REPOSITORY[:TAG]]",
  help = [[
The newest comes first; an image with several names has a row for each. SIZE is the sum of its
unpacked layers. Filters: dangling=true|false, label=KEY[=VALUE], reference=PATTERN,
before=IMAGE, since=IMAGE. An image for several platforms (an index) is one row with its own id;
{{.Platform}} tells them.]],
  example = "lamina images --filter reference='bombo/*' --format '{{.Tag}} {{.Size}}'",
  arguments = { { name = "REPOSITORY[:TAG]", kind = "image", optional = true } },
  options = {
    { long = "all", short = "a", help = "as in Docker; lamina keeps no intermediate images" },
    { long = "digests", help = "show the manifest's digest" },
    listing.options.filter, listing.options.format, listing.options.no_trunc,
    listing.options.quiet,
  },
  needs = "store",
  run = run,
}
