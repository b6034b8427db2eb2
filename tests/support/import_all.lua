--- Imports the acceptable archives of the corpus into a store, in one process:
--
--   lua5.4 tests/support/import_all.lua FOLDER STORE
--
-- Answers JSON as unpack.lua does: the tree of each image's layer.
require "luv" -- before strict: it looks for a global of its own
require "lamina.util.strict"
local home = require "lamina.store.home"
local hostile = require "support.hostile"
local import = require "lamina.commit.import"
local json = require "lamina.core.json"
local sched = require "lamina.util.sched"
local tree = require "support.tree"

local folder, root = arg[1], arg[2]
local store <close> = home.enter(root)
store.sync = function() end -- once for each would be most of the time
local results = { ids = store.ids, cases = json.array {} }

local function import_one(number)
  local ok, id = pcall(import.run, store,
    { source = ("%s/%d.tar"):format(folder, number), label = "a case" })
  if not ok then return { message = tostring(id) } end
  local config = assert(json.decode(store.blobs:get(id)))
  return { tree = tree.describe(store.layers:path(config.rootfs.diff_ids[1])) }
end

sched.run(function()
  for number, case in ipairs(hostile) do
    results.cases[number] = case.tree and import_one(number) or {}
  end
end)
io.write(json.encode(results))
