--- Secrets for run steps: in memory only, never in a layer, a key, the store or a log (SEC-01).
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local overlay = require "lamina.core.overlay"

local secret = {}

local limit = 1024 * 1024

local Vault = {}
Vault.__index = Vault

--- The text of the caller's secret; nil where it isn't given and needn't be.
function secret.read(mount, secrets)
  local given = secrets[mount.id]
  if not given then
    if not mount.required then return nil end
    failure.raise("not-found", ("run: the secret '%s' isn't given"):format(mount.id),
      { hint = ("--secret id=%s,src=FILE gives it"):format(mount.id) })
  end
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
