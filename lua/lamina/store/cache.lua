--- What steps have made: a record for each key, kept whole, so that a miss can be explained.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"

local cache = {}

local Cache = {}
Cache.__index = Cache

function cache.new(store)
  return setmetatable({ store = store, db = store.db, hits = {} }, Cache)
end

--- The record of a key, or nil.
function Cache:get(key)
  local row = failure.check(self.db:row("select record from cache where key = ?", key))
  return row and failure.check(json.decode(row.record)) or nil
end

-- How exact the time of the last use is: within an hour of it, a hit writes nothing.
local coarse = 3600

--- The same for a hit, which is noted when `flush` is called.
function Cache:hit(key)
  local row = failure.check(self.db:row("select record, used from cache where key = ?", key))
  if not row then return nil end
  if os.time() - row.used >= coarse then self.hits[#self.hits + 1] = key end
  return failure.check(json.decode(row.record))
end

--- Writes down which records were used, all at once.
function Cache:flush()
  local hits, now = self.hits, os.time()
  if #hits == 0 then return end
  self.hits = {}
  self.store:transaction(function()
    for _, key in ipairs(hits) do
      failure.check(self.db:run("update cache set used = ?, uses = uses + 1 where key = ?", now,
        key))
    end
    return true
  end)
end

function Cache:put(key, record)
  local now = os.time()
  failure.check(self.db:run([[insert into cache (key, diff_id, record, created, used)
    values (?, ?, ?, ?, ?) on conflict (key) do update set diff_id = excluded.diff_id,
    record = excluded.record, created = excluded.created, used = excluded.used]], key,
    record.diff_id, json.encode(record), record.created or now, now))
end

--- Takes the records of keys away.
function Cache:forget(keys)
  self.store:delete("cache", "key", keys)
end

--- Whether a key is of what copies keep for their next time (build/previous.lua): no result, but a
-- hint at one.
function cache.is_hint(key)
  return key:find("^previous:") ~= nil
end

--- The keys of hints at layers that no result has, apart from those of a set of keys: alone they
-- would keep what was forgotten.
function Cache:idle_hints(gone)
  local held, list = {}, {}
  local rows = failure.check(self.db:rows [[select key, diff_id from cache
    where diff_id is not null]])
  for _, row in ipairs(rows) do
    if not cache.is_hint(row.key) and not gone[row.key] then held[row.diff_id] = true end
  end
  for _, row in ipairs(rows) do
    if cache.is_hint(row.key) and not held[row.diff_id] then list[#list + 1] = row.key end
  end
  return list
end

--- The results, each once whatever the number of its keys: { diff_id, keys, record, created, used,
-- uses, bytes }, the last used first.
function Cache:results()
  local list, by_id = {}, {}
  for _, row in ipairs(failure.check(self.db:rows [[select cache.*, layers.bytes from cache
    join layers on layers.diff_id = cache.diff_id order by cache.used desc, cache.key]])) do
    if not cache.is_hint(row.key) then
      row.record = failure.check(json.decode(row.record))
      local name = row.diff_id .. " " .. tostring(row.record.kind)
      local one = by_id[name]
      if not one then
        one = { diff_id = row.diff_id, keys = {}, record = row.record, created = row.created,
          used = row.used, uses = 0, bytes = row.bytes }
        by_id[name], list[#list + 1] = one, one
      end
      one.keys[#one.keys + 1], one.uses = row.key, one.uses + row.uses
    end
  end
  return list
end

function Cache:list()
  local list = failure.check(self.db:rows "select * from cache order by created desc, key")
  for _, row in ipairs(list) do row.record = failure.check(json.decode(row.record)) end
  return list
end

return cache
