--- The environment of a container: what the user gives, and what every command gets.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local image_config = require "lamina.image.config"

local environment = {}

local default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

--- "NAME=value", or "NAME" for the caller's own value; nil where the caller has none.
local function entry(text)
  local name = text:match("^([^=]*)")
  if name == "" then failure.raise("usage", ("variable '%s' has no name"):format(text)) end
  if text:find("=", 1, true) then return text end
  local value = os.getenv(name)
  return value and name .. "=" .. value
end

local function read_file(name)
  local text, err = fs.read(name)
  if not text then failure.raise("system", "--env-file: " .. err.message, { errno = err.errno }) end
  local list = {}
  for line in text:gmatch("[^\r\n]+") do
    line = line:gsub("^%s+", "")
    if line ~= "" and line:sub(1, 1) ~= "#" then list[#list + 1] = line end
  end
  return list
end

--- The entries of --env-file and --env, in this order, later ones replacing earlier ones.
function environment.from_options(files, texts)
  local list = {}
  local function add(text)
    local value = entry(text)
    if value then image_config.env_set(list, value:match("^([^=]*)=(.*)$")) end
  end
  for _, name in ipairs(files or {}) do
    for _, text in ipairs(read_file(name)) do add(text) end
  end
  for _, text in ipairs(texts or {}) do add(text) end
  return list
end

--- A container's whole environment. An entry of an image without "=" stands for nothing (it is
-- never looked up in ours). HOME is added where the user is known.
function environment.complete(config, defaults)
  local env = {}
  local function set(name, value)
    if value then image_config.env_set(env, name, value) end
  end
  set("PATH", default_path)
  set("HOSTNAME", defaults.hostname)
  set("TERM", defaults.terminal and "xterm" or nil)
  for _, text in ipairs(config.Env or {}) do set(text:match("^([^=]+)=(.*)$")) end
  return env
end

return environment
