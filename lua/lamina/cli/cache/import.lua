--- lamina cache import
local cachefile = require "lamina.archive.cachefile"
local failure = require "lamina.util.failure"

return function(context, words)
  if #words ~= 1 then
    failure.raise("usage", "cache import: one file expected", { hint = "- is standard input" })
  end
  local done = cachefile.load(context.store, words[1])
  context.out:line("%d records, %d mounts", done.records, done.mounts)
end
