local cp = require "lamina.commit.cp"
local failure = require "lamina.util.failure"
local place = require "lamina.commit.place"

--- Both ends; exactly one of them is in a container.
local function ends(arguments)
  local from, to = cp.parse(arguments[1]), cp.parse(arguments[2])
  if (from.container == nil) == (to.container == nil) then
    failure.raise("usage", "one of SOURCE and TARGET is in a container: CONTAINER:PATH")
  end
  return from, to
end

local function open_host(context)
  local from, to = ends(context.arguments)
  local host = from.container and to or from
  if not host.is_stream then context.host = place.host(host.path) end
end

local function from_container(store, from, target, options)
  local record = store.containers:get(from.container)
  local source <close> = place.open(store, record, from.path, false)
  if not target then return cp.write_tar(store, source, 1, options) end
  local left_out = cp.copy(store, source, target, { archive = options.archive,
    follow_link = options.follow_link, powerless = true })
  if left_out > 0 then
    io.stderr:write(("lamina: cp: %d device nodes were left out\n"):format(left_out))
  end
end

local function to_container(store, to, source, options)
  local record = store.containers:get(to.container)
  local target <close> = place.open(store, record, to.path, true)
  if not source then return cp.read_tar(store, 0, target) end
  cp.copy(store, source, target, { archive = options.archive,
    follow_link = options.follow_link, foreign = true })
end

return {
  name = "cp",
  summary = "Copy files between a container and the host",
  usage = "cp [OPTIONS] CONTAINER:SOURCE TARGET|-\n"
    .. "       lamina cp [OPTIONS] SOURCE|- CONTAINER:TARGET",
  help = [[
Works whether the container runs or not. A directory that is there already is copied into; a
SOURCE that ends in "/." copies what is in it. "-" is a tar, written or read. Links in SOURCE
never lead out of where it is. What comes out of a container has no power over the host: device
nodes are left out, files lose set-id bits and capabilities ("-" keeps them, in the tar).]],
  example = "lamina cp git:/etc/os-release .",
  arguments = { { name = "SOURCE", kind = "file" }, { name = "TARGET", kind = "file" } },
  options = {
    { long = "archive", short = "a", help = "keep the owners" },
    { long = "follow-link", short = "L", help = "copy what SOURCE points at, if it is a link" },
  },
  needs = "join",
  container = function(context)
    local from, to = ends(context.arguments)
    return from.container or to.container
  end,
  before = open_host,
  run = function(context)
    local from, to = ends(context.arguments)
    local host <close> = context.host
    if from.container then return from_container(context.store, from, host, context.options) end
    to_container(context.store, to, host, context.options)
  end,
}
