--- Layers that a build knows of and the store hasn't yet: those of base images and of other
-- builders' caches. They come when something is made on them, reads them or is made of them, so
-- that a build whose results are known downloads nothing else.
--
--   local promised <close> = promised.new()
--   promised:add({ diff_id, … }, fetch, is_cache)   -- fetch() gets all of them into the store
--   promised:need { diff_id, … }                    -- they are there; called in a task
--   promised:when_there(diff_id, fn)                -- what is to be remembered of it
--
-- What a cache had promised and doesn't give fails with a failure whose `is_broken_promise` is
-- true: the build goes on without that cache.
local failure = require "lamina.util.failure"
local sched = require "lamina.util.sched"

local promised = {}

local Promised = {}
Promised.__index = Promised

function promised.new()
  return setmetatable({ by_layer = {}, tasks = {} }, Promised)
end

--- A layer that was promised before is known to come from there.
function Promised:add(diff_ids, fetch, is_cache)
  local promise = { diff_ids = diff_ids, fetch = fetch, is_cache = is_cache or false, waiting = {} }
  for _, diff_id in ipairs(diff_ids) do
    self.by_layer[diff_id] = self.by_layer[diff_id] or promise
  end
end

--- Calls fn once a layer is there: now, unless it is promised.
function Promised:when_there(diff_id, fn)
  local promise = self.by_layer[diff_id]
  if not promise then return fn() end
  table.insert(promise.waiting, fn)
end

local function forget(self, promise)
  for _, diff_id in ipairs(promise.diff_ids) do
    if self.by_layer[diff_id] == promise then self.by_layer[diff_id] = nil end
  end
end

--- Forgets what caches have promised.
function Promised:drop_caches()
  for _, promise in pairs(self.by_layer) do
    if promise.is_cache then forget(self, promise) end
  end
end

local function keep_promise(self, promise)
  local ok, err = pcall(promise.fetch)
  if ok then
    forget(self, promise)
    for _, fn in ipairs(promise.waiting) do fn() end
    return
  end
  if failure.is(err) and promise.is_cache and err.kind ~= "interrupted" then
    err.is_broken_promise = true
  end
  error(err, 0)
end

--- The tasks that fetch these layers, each once; whoever comes first starts them.
local function fetching(self, diff_ids)
  local list, seen = {}, {}
  for _, diff_id in ipairs(diff_ids) do
    local promise = self.by_layer[diff_id]
    if promise and not seen[promise] then
      seen[promise] = true
      if not promise.task then
        promise.task = sched.spawn(keep_promise, self, promise)
        self.tasks[#self.tasks + 1] = promise.task
      end
      list[#list + 1] = promise.task
    end
  end
  return list
end

--- Waits until these layers are there; they come at the same time.
function Promised:need(diff_ids)
  local failed, first = false, nil
  for _, task in ipairs(fetching(self, diff_ids)) do
    local ok, err = pcall(task.wait, task)
    if not ok and not failed then failed, first = true, err end
  end
  if failed then error(first, 0) end
end

function Promised:close()
  for _, task in ipairs(self.tasks) do task:cancel() end
end

Promised.__close = Promised.close

return promised
