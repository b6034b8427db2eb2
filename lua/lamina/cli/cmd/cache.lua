local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local listing = require "lamina.cli.listing"

local actions = { "ls", "rm", "export", "import" }

local function usage(message, hint)
  failure.raise("usage", "cache: " .. message, { hint = hint })
end

--- The action, which is loaded only then: ls and rm need no archives.
local function action_of(word)
  for _, name in ipairs(actions) do
    if name == word then return require("lamina.cli.cache." .. name) end
  end
  local near = check.suggest(word, actions)
  usage(("unknown action '%s'"):format(word), near and ("did you mean '%s'?"):format(near)
    or "it is one of " .. table.concat(actions, ", "))
end

local function run(context)
  local act = action_of(table.remove(context.arguments, 1))
  return act(context, context.arguments)
end

return {
  name = "cache",
  summary = "Look after the build cache and cache mounts",
  usage = "cache ACTION [OPTIONS] [ID|FILE...]",
  help = [[
The action is ls, rm, export or import. ls lists what steps have made and the cache mounts, the
last used first. An id is the beginning of a layer's digest, or of a mount's own; USES counts the
hours in which a record was used. rm removes them by id, or with --all or --filter; what a running
step uses stays. export writes them as one tar (-o FILE, or standard output), with the layers;
import reads such a tar, verifies the layers and keeps the mounts that aren't there yet: another
machine starts warm. Filters: type=record|mount, until=24h or a time
(not used since).]],
  example = "lamina cache export -o cache.tar",
  arguments = { { name = "ACTION", choices = actions },
    { name = "ID|FILE", kind = "file", optional = true, many = true } },
  options = {
    { long = "all", short = "a", help = "rm: all of them" },
    listing.options.filter, listing.options.format, listing.options.no_trunc,
    { long = "output", short = "o", value = "FILE", help = "export: write it there" },
    listing.options.quiet,
  },
  needs = "store",
  run = run,
}
