--- lamina cache export
local cachefile = require "lamina.archive.cachefile"
local entries = require "lamina.cli.cache.entries"
local output = require "lamina.archive.output"
local tar = require "lamina.archive.tar"

return function(context, words)
  local store, options = context.store, context.options
  output.check(options.output, "cache export")
  local list = entries.list(store, options.filter)
  if #words > 0 then list = entries.chosen(list, words) end
  local records, mounts = {}, {}
  for _, one in ipairs(list) do
    local kind = one.kind == "record" and records or mounts
    kind[#kind + 1] = one
  end
  local plan <close> = cachefile.plan(store, records, mounts)
  output.to(options.output, "cache export", function(fd) plan:write(tar.new(fd)) end)
  if plan.busy > 0 then
    io.stderr:write(("lamina: cache export: %d mounts in use were left out\n"):format(plan.busy))
  end
end
