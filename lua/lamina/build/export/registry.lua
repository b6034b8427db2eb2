--- -o type=registry: the image goes into the store and, under each of its names, into the registry
-- that the name says.
local failure = require "lamina.util.failure"
local push = require "lamina.registry.push"
local store = require "lamina.build.export.store"

local registry = { options = { name = "text", compression = "text",
  ["compression-level"] = "text" } }

-- BuildKit's words for what push.run takes.
local compressions = { uncompressed = "none", none = "none", gzip = "gzip", zstd = "zstd" }

function registry.check(to)
  local kind, level = to.compression, to["compression-level"]
  if kind and not compressions[kind] then
    failure.raise("usage", ("output type=registry: unknown compression '%s'"):format(kind),
      { hint = "it is none, gzip or zstd" })
  end
  to.level = level and math.tointeger(tonumber(level:match("^%d+$")))
  local most = kind == "zstd" and 22 or 3
  if level and (not to.level or to.level < 1 or to.level > most) then
    failure.raise("usage", ("output type=registry: compression-level is 1 to %d, not '%s'"):format(
      most, level))
  end
end

function registry.write(what, to)
  local made = store.write(what, to)
  if #made.names == 0 then
    failure.raise("usage", "output type=registry: the image has no name, so it belongs nowhere",
      { hint = "-t localhost:5000/name:tag names it" })
  end
  for _, name in ipairs(made.names) do
    local sent = push.run(what.store, name, { bus = what.bus, level = to.level,
      compression = compressions[to.compression] })
    made.digest, made.size = sent.digest, sent.size
  end
  return made
end

return registry
