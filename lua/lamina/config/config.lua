--- The settings in force. What the command line says comes before them; they are those of the
-- environment, else of the user's file, else of the system's, else the defaults of keys.lua. A
-- registry's are merged name by name.
--
--   config.get "build.jobs"             -> 4, or nil where neither anything nor a default is set
--   config.registry "docker.io"         -> { mirrors = { URL, … }, insecure = true, … }
--   config.load()                       -- reads the files, unless they are
--
-- The files are read when somebody asks for the first setting, and once. A command that enters
-- namespaces loads them before: inside, files' owners look different.
local environment = require "lamina.config.environment"
local failure = require "lamina.util.failure"
local keys = require "lamina.config.keys"

local config = {}

local variable = environment.variable
local system = "/etc/lamina/config.yaml"
local nowhere = "/dev/null"

local loaded -- { from = where they were looked for, files = { { path =, settings = or nil }, … } }

--- The user's own file; nil for who has no home. Relative directories don't count, as XDG says.
local function user_path()
  local dir, home = variable "XDG_CONFIG_HOME", variable "HOME"
  if dir and dir:sub(1, 1) == "/" then return dir .. "/lamina/config.yaml" end
  if home and home:sub(1, 1) == "/" then return home .. "/.config/lamina/config.yaml" end
end

--- Where to look, the most particular first.
local function places()
  local given = variable "LAMINA_CONFIG"
  if given == nowhere then return {} end
  if given then return { given } end
  local list = {}
  list[#list + 1] = user_path()
  list[#list + 1] = system
  return list
end

local function read(path)
  local settings = require("lamina.config.file").read(path)
  if settings or path ~= variable "LAMINA_CONFIG" then return settings end
  failure.raise("not-found", ("LAMINA_CONFIG: there is no file %s"):format(path))
end

--- The files that were looked for: { path =, settings = nil where there is none }.
function config.load()
  local list = places()
  local from = table.concat(list, "\n")
  if loaded and loaded.from == from then return loaded.files end
  local files = {}
  for i, path in ipairs(list) do files[i] = { path = path, settings = read(path) } end
  loaded = { from = from, files = files }
  return files
end

--- The setting { value =, from = } of that name in the files.
local function of_files(name)
  for _, file in ipairs(config.load()) do
    local setting = file.settings and file.settings[name]
    if setting then return setting end
  end
end

--- What the environment or a file says: { value =, from = }, nil where neither does.
local function setting_of(row)
  return environment.setting(row) or of_files(row.name)
end

--- The value of a file's setting, for its use.
local function value_of(row, name, setting)
  if row.kind ~= "path" then return setting.value end
  return require("lamina.config.kind").expand(row, setting.value)
    or failure.raise("usage", ("%s: %s: HOME is not set, which '~' stands for"):format(setting.from,
      name))
end

--- The value of a setting; nil where nothing is set and there is no default.
function config.get(name)
  local row = keys.by_name[name] or error(("no setting '%s'"):format(name), 2)
  local setting = environment.setting(row)
  if setting then return setting.value end
  setting = of_files(name)
  if setting then return value_of(row, name, setting) end
  return row.default
end

local function joined(list, more)
  local all = table.move(list, 1, #list, 1, {})
  return table.move(more, 1, #more, #all + 1, all)
end

--- What is set for a registry, by the names of keys.registry_rows. The environment's token servers
-- are for all registries, beside those of the files.
function config.registry(host)
  local found, given = {}, environment.registries()
  for _, row in ipairs(keys.registry_rows) do
    local name = ("registries.%s.%s"):format(host:lower(), row.name)
    local setting = given[name] or of_files(name)
    if setting then found[row.name] = value_of(row, name, setting) end
  end
  local servers = given["registries.*.token-servers"]
  if servers then
    found["token-servers"] = joined(found["token-servers"] or {}, servers.value)
  end
  return found
end

--- What is set of registries, by whole names: { row =, value =, from = }.
local function registry_settings()
  local set, rows = environment.registries(), {}
  for _, file in ipairs(config.load()) do
    for name, setting in pairs(file.settings or {}) do set[name] = set[name] or setting end
  end
  for _, row in ipairs(keys.registry_rows) do rows[row.name] = row end
  local list = {}
  for name, setting in pairs(set) do
    local row = rows[name:match("^registries%..+%.([^.]+)$")]
    if row then
      list[#list + 1] = { name = name, row = row, value = setting.value, from = setting.from }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- Everything in force: { name =, row =, value = or nil, from = nil for what is the default }.
function config.list()
  local list = {}
  for i, row in ipairs(keys.rows) do
    local setting = setting_of(row) or { value = row.default }
    list[i] = { name = row.name, row = row, value = setting.value, from = setting.from }
  end
  return joined(list, registry_settings())
end

return config
