--- Containers: a writable layer over an image, kept until it is removed.
--
-- The process that runs one holds a lock on containers/ID/lock. A container is running while
-- somebody holds it, whatever the row says: so a killed lamina leaves an exited container.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local names = require "lamina.store.names"
local running = require "lamina.store.running"

local container = {}

local Containers = {}
Containers.__index = Containers

function container.new(store)
  return setmetatable({ store = store, db = store.db, dir = store.root .. "/containers" },
    Containers)
end

local function random_bytes(n)
  local source <close> = failure.check(fs.open("/dev/urandom", "r"))
  return failure.check(source:read(n))
end

local function new_id()
  return (random_bytes(32):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- Whether the process that the row names holds the container's lock.
local function is_held(self, id)
  local held, err = fs.lock(self.dir .. "/" .. id .. "/lock", "shared", { wait = false })
  if held then held:release() end
  return held == nil and err.errno == "EAGAIN"
end

local function wrap(self, row)
  local status, code = row.status, row.exit_code
  if status == "running" and not is_held(self, row.id) then
    status, code = "exited", 137 -- its lamina was killed, and it with it
  end
  local layers = {}
  for hex in row.layers:gmatch("%x+") do layers[#layers + 1] = "sha256:" .. hex end
  return { number = row.number, id = row.id, name = row.name, image = row.image,
    created = row.created, status = status, exit_code = code, started = row.started,
    finished = row.finished,
    pid = row.pid and { pid = row.pid, start = row.pid_start, boot = row.pid_boot } or nil,
    config = failure.check(json.decode(row.config)), layers = layers,
    base_layers = row.base_layers, dir = self.dir .. "/" .. row.id }
end

local function hexes(layers)
  local list = {}
  for i, diff_id in ipairs(layers) do list[i] = diff_id:sub(8) end
  return table.concat(list, " ")
end

local function name_taken(self, name)
  local row = failure.check(self.db:row("select id from containers where name = ?", name))
  if not row then return end
  failure.raise("name-in-use", ("the name '%s' belongs to container %s"):format(name,
    row.id:sub(1, 12)), { hint = ("`lamina rm %s` removes it; or choose another"):format(name) })
end

local function check_name(name)
  if name:match("^[%w][%w_.-]+$") and #name <= 128 then return end
  failure.raise("usage", ("invalid container name '%s'"):format(name),
    { hint = "two or more letters and digits, and _ . - behind the first" })
end

local function free_name(self)
  for attempt = 1, 1000 do
    local name = names.generate(random_bytes(2), attempt // 10 + 1)
    if not failure.check(self.db:row("select id from containers where name = ?", name)) then
      return name
    end
  end
  return new_id():sub(1, 12)
end

local function insert(self, id, fields)
  local name = fields.name
  if name then name_taken(self, name) else name = free_name(self) end
  failure.check(self.db:run([[insert into containers
    (id, name, image, created, status, config, layers, base_layers)
    values (?, ?, ?, ?, 'created', ?, ?, ?)]], id, name, fields.image, os.time(),
    json.encode(fields.config or {}), hexes(fields.layers or {}), #(fields.layers or {})))
  return true
end

--- What a row says, once more beside the files: should the database be lost, they are still
-- somebody's work. A folder without this was never finished, or is being removed.
function Containers:keep_record(id)
  local row = failure.check(self.db:row([[select name, image, created, config, layers, base_layers
    from containers where id = ?]], id))
  return failure.check(fs.write(self.dir .. "/" .. id .. "/record.json", json.encode(row)))
end

--- Makes a container: { image =, name =, config =, layers = diff IDs bottom first }. `upper` and
-- `work` are in the answered container's `dir`. With `claims` it is claimed before anybody can see
-- it, and so can't be pruned before it runs; the lock is in the answer's `claim`.
function Containers:create(fields)
  if fields.name then
    check_name(fields.name)
    name_taken(self, fields.name) -- once more in the transaction, but here nothing is made yet
  end
  local id = new_id()
  local dir = self.store:temp("container")
  failure.check(fs.mkdir(dir .. "/upper", 493)) -- 0755: the root's own mode
  failure.check(fs.chmod(dir .. "/upper", 493))
  failure.check(fs.mkdir(dir .. "/work", 448)) -- 0700
  local claim = fields.claims and failure.check(fs.lock(dir .. "/lock", "exclusive")) or nil
  local _held <close> = self.store:hold()
  self.store:transaction(function()
    insert(self, id, fields)
    failure.check(fs.rename(dir, self.dir .. "/" .. id, { noreplace = true }))
    return true
  end)
  self:keep_record(id)
  local record = self:get(id)
  record.claim = claim
  return record
end

local function not_found(self, text)
  local known = {}
  for i, row in ipairs(failure.check(self.db:rows "select name from containers")) do
    known[i] = row.name
  end
  local near = check.suggest(text, known)
  failure.raise("not-found", ("no container '%s'"):format(text), {
    hint = near and ("did you mean '%s'?"):format(near) or "`lamina ps -a` lists them",
  })
end

--- The container of an id, a name or an unambiguous beginning of an id.
function Containers:get(text)
  local row = failure.check(self.db:row("select * from containers where id = ?1 or name = ?1",
    text))
  if row then return wrap(self, row) end
  local rows = text:match("^%x+$") and failure.check(self.db:rows(
    "select * from containers where id glob ? limit 2", text:lower() .. "*")) or {}
  if #rows > 1 then
    failure.raise("ambiguous", ("several containers have an id that begins with '%s'"):format(text))
  end
  return rows[1] and wrap(self, rows[1]) or not_found(self, text)
end

--- All containers, newest first; only running ones without options.all.
function Containers:list(options)
  local list = {}
  for _, row in ipairs(failure.check(self.db:rows
    "select * from containers order by number desc")) do
    local one = wrap(self, row)
    if (options and options.all) or one.status == "running" then list[#list + 1] = one end
  end
  return list
end

--- Takes the right to run a container: the answered lock says so to everyone while it is held.
function Containers:claim(id)
  local held, err = fs.lock(self.dir .. "/" .. id .. "/lock", "exclusive", { wait = false })
  if held then return held end
  if err.errno == "ENOENT" then not_found(self, id) end -- removed meanwhile
  if err.errno ~= "EAGAIN" then failure.check(nil, err) end
  failure.raise("name-in-use", ("container %s is running"):format(id:sub(1, 12)))
end

--- Its first process runs; `pid` as this process sees it.
function Containers:started(id, pid)
  failure.check(self.db:run([[update containers set status = 'running', exit_code = null, pid = ?,
    pid_start = ?, pid_boot = ?, started = ?, finished = null where id = ?]], pid,
    fs.start_time(pid), self.store.boot, os.time(), id))
end

function Containers:finished(id, code)
  failure.check(self.db:run([[update containers set status = 'exited', exit_code = ?, pid = null,
    finished = ? where id = ?]], code, os.time(), id))
end

--- After a commit the container stands on more layers than it was made with.
function Containers:rebase(id, layers)
  failure.check(self.db:run("update containers set layers = ? where id = ?", hexes(layers), id))
  self:keep_record(id)
end

--- Removes a container; a running one only when forced, and then it is killed.
function Containers:remove(id, options)
  local one, force = self:get(id), options and options.force
  if one.status == "running" and not force then
    failure.raise("name-in-use", ("container %s is running"):format(one.name),
      { hint = "`lamina stop` ends it; --force kills it" })
  end
  if one.status == "running" then running.kill(one) end
  -- Nobody starts it while it goes; who forces may hold the claim himself.
  local _claim <close> = not force and self:claim(one.id) or nil
  local _held <close> = self.store:hold()
  failure.check(fs.remove(one.dir .. "/record.json"))
  failure.check(self.db:run("delete from containers where id = ?", one.id))
  if fs.stat(one.dir, { follow = false }) then self.store:bury(one.dir) end
end

return container
