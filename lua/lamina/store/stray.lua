--- Folders in containers/ that no row has. With a record beside the files they are containers that
-- the database lost; without one, what a killed process left of one that it made or removed.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"

local stray = {}

--- All of them: { { name =, has_record = }, … }.
function stray.list(store)
  local list, dir = {}, store.containers.dir
  for _, name in ipairs(failure.check(fs.list(dir))) do
    if not failure.check(store.db:row("select 1 from containers where id = ?", name)) then
      list[#list + 1] = { name = name,
        has_record = fs.stat(dir .. "/" .. name .. "/record.json") ~= nil }
    end
  end
  return list
end

local function is_record(record)
  return type(record) == "table" and type(record.name) == "string"
    and type(record.layers) == "string" and type(record.config) == "string"
    and json.decode(record.config) ~= nil and math.type(record.base_layers) == "integer"
end

--- Makes the row of one again from its record, or from what is left of an older row; answers
-- whether it tells enough.
function stray.restore(store, id, row)
  local dir = store.containers.dir .. "/" .. id
  local record = row or json.decode(fs.read(dir .. "/record.json") or "")
  local stat = fs.stat(dir .. "/upper", { follow = false })
  if not is_record(record) or not stat then return false end
  local taken = failure.check(store.db:row("select 1 from containers where name = ?", record.name))
  local done = store.db:run([[insert into containers
    (id, name, image, created, status, config, layers, base_layers)
    values (?, ?, ?, ?, 'exited', ?, ?, ?)]], id, taken and id:sub(1, 12) or record.name,
    record.image, record.created or stat.ctime, record.config, record.layers, record.base_layers)
  if done then store.containers:keep_record(id) end
  return done ~= nil
end

--- Takes away those without a record. The caller holds the collector's lock alone: nobody is making
-- or removing a container.
function stray.bury(store)
  for _, one in ipairs(stray.list(store)) do
    if not one.has_record then store:bury(store.containers.dir .. "/" .. one.name) end
  end
end

--- The same where somebody may be: only when the lock is free, and there is something to see.
function stray.sweep(store)
  local count = failure.check(store.db:row "select count(*) as n from containers").n
  if #failure.check(fs.list(store.containers.dir)) <= count then return end
  local alone <close> = fs.lock(store.root .. "/gc.lock", "exclusive", { wait = false })
  if alone then stray.bury(store) end
end

return stray
