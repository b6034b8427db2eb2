--- What steps have made: a record for each key, kept whole, so that a miss can be explained.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"

local cache = {}

local Cache = {}
Cache.__index = Cache

function cache.new(store)
  return setmetatable({ store = store, db = store.db }, Cache)
end

--- The record of a key, or nil.
function Cache:get(key)
  local row = failure.check(self.db:row("select record from cache where key = ?", key))
  return row and failure.check(json.decode(row.record)) or nil
end

function Cache:put(key, record)
  local now = os.time()
  failure.check(self.db:run("insert or replace into cache values (?, ?, ?, ?, ?)", key,
    record.diff_id, json.encode(record), record.created or now, now))
end

function Cache:list()
  local list = failure.check(self.db:rows "select * from cache order by created desc, key")
  for _, row in ipairs(list) do row.record = failure.check(json.decode(row.record)) end
  return list
end

return cache
