--- What was built: a record of each build with what became of its steps and where their logs are.
--
-- Of a record: id, started, seconds, status ("done", "failed", "interrupted"), recipe, target,
-- image, message, steps = { { id=, label=, file=, line=, status=, seconds=, log= } }. An id begins
-- with a letter, so that it is never taken for the number of a step.
local config = require "lamina.config.config"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"

local builds = {}

local Builds = {}
Builds.__index = Builds

function builds.new(store)
  return setmetatable({ store = store, db = store.db }, Builds)
end

local function new_id()
  local source <close> = failure.check(fs.open("/dev/urandom", "r"))
  local bytes = failure.check(source:read(6))
  return "b" .. bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end):sub(2)
end

local function decode(row)
  return failure.check(json.decode(row.record))
end

--- Keeps a record and answers its id; the oldest ones go.
function Builds:add(record)
  record.id = record.id or new_id()
  local text = failure.check(json.encode(record))
  self.store:transaction(function()
    failure.check(self.db:run("insert or replace into builds values (?, ?, ?)", record.id,
      record.started, text))
    failure.check(self.db:run([[delete from builds where id in
      (select id from builds order by started desc, rowid desc limit -1 offset ?)]],
      config.get "limits.builds"))
    return true
  end)
  return record.id
end

--- Takes the records of ids away.
function Builds:forget(ids)
  self.store:delete("builds", "id", ids)
end

--- The last record, or nil.
function Builds:last()
  local row = failure.check(self.db:row
    "select record from builds order by started desc, rowid desc limit 1")
  return row and decode(row)
end

--- All records, the newest first.
function Builds:list()
  local list = {}
  for i, row in ipairs(failure.check(self.db:rows
    "select record from builds order by started desc, rowid desc")) do
    list[i] = decode(row)
  end
  return list
end

--- The record whose id begins like this; without a word the last one.
function Builds:get(word)
  local list = self:list()
  if not word then
    return list[1] or failure.raise("not-found", "nothing has been built in this store")
  end
  local found
  for _, record in ipairs(list) do
    if record.id:sub(1, #word) == word then
      if found then
        failure.raise("invalid-input", ("several builds begin with '%s'"):format(word))
      end
      found = record
    end
  end
  return found or failure.raise("not-found", ("no build '%s'"):format(word),
    { hint = "`lamina logs --list` shows the builds" })
end

return builds
