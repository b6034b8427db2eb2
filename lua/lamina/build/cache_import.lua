--- What other builders have made, from wherever they have put it (--cache-from).
--
--   local known = cache_import.open(store, { { type = "registry", ref = "host/cache:app" } },
--     options)
--   known:find(key)                     -- a record, whose layer is there or promised then
--
-- What can't be read is told of, and missed: a build doesn't need it.
local cache_place = require "lamina.build.cache_place"
local failure = require "lamina.util.failure"

local cache_import = {}

local Known = {}
Known.__index = Known

local function note(self, message)
  self.options.bus:emit("step.note", { id = "cache", label = "cache", message = message })
end

--- Calls fn(...), whose failures are told of; answers whether there was none, and what it answers.
local function attempt(self, prefix, fn, ...)
  local ok, result = pcall(fn, ...)
  if ok then return true, result end
  if not failure.is(result) or result.kind == "interrupted" then error(result, 0) end
  note(self, prefix .. result.message)
  return false
end

--- Reads all of them. options: those of the build, complete.
function cache_import.open(store, sources, options)
  local self = setmetatable({ store = store, options = options, list = {} }, Known)
  for _, source in ipairs(sources) do
    local ok, found = attempt(self, "not used: ", cache_place.of(source).open, store, source,
      options)
    if ok then self.list[#self.list + 1] = found end
  end
  return self
end

--- Promises a record's layer unless it is there.
local function promise(self, known, record)
  if self.store.layers:keep(record.diff_id) then return end
  self.options.keeper:need { record.diff_id }
  self.options.promised:add({ record.diff_id }, function()
    self.options.keeper:settle() -- it takes its time
    known.fetch(known.layers[record.diff_id], record.diff_id)
  end, true)
end

--- The record of a key, nil where nobody has it.
function Known:find(key)
  for _, known in ipairs(self.list) do
    local record = known.records[key]
    if record then
      promise(self, known, record)
      return { kind = record.kind, diff_id = record.diff_id, layers = { record.diff_id },
        created = record.created, label = record.label, content = record.keys[2] }
    end
  end
end

return cache_import
