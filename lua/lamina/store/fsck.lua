--- Checks the whole store, and repairs what can be repaired from what is there.
--
--   local found = fsck.run(place, { deep = true, repair = true })      -- place: home.inside(root)
--   found.list      { kind =, level = "damage"|"notice", subject =, message =, repaired = }, …
--   found.checked   { blobs = n, layers = n, images = n, containers = n, logs = n }
--   found:is_clean()
--
-- Bytes without a row are waste, not damage: a kill leaves them, and the collector takes them.
local blobs = require "lamina.store.fsck.blobs"
local failure = require "lamina.util.failure"
local findings = require "lamina.store.fsck.findings"
local layers = require "lamina.store.fsck.layers"
local logs = require "lamina.store.fsck.logs"
local place_check = require "lamina.store.fsck.place"
local records = require "lamina.store.fsck.records"
local store = require "lamina.store.store"

local fsck = {}

local function with(options, more)
  local all = {}
  for key, value in pairs(options) do all[key] = value end
  for key, value in pairs(more) do all[key] = value end
  return all
end

--- What SQLite itself says of its file; nil when all is well.
local function database_problem(db)
  local row, err = db:row "pragma integrity_check(1)"
  if not row then return err and err.message or "it can't be checked" end
  return row.integrity_check ~= "ok" and row.integrity_check or nil
end

--- Opens the store; answers nil and why where its database is damaged.
local function open(place)
  local ok, opened = pcall(store.open, place)
  if not ok then
    if not failure.is(opened, "corrupt") and not (failure.is(opened)
      and opened.errno == "SQLITE_CORRUPT") then error(opened, 0) end
    return nil, opened.message
  end
  local problem = database_problem(opened.db)
  if not problem then return opened end
  opened:__close()
  return nil, problem
end

local function rebuild(place)
  require("lamina.store.fsck.rebuild").run(place.root, function(path)
    return store.open(with(place, { rebuilds = path }))
  end)
  return store.open(place)
end

--- The store, or nil when its database is damaged and isn't to be repaired.
local function open_or_rebuild(place, options, found)
  local opened, why = open(place)
  if opened then return opened end
  local problem = { kind = "corrupt-database", subject = place.root .. "/lamina.db", message = why,
    hint = "--repair makes it again from what is there" }
  found:damage(problem)
  if not options.repair then return nil end
  opened = rebuild(place)
  problem.repaired = true
  return opened
end

--- While this is held rows and files belong together. A store that can only be read is looked at
-- beside others.
local function alone(opened)
  return opened.readonly and opened:hold() or opened:alone()
end

--- What can be told at once, and repaired before anybody else comes. Answers what is to be read
-- yet: { blobs, layers, logs }.
local function check_records(found, opened, repairs)
  local _alone <close> = alone(opened)
  place_check.check(found, opened)
  local rest = { blobs = blobs.check(found, opened), layers = layers.check(found, opened) }
  records.check(found, opened)
  rest.logs = logs.check(found, opened)
  if repairs then found:repair() end
  return rest
end

--- Reads what may be large; meanwhile others are at work.
local function check_bytes(found, opened, rest, deep)
  blobs.hash(found, opened, rest.blobs, deep)
  if not deep then return end
  logs.hash(found, opened, rest.logs)
  layers.hash(found, opened, rest.layers)
end

--- Runs in a task. place: root, home; options: deep (everything is read again), repair.
function fsck.run(place, options)
  local found = findings.new()
  local opened <close> = open_or_rebuild(place, options, found)
  if not opened then return found end
  check_bytes(found, opened, check_records(found, opened, options.repair), options.deep)
  if options.repair then
    local _alone <close> = alone(opened)
    found:repair()
  end
  return found
end

return fsck
