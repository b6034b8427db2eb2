--- Why a step would run: what differs from the nearest thing that was made before.
--
--   local answer = explain.run(store, options)      -- options as for build.run
--   -> { step = { id =, label =, file =, line = }, reasons = { "variable A was \"1\", is \"2\"" } }
--   -> nil when nothing would run
--
-- The record of every result holds all that its key was made of (key.lua), so two records can be
-- compared. What a copy would give now is made for the comparison, and thrown away.
local cache = require "lamina.build.cache"
local compare = require "lamina.build.compare"
local deliver = require "lamina.build.deliver"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local label = require "lamina.build.label"
local stack = require "lamina.build.stack"
local work = require "lamina.build.work"

local explain = {}

local most_files = 10

local function text(value)
  return value ~= nil and json.encode(value) or "nothing"
end

local function same(a, b)
  return text(a) == text(b)
end

local most_compared = 4096 -- bytes

--- How many bytes two texts have in common from one end.
local function common(a, b)
  local count, most = 0, math.min(#a, #b, most_compared)
  while count < most and a:byte(count + 1) == b:byte(count + 1) do count = count + 1 end
  return count
end

--- How much of two texts is the same at their beginnings and ends: 0 to 1.
local function likeness(a, b)
  local first, last = common(a, b), common(a:reverse(), b:reverse())
  return math.min(1, (first + last) / math.max(#a, #b, 1))
end

-- The parameters that count most, since they make a step what it is.
local telling = { args = true, destination = true }

--- How near a record of the past comes.
local function nearness(old, new)
  local score = same(old.parent, new.parent) and 3 or 0
  for name, value in pairs(new.params) do
    local weight = telling[name] and 4 or 1
    if same(old.params[name], value) then
      score = score + weight
    elseif telling[name] then
      score = score + likeness(text(old.params[name]), text(value))
    end
  end
  return score
end

--- The record that is nearest to this one, the newest of equals; nil when none is near.
local function nearest(store, record)
  local best, best_score = nil, 3
  for _, row in ipairs(store.cache:list()) do
    local old = row.record.inputs
    if row.record.kind == record.kind and old and store.layers:has(row.record.diff_id) then
      local score = nearness(old, record)
      if score > best_score then best, best_score = row.record, score end
    end
  end
  return best
end

local function variables(list)
  local map = {}
  for _, entry in ipairs(list or {}) do
    local name, value = entry:match("^([^=]*)=(.*)$")
    if name then map[name] = value end
  end
  return map
end

local function sorted_union(a, b)
  local seen, names = {}, {}
  for _, map in ipairs { a, b } do
    for name in pairs(map) do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  return names
end

local Reasons = {}
Reasons.__index = Reasons

function Reasons:add(format, ...)
  self[#self + 1] = format:format(...)
end

function Reasons:change(what, old, new)
  if same(old, new) then return end
  if old == nil then
    self:add("%s is new: %s", what, text(new))
  elseif new == nil then
    self:add("%s is gone: it was %s", what, text(old))
  else
    self:add("%s was %s, is %s", what, text(old), text(new))
  end
end

local names = { args = "the command", cwd = "the working directory", chown = "the owner",
  chmod = "the mode", exclude = "what is left out" }

local function compare_params(reasons, old, new)
  for _, name in ipairs(sorted_union(old, new)) do
    if name == "env" then
      local before, now = variables(old.env), variables(new.env)
      for _, variable in ipairs(sorted_union(before, now)) do
        reasons:change("variable " .. variable, before[variable], now[variable])
      end
    else
      reasons:change(names[name] or name, old[name], new[name])
    end
  end
end

--- What a vertex stands on differs: the step below it, or the base image.
local function compare_parent(reasons, old, new, vertex)
  if old.parent == new.parent then return end
  local below = vertex.at.layers and vertex.at.layers.layer
  if type(below) == "table" then
    reasons:add("%s has another result than then", label.place(below.step))
  else
    reasons:add("the image that it begins with is another one than then")
  end
end

local attribute = { new = "is new", missing = "isn't there any more" }

local function tell_files(reasons, differences)
  for i, one in ipairs(differences) do
    if i > most_files then
      return reasons:add("and more files: the first %d are shown", most_files)
    end
    local what = attribute[one.what]
    if not what then
      what = one.a and ("%s was %s, is %s"):format(one.what, one.a, one.b)
        or one.what .. " has changed"
    end
    reasons:add("file /%s: %s", one.path, what)
  end
end

--- Makes a copy's result in a folder that is thrown away, and compares it with the old one.
local function compare_copies(reasons, self, vertex, record)
  local dir = self.store:temp("explain")
  local upper = dir .. "/upper"
  for _, path in ipairs { upper, dir .. "/work" } do failure.check(fs.mkdir(path)) end
  failure.check(fs.chmod(upper, 493)) -- 0755, as a step's
  local below = vertex.ignores_parent and {} or stack.diff_ids(vertex.at.layers)
  deliver.make(vertex, self.work, { path = dir, upper = upper, work = dir .. "/work" }, below)
  tell_files(reasons, compare.trees(self.store.layers:path(record.diff_id), upper,
    { limit = most_files + 1 }))
end

local function compare_reads(reasons, self, vertex, old, new, record)
  if same(old.reads, new.reads) then return end
  if vertex.kind == "copy" or vertex.kind == "add" then
    local before = #reasons
    compare_copies(reasons, self, vertex, record)
    if #reasons > before then return end
  end
  local source = vertex.uses[1] and vertex.uses[1].source or {}
  reasons:add("what it reads from %s has changed", source.is_remote and source.name
    or source.is_context and "the build context" or "a stage")
end

local function reasons_for(self, vertex, new)
  local reasons = setmetatable({}, Reasons)
  if vertex.is_uncached then
    reasons:add("the recipe says cache = false")
    return reasons
  end
  local record = nearest(self.store, new)
  if not record then
    reasons:add("nothing like it was made before")
    return reasons
  end
  local old = record.inputs
  reasons:change("lamina's version", old.lamina, new.lamina)
  reasons:change("the platform", old.platform, new.platform)
  reasons:change("the source date epoch", old.epoch, new.epoch)
  compare_params(reasons, old.params, new.params)
  compare_parent(reasons, old, new, vertex)
  compare_reads(reasons, self, vertex, old, new, record)
  if #reasons == 0 then reasons:add("it was made before, but its layer is gone") end
  return reasons
end

--- The first vertex that isn't in the cache, with its lookup. Those before it get their output.
local function first_missing(self, graph)
  for _, vertex in ipairs(graph.vertices) do
    local lookup = cache.look(self.store, vertex, self.work)
    if not lookup.record then return vertex, lookup end
    vertex.output = lookup.record
  end
end

--- Explains a resolved graph; see the head of this file.
function explain.graph(graph, store, options)
  local own <close> = work.new(graph, store, options)
  local self = { store = store, work = own }
  local vertex, lookup = first_missing(self, graph)
  if not vertex then return nil end
  local record = lookup.records[#lookup.records]
  local reasons = reasons_for(self, vertex, record)
  return { reasons = reasons, step = { id = vertex.id, label = label.of(vertex.step),
    file = vertex.step.file, line = vertex.step.line } }
end

return explain
