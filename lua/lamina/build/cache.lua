--- Finds what a step has made before, and remembers what it makes.
--
-- A step that reads a stage is known by two keys: a quick one from the digest of the stage's file
-- system, and one from the content that it selects. The second is looked for only when the first
-- misses, since it means reading files; a hit by it is remembered under the first.
local descriptor = require "lamina.image.descriptor"
local key = require "lamina.build.key"
local label = require "lamina.build.label"
local previous = require "lamina.build.previous"
local stack = require "lamina.build.stack"

local cache = {}

local Lookup = {}
Lookup.__index = Lookup

--- What a vertex reads, known by file system (stages) or by what it selects (contexts always).
local function quick_reads(vertex, work)
  local reads, is_exact = {}, true
  for i, use in ipairs(vertex.uses) do
    if use.source.is_remote then
      reads[i] = { remote = use.source:identity(), select = use.select }
      is_exact = is_exact and use.source.is_exact == true
    elseif not use.source.is_context then
      reads[i] = { chain = stack.chain(use.source.layers) }
      is_exact = is_exact and use.select.layers == true -- then nothing but the layers counts
      reads[i].select = use.select
    else
      reads[i] = work:content(use)
    end
  end
  return reads, is_exact
end

local function content_reads(vertex, work)
  local reads = {}
  for i, use in ipairs(vertex.uses) do reads[i] = work:content(use) end
  return reads
end

--- The usable record under a key: its layer must be there, and stays from before we look.
local function find_here(self, digest)
  local record = self.store.cache:hit(digest)
  if not record or not record.diff_id then return nil end
  self.keeper:need { record.diff_id }
  return self.store.layers:has(record.diff_id) and record or nil
end

--- The same, or else what other builders have made of it (build/cache_import.lua).
local function find(self, digest)
  local record = find_here(self, digest)
  if record or not self.imported then return record end
  record = self.imported:find(digest)
  if record then self:keep(digest, record) end
  return record
end

--- Remembers a record under a key, once its layer is there.
function Lookup:keep(digest, record)
  self.promised:when_there(record.diff_id, function() self.store.cache:put(digest, record) end)
end

--- Looks a vertex up. `lookup.record` is what was found, or nil; `lookup.key` names the vertex
-- among those of one build.
function cache.look(store, vertex, work)
  local reads, is_exact = quick_reads(vertex, work)
  local quick = key.record(vertex, reads, work.options.epoch)
  local self = setmetatable({ store = store, records = { quick }, keeper = work.options.keeper,
    promised = work.options.promised,
    imported = not work.options.dry_run and work.options.imported or nil },
    Lookup)
  self.key = key.of(quick)
  self.keys, self.forgets, self.epoch = { self.key }, work.options.forgets, work.options.epoch
  if work.ignores_cache or vertex.is_uncached or vertex.is_refreshed then return self end
  self.record = find(self, self.key)
  if self.record then
    self:recall_content()
  elseif not is_exact then
    self:look_by_content(vertex, work)
  end
  return self
end

function Lookup:look_by_content(vertex, work)
  self.records[2] = key.record(vertex, content_reads(vertex, work), work.options.epoch)
  self.keys[2] = key.of(self.records[2])
  self.record = find(self, self.keys[2])
  if not self.record then return end
  self.record.content = self.keys[2]
  self:keep(self.key, self.record)
end

--- The second key of what was found by the first: whoever is given the result finds it by either.
function Lookup:recall_content()
  local content = self.record.content
  if descriptor.is_digest(content) then self.keys[2] = content end
end

--- Remembers a result under every key that was looked for.
function Lookup:remember(vertex, output)
  if self.forgets then return end
  for i, digest in ipairs(self.keys) do
    self.store.cache:put(digest, { kind = vertex.kind, diff_id = output.diff_id,
      layers = { output.diff_id }, created = output.created, log = output.log,
      label = label.of(vertex.step), inputs = self.records[i], content = self.keys[2] })
  end
  previous.remember(vertex, self.store, self.epoch, output.diff_id)
end

return cache
