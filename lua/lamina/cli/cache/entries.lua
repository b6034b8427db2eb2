--- What `lamina cache` is about: results of steps and cache mounts, in one list.
local failure = require "lamina.util.failure"
local filter = require "lamina.cli.filter"
local mount = require "lamina.store.mount"

local entries = {}

--- All that the filters let pass, the last used first: { kind = "record" | "mount", id =, used =,
-- created =, bytes =, … }.
function entries.list(store, words)
  local filters, list = filter.parse("cache", words, { "type", "until" }), {}
  local kind = filters.type and filter.choice("cache", "type", filters.type[1],
    { "record", "mount" })
  local before = filter.time("cache", "until", filters["until"])
  for _, one in ipairs(kind ~= "mount" and store.cache:results() or {}) do
    one.kind, one.id, one.label = "record", one.diff_id:sub(8), one.record.label
    list[#list + 1] = one
  end
  for _, one in ipairs(kind ~= "record" and mount.list(store) or {}) do
    local text = one.name
    one.kind, one.label, one.mount_id = "mount", one.id, one.id
    one.id, one.uses = text, nil
    list[#list + 1] = one
  end
  local passed = {}
  for _, one in ipairs(list) do
    if not before or one.used < before then passed[#passed + 1] = one end
  end
  table.sort(passed, function(a, b)
    if a.used ~= b.used then return a.used > b.used end
    return a.id < b.id
  end)
  return passed
end

--- Those that words of the user name: by the beginning of an id, or the whole id of a mount.
function entries.chosen(list, words)
  local chosen = {}
  for _, word in ipairs(words) do
    local hex, before = word:gsub("^sha256:", ""), #chosen
    for _, one in ipairs(list) do
      if one.mount_id == word or (#hex >= 2 and one.id:sub(1, #hex) == hex) then
        chosen[#chosen + 1] = one
      end
    end
    if #chosen == before then
      failure.raise("not-found", ("no cache record or mount '%s'"):format(word),
        { hint = "`lamina cache ls` lists what there is" })
    end
  end
  return chosen
end

return entries
