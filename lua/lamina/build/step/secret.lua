--- Secrets for run steps: in memory only, never in a layer, a key, the store or a log (SEC-01).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local overlay = require "lamina.core.overlay"
local sched = require "lamina.util.sched"

local secret = {}

local limit = 1024 * 1024

local Vault = {}
Vault.__index = Vault

--- Whether a path is a pipe that this process has open already, as a shell's <(command) is.
local function is_open_pipe(path)
  local stat = (path:find("^/dev/fd/") or path:find("^/proc/self/fd/") or path == "/dev/stdin")
    and fs.stat(path)
  return stat and stat.type == "fifo"
end

local function read_pipe(path)
  local file <close> = failure.check(fs.open(path, "r"))
  local parts, size = {}, 0
  repeat
    sched.readable(file:fd())
    local part = failure.check(file:read())
    parts[#parts + 1], size = part, size + #part
    if size > limit then failure.raise("invalid-input", path .. ": it is too much for a secret") end
  until part == ""
  return table.concat(parts)
end

--- Reads what can be read only once, before steps ask for it.
function secret.prepare(secrets)
  for _, given in pairs(secrets) do
    if not given.text and given.path and is_open_pipe(given.path) then
      given.text = read_pipe(given.path)
    end
  end
end

--- The text of the caller's secret; nil where it isn't given and needn't be.
function secret.read(mount, secrets)
  local given = secrets[mount.id]
  if not given then
    if not mount.required then return nil end
    failure.raise("not-found", ("run: the secret '%s' isn't given"):format(mount.id),
      { hint = ("--secret id=%s,src=FILE gives it"):format(mount.id) })
  end
  if given.text then return given.text end
  if given.env then
    return os.getenv(given.env) or failure.raise("not-found",
      ("run: secret '%s': the environment has no %s"):format(mount.id, given.env))
  end
  local text, err = fs.read(given.path, { limit = limit })
  if text then return text end
  failure.raise("not-found", ("run: secret '%s': %s"):format(mount.id, err.message))
end

--- A place in memory for a step's secrets, mounted on a folder in our own mount namespace.
function secret.vault(folder)
  local mount = failure.check(overlay.memory(folder))
  return setmetatable({ mount = mount, folder = folder, count = 0 }, Vault)
end

--- Keeps a text and answers the path of its file.
function Vault:put(mount, text)
  self.count = self.count + 1
  local path = ("%s/%d"):format(self.folder, self.count)
  failure.check(fs.write(path, text, { mode = 256 })) -- 0400
  failure.check(fs.chmod(path, mount.mode or 256))
  failure.check(fs.chown(path, mount.uid or 0, mount.gid or 0))
  return path
end

function Vault:close()
  self.mount:close()
end

return secret
