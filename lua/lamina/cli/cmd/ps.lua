local filter = require "lamina.cli.filter"
local listing = require "lamina.cli.listing"
local option = require "lamina.cli.option"
local settings = require "lamina.commit.settings"
local text = require "lamina.util.text"
local usage = require "lamina.store.usage"
local volume = require "lamina.commit.volume"
local when = require "lamina.cli.when"

local keys = { "ancestor", "before", "exited", "id", "label", "name", "since", "status", "volume" }
local statuses = { "created", "exited", "running" }
local longest_command = 20

--- What each filter that looks at one container says of it and of one value.
local tests = {}

function tests.id(one, value) return one.id:sub(1, #value) == value:lower() end

function tests.name(one, value) return one.name:find(value, 1, true) ~= nil end

function tests.label(one, value) return filter.has_labels(one.config.Labels, { value }) end

function tests.exited(one, value) return one.status == "exited" and one.exit_code == value end

function tests.status(one, value) return one.status == value end

function tests.ancestor(one, value) return one.image == value end

function tests.before(one, value) return one.number < value end

function tests.since(one, value) return one.number > value end

function tests.volume(one, value)
  for _, mount in ipairs(one.config.host.mounts or {}) do
    if mount.volume == value or mount.source == value or mount.target == value then return true end
  end
  return false
end

--- Values as the tests compare them; a container or image that isn't there is told.
local converted = {
  exited = function(_, word)
    return option.number(word) or filter.invalid("ps", "exited", word, "an exit status")
  end,
  status = function(_, word) return filter.choice("ps", "status", word, statuses) end,
  ancestor = function(store, word) return store.images:resolve(word).id end,
  before = function(store, word) return store.containers:get(word).number end,
  since = function(store, word) return store.containers:get(word).number end,
}

local function conditions(store, words)
  local filters = filter.parse("ps", words, keys)
  for key, values in pairs(filters) do
    for i, value in ipairs(values) do
      if converted[key] then values[i] = converted[key](store, value) end
    end
  end
  return filters
end

--- Labels must all be there; of other filters one value is enough, as in Docker.
local function passes(one, filters)
  for key, values in pairs(filters) do
    local hits = 0
    for _, value in ipairs(values) do hits = hits + (tests[key](one, value) and 1 or 0) end
    if hits < (key == "label" and #values or 1) then return false end
  end
  return true
end

--- What --all, --latest, --last and the filters leave, newest first.
local function chosen(context)
  local options, list = context.options, {}
  local filters = conditions(context.store, options.filter)
  local most = options.latest and 1 or options.last
  local all = options.all or most or filters.status or filters.exited
  for _, one in ipairs(context.store.containers:list { all = all }) do
    if #list == most then break end
    if passes(one, filters) then list[#list + 1] = one end
  end
  return list
end

local function status_text(one)
  if one.status == "running" then return "Up " .. when.long(one.started) end
  if one.status == "created" then return "Created" end
  return ("Exited (%d) %s"):format(one.exit_code or 0, when.since(one.finished or one.started))
end

--- The image by the name it was given, while that is still its name; else by its id.
local function image_text(store, one, no_trunc)
  local given = one.config.host.image
  local ok, image = pcall(store.images.resolve, store.images, given or "")
  if ok and image.id == one.image then return given end
  return no_trunc and one.image or one.image:sub(8, 19)
end

local function command_text(one, no_trunc)
  local command = table.concat(settings.command(one.config), " ")
  return '"' .. (no_trunc and command or text.shorten(command, longest_command)) .. '"'
end

local function sorted_keys(map, separator)
  local list = {}
  for key, value in pairs(map or {}) do
    list[#list + 1] = separator and key .. separator .. value or key
  end
  table.sort(list)
  return list
end

local function mount_names(store, one)
  local list = {}
  for i, mount in ipairs(volume.mounts(store, one)) do
    list[i] = one.config.host.mounts[i].volume or mount.source
  end
  return list
end

local function size_text(store, one)
  local own, below = usage.tree(one.dir .. "/upper"), 0
  for _, diff_id in ipairs(one.layers) do
    local layer = store.layers:get(diff_id)
    below = below + (layer and layer.bytes or 0)
  end
  return ("%s (virtual %s)"):format(text.size(own), text.size(own + below))
end

local function row(store, one, no_trunc, has_size)
  local config = one.config
  return {
    ID = no_trunc and one.id or one.id:sub(1, 12),
    Image = image_text(store, one, no_trunc),
    Command = command_text(one, no_trunc),
    CreatedAt = when.at(one.created),
    RunningFor = when.since(one.created),
    State = one.status,
    Status = status_text(one),
    Ports = one.status == "running" and table.concat(sorted_keys(config.ExposedPorts), ", ") or "",
    Names = one.name,
    Labels = table.concat(sorted_keys(config.Labels, "="), ","),
    Mounts = table.concat(mount_names(store, one), ","),
    Networks = config.host.network or "default",
    Size = has_size and size_text(store, one) or "0B",
  }
end

--- Sizes cost a walk through the files: only where they are shown.
local function wants_size(options)
  return options.size or (options.format or ""):find(".Size", 1, true) ~= nil
end

local columns = {
  { "CONTAINER ID", "ID" }, { "IMAGE", "Image" }, { "COMMAND", "Command" },
  { "CREATED", "RunningFor" }, { "STATUS", "Status" }, { "PORTS", "Ports" }, { "NAMES", "Names" },
}

local with_size = table.move(columns, 1, #columns, 1, {})
with_size[#with_size + 1] = { "SIZE", "Size" }

local function run(context)
  local options, list = context.options, {}
  for i, one in ipairs(chosen(context)) do
    list[i] = row(context.store, one, options.no_trunc, wants_size(options))
  end
  listing.print(context, {
    columns = options.size and with_size or columns,
    titles = { CreatedAt = "CREATED AT", State = "STATE", Labels = "LABELS", Mounts = "MOUNTS",
      Networks = "NETWORKS", Size = "SIZE" },
    quiet = "ID",
    rows = list,
  })
end

return {
  name = "ps",
  summary = "List containers",
  usage = "ps [OPTIONS]",
  help = [[
The newest comes first; without --all only those that run. Filters: ancestor=IMAGE,
before=CONTAINER, exited=STATUS, id=ID, label=KEY[=VALUE], name=TEXT, since=CONTAINER,
status=created|exited|running, volume=NAME|PATH.]],
  example = "lamina ps --all --filter status=exited --format '{{.Names}}: {{.Status}}'",
  options = {
    { long = "all", short = "a", help = "also those that don't run" },
    listing.options.filter, listing.options.format,
    { long = "last", short = "n", value = "COUNT", integer = true,
      help = "the newest so many, in any state" },
    { long = "latest", short = "l", help = "the newest one, in any state" },
    listing.options.no_trunc, listing.options.quiet,
    { long = "size", short = "s", help = "show how much each has written" },
  },
  needs = "store",
  run = run,
}
