--- Files with credentials: Docker's config.json and Podman's auth.json, which has the same form.
--
--   { "auths": { "HOST": { "auth": base64 of "user:password", "identitytoken": … } },
--     "credHelpers": { "HOST": "NAME" }, "credsStore": "NAME" }
--
-- What we don't know in them stays as it is. DOCKER_AUTH_CONFIG may hold such a text itself, as
-- machines that build have it: Docker's file is asked where that knows nobody.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local json = require "lamina.core.json"
local path = require "lamina.util.path"

local authfile = {}

local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local given_text = "DOCKER_AUTH_CONFIG" -- in paths() it stands for itself

--- Where Docker keeps it, and where `lamina login` writes to.
function authfile.own()
  local given, user = variable "DOCKER_CONFIG", variable "HOME"
  if given then return given .. "/config.json" end
  if user then return user .. "/.docker/config.json" end
  failure.raise("usage", "no place for credentials: HOME is not set",
    { hint = "DOCKER_CONFIG names a folder for them" })
end

--- All places to look in, the most particular first.
function authfile.paths()
  local list, user = {}, variable "HOME"
  local function add(base, rest)
    if base then list[#list + 1] = base .. rest end
  end
  add(variable "REGISTRY_AUTH_FILE", "")
  if variable(given_text) then add(given_text, "") end
  if variable "DOCKER_CONFIG" or user then add(authfile.own(), "") end
  add(variable "XDG_RUNTIME_DIR", "/containers/auth.json")
  add(variable "XDG_CONFIG_HOME" or (user and user .. "/.config"), "/containers/auth.json")
  return list
end

--- The file that REGISTRY_AUTH_FILE names where it isn't there: no failure by itself.
function authfile.missing()
  local file = variable "REGISTRY_AUTH_FILE"
  return file and not fs.stat(file) and file or nil
end

local function object(file, value, what)
  if value == nil or value == json.null then return {} end
  if type(value) == "table" and (next(value) == nil or not json.is_array(value)) then
    return value
  end
  failure.raise("invalid-input", ("%s: %s: an object expected"):format(file, what))
end

local function parse(file, text)
  local whole, problem = json.decode(text)
  if whole == nil then
    failure.raise("invalid-input", ("%s: %s"):format(file, problem.message))
  end
  whole = object(file, whole, "the file")
  object(file, whole.auths, "auths")
  object(file, whole.credHelpers, "credHelpers")
  return whole
end

--- Reads one of paths(); an empty object where there is no such file.
function authfile.read(file)
  if file == given_text then return parse(file, variable(file)) end
  local text, err = fs.read(file, { limit = 1 << 20 })
  if text then return parse(file, text) end
  if err.errno == "ENOENT" or err.errno == "ENOTDIR" then return {} end
  failure.check(nil, err)
end

--- Writes one, for its owner alone to read; a link there stays, what it leads to is replaced.
function authfile.write(file, whole)
  local dir = path.dirname(file)
  if not fs.stat(dir) then failure.check(fs.mkdirs(dir, 448)) end -- 0700
  local target = fs.stat(file) and failure.check(fs.realpath(file)) or file
  local text = failure.check(json.encode(whole, { indent = 1 })) .. "\n"
  failure.check(fs.write(target, text, { mode = 384, sync = true })) -- 0600
end

return authfile
