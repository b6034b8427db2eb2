--- Where the store is, and how a command gets there: into its namespaces, then open.
local config = require "lamina.config.config"
local database = require "lamina.core.database"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local namespace = require "lamina.core.namespace"
local running = require "lamina.store.running"
local store = require "lamina.store.store"

local home = {}

--- The setting `store`; else /var/lib/lamina for root, $XDG_DATA_HOME/lamina for others.
function home.default_root()
  local given = config.get "store"
  if given then return given end
  local _, euid = fs.getuid()
  if euid == 0 then return "/var/lib/lamina" end
  local data = os.getenv("XDG_DATA_HOME")
  if data and data ~= "" then return data .. "/lamina" end
  local user = os.getenv("HOME")
  if user and user ~= "" then return user .. "/.local/share/lamina" end
  failure.raise("usage", "no place for the store: HOME is not set", { hint = "use --root DIR" })
end

--- A path to a store, from the root on, without a slash at the end, which would follow a link.
function home.absolute(path)
  path = path:gsub("(.)/+$", "%1")
  if path:sub(1, 1) == "/" then return path end
  return failure.check(fs.realpath(".")) .. "/" .. path
end

--- The first process of a running container, looked up before any namespace is entered: an
-- ordinary user can join its namespaces only from outside.
local function running_pid(root, name)
  local db <close> = database.open(root .. "/lamina.db", { readonly = true })
  if not db then return nil end
  local row = db:row([[select id, pid, pid_start, pid_boot from containers
    where (id = ?1 or name = ?1 or id glob ?2) and status = 'running' and pid is not null]],
    name, name:match("^%x+$") and name .. "*" or "-")
  local is_there = row and running.is_alive { pid = row.pid, start = row.pid_start,
    boot = row.pid_boot }
  return is_there and row.pid or nil
end

--- Enters the namespaces all work is done in; answers what store.open takes.
function home.inside(root)
  return { root = home.absolute(root), home = failure.check(namespace.enter()) }
end

--- Enters the namespaces and opens the store. With a container's name that is running, those of
-- the lamina that runs it are joined instead.
function home.enter(root, container)
  root = home.absolute(root)
  local pid = container and running_pid(root, container)
  local owner = pid and running.owner(pid) -- its mount namespace has the store, the container's not
  local entered = failure.check(namespace.enter(owner and { join = owner } or nil))
  return store.open { root = root, home = entered }
end

return home
