--- Keeps the collector off the layers that a build stands on.
--
-- A build that finds everything in the cache is over in milliseconds: it holds the collector's
-- lock, which costs nothing. One that has work to do leases its layers instead, so that nobody
-- waits for it.
local keeper = {}

local Keeper = {}
Keeper.__index = Keeper

function keeper.new(store)
  return setmetatable({ store = store, held = store:hold(), waiting = {} }, Keeper)
end

--- These layers are needed until the build ends.
function Keeper:need(diff_ids)
  for _, diff_id in ipairs(diff_ids) do
    if self.held then
      self.waiting[#self.waiting + 1] = diff_id
    else
      local _held <close> = self.store:hold() -- a collector at work hasn't seen the lease
      self.store:lease("layer", diff_id)
    end
  end
end

local function lease_all(self)
  for _, diff_id in ipairs(self.waiting) do self.store:lease("layer", diff_id) end
  return true
end

--- From here on the build takes its time.
function Keeper:settle()
  if not self.held then return end
  self.store:transaction(lease_all, self)
  self.held:release()
  self.held, self.waiting = nil, {}
end

function Keeper:close()
  if self.held then self.held:release() end
  self.held = nil
end

Keeper.__close = Keeper.close

return keeper
