--- lamina cache ls
local entries = require "lamina.cli.cache.entries"
local failure = require "lamina.util.failure"
local listing = require "lamina.cli.listing"
local mount = require "lamina.store.mount"
local text = require "lamina.util.text"
local when = require "lamina.cli.when"

local longest = 50

local function row(one, no_trunc)
  local label = one.label or "?"
  return {
    ID = no_trunc and one.id or one.id:sub(1, 12), Type = one.kind,
    Kind = one.record and one.record.kind or "mount",
    Description = no_trunc and label or text.shorten(label, longest),
    Size = text.size(one.bytes or mount.bytes(one)),
    CreatedSince = when.since(one.created), CreatedAt = when.at(one.created),
    LastUsedSince = when.since(one.used), LastUsedAt = when.at(one.used),
    Uses = one.uses and tostring(one.uses) or "",
  }
end

return function(context, words)
  if #words > 0 then
    failure.raise("usage", ("cache ls: unexpected argument '%s'"):format(words[1]))
  end
  local rows = {}
  for i, one in ipairs(entries.list(context.store, context.options.filter)) do
    rows[i] = row(one, context.options.no_trunc)
  end
  listing.print(context, {
    columns = { { "ID", "ID" }, { "TYPE", "Type" }, { "DESCRIPTION", "Description" },
      { "SIZE", "Size" }, { "CREATED", "CreatedSince" }, { "LAST USED", "LastUsedSince" },
      { "USES", "Uses" } },
    titles = { Kind = "KIND", CreatedAt = "CREATED AT", LastUsedAt = "LAST USED AT" },
    quiet = "ID", rows = rows,
  })
end
