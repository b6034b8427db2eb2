--- -o type=registry: the image goes into the store and, under each of its names, into the registry
-- that the name says.
local compression = require "lamina.image.compression"
local failure = require "lamina.util.failure"
local push = require "lamina.registry.push"
local store = require "lamina.build.export.store"

local registry = { options = { name = "text", compression = "text",
  ["compression-level"] = "text" } }

function registry.check(to)
  to.compression, to.level = compression.read(to, function(why, hint)
    failure.raise("usage", "output type=registry: " .. why, { hint = hint })
  end)
end

function registry.write(what, to)
  local made = store.write(what, to)
  if #made.names == 0 then
    failure.raise("usage", "output type=registry: the image has no name, so it belongs nowhere",
      { hint = "-t localhost:5000/name:tag names it" })
  end
  for _, name in ipairs(made.names) do
    local sent = push.run(what.store, name, { bus = what.bus, level = to.level,
      compression = to.compression })
    made.digest, made.size = sent.digest, sent.size
  end
  return made
end

return registry
