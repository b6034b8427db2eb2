--- lamina cache rm
local entries = require "lamina.cli.cache.entries"
local failure = require "lamina.util.failure"
local gc = require "lamina.store.gc"
local mount = require "lamina.store.mount"

local function choose(context, words)
  local options = context.options
  local list = entries.list(context.store, options.filter)
  if #words > 0 then return entries.chosen(list, words) end
  if options.all or #options.filter > 0 then return list end
  failure.raise("usage", "cache rm: an id, --all or --filter expected",
    { hint = "`lamina cache ls` lists the ids" })
end

return function(context, words)
  local store, status = context.store, 0
  for _, one in ipairs(choose(context, words)) do
    if one.keys then
      store.cache:forget(one.keys)
      context.out:line("%s", one.id:sub(1, 12))
    elseif mount.remove(store, one) then
      context.out:line("%s", one.id:sub(1, 12))
    else
      io.stderr:write(("lamina: cache rm: mount %s is in use\n"):format(one.id:sub(1, 12)))
      status = 1
    end
  end
  store.cache:forget(store.cache:idle_hints {})
  gc.sweep(store)
  return status
end
