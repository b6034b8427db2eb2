--- The store where there is one already, for commands that need none but learn from it.
local base = require "lamina.build.base"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local existing = {}

--- The store, opened; nil where none is or it can't be entered.
function existing.store(context)
  local home = require "lamina.store.home"
  local root = context.options.root or home.default_root()
  if not fs.stat(root .. "/lamina.db") then return nil end
  local ok, store = pcall(home.enter, root)
  if not ok and not failure.is(store) then error(store, 0) end
  return ok and store or nil
end

--- What images set, as recipe.evaluate asks: images:of(ref). The store is opened when it first
-- does.
function existing.images(context)
  local self = {}
  function self.of(_, ref)
    self.store = self.store or existing.store(context)
    return self.store and base.lookup(self.store)(ref)
  end
  return setmetatable(self, { __close = function()
    if self.store then self.store:close() end
  end })
end

return existing
