--- Unpacks the hostile archives, in a process of its own that is at home as lamina is:
--
--   lua5.4 tests/support/unpack.lua FOLDER
--
-- FOLDER has N.tar for the Nth case; each is unpacked into FOLDER/N. Answers JSON: how many ids
-- there are and for each case its tree or its failure.
local json = require "lamina.core.json"
local layer = require "lamina.core.layer"
local fs = require "lamina.core.fs"
local namespace = require "lamina.core.namespace"
local hostile = require "support.hostile"
local tree = require "support.tree"

local folder = arg[1]
local home = assert(namespace.enter())
local results = { ids = home.ids, cases = json.array {} }

local function unpack(number, case)
  local target = ("%s/%d"):format(folder, number)
  assert(fs.mkdir(target, 493)) -- 0755
  local info, err = layer.apply(target .. ".tar", target, { userxattr = home.userxattr,
    ids = home.ids, limits = case.limits })
  if not info then return { message = err.message, errno = err.errno } end
  if case.has then return { tree = "", has = fs.stat(target .. "/" .. case.has) ~= nil } end
  return { tree = tree.describe(target) }
end

for number, case in ipairs(hostile) do
  results.cases[number] = unpack(number, case)
  assert(fs.remove(("%s/%d"):format(folder, number)))
end
io.write(json.encode(results))
