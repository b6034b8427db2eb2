local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local platform = require "lamina.image.platform"
local reference = require "lamina.image.reference"
local template = require "lamina.ui.template"
local each = require "lamina.cli.each"

local finders = {}

function finders.container(context, word)
  local record = context.store.containers:get(word)
  local found = require("lamina.cli.inspect.container")(context.store, record)
  if context.options.size then
    found.SizeRw = require("lamina.store.usage").tree(record.dir .. "/upper")
  end
  return found
end

function finders.image(context, word)
  local wanted = context.options.platform and platform.parse(context.options.platform)
  local image = context.store.images:resolve(word, wanted)
  if wanted then image.index = nil end
  return require("lamina.cli.inspect.image")(context.store, image)
end

--- What a mistyped word may have meant: the name of a container or an image.
local function suggestion(store, word)
  local names = {}
  for _, one in ipairs(store.containers:list { all = true }) do names[#names + 1] = one.name end
  for _, image in ipairs(store.images:list()) do
    for _, name in ipairs(image.names) do
      names[#names + 1] = reference.familiar(reference.parse(name))
      names[#names + 1] = reference.repository(reference.parse(name))
    end
  end
  local near = check.suggest(word, names)
  return near and ("did you mean '%s'?"):format(near)
    or "`lamina ps -a` and `lamina images` list what there is"
end

function finders.remote(context, word)
  local wanted = context.options.platform
  local ok, found = pcall(require "lamina.cli.inspect.remote", word,
    wanted and platform.parse(wanted))
  if ok then return found end
  error(failure.wrap(found, "inspect " .. word), 0)
end

--- A container, else an image, unless --type says which.
local function find(context, word)
  if context.options.remote then return finders.remote(context, word) end
  local kind = context.options.type
  if kind then return finders[kind](context, word) end
  for _, name in ipairs { "container", "image" } do
    local ok, found = pcall(finders[name], context, word)
    if ok then return found end
    if not failure.is(found, "not-found") then error(found, 0) end
  end
  failure.raise("not-found", ("no container or image '%s'"):format(word),
    { hint = suggestion(context.store, word) })
end

local function run(context)
  local format, list = context.options.format, json.array {}
  local parts = format and format ~= "json" and template.parse(format)
  local status = each(context, context.arguments, function(word)
    local found = find(context, word)
    if parts then return context.out:write(template.render(parts, found), "\n") end
    list[#list + 1] = found
  end)
  if format == "json" then
    context.out:json_line(list)
  elseif not format then
    context.out:json(list)
  end
  return status
end

return {
  name = "inspect",
  summary = "Show all about images and containers",
  usage = "inspect [OPTIONS] NAME|ID...",
  help = [[
Prints a JSON array in Docker's shape. A name that a container and an image have is the container's,
unless --type says image. Of an index, the id and Manifests are its own, the rest is this machine's
image.]],
  example = "lamina inspect --format '{{json .Config.Cmd}}' debian:bookworm",
  arguments = { { name = "NAME|ID", kind = "any", many = true } },
  options = {
    { long = "format", short = "f", value = "TEMPLATE",
      help = "print each by a template: '{{.Id}}', '{{json .Config}}', 'json'" },
    { long = "platform", value = "OS/ARCH[/VARIANT]",
      help = "which image of an index, instead of this machine's" },
    { long = "remote", help = "look into the registry, not into the store" },
    { long = "size", short = "s", help = "with the bytes that a container has written (SizeRw)" },
    { long = "type", value = "KIND", choices = { "container", "image" },
      help = "look only among these" },
  },
  needs = "store",
  run = run,
}
