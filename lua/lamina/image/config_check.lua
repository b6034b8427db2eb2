--- Image configurations from outside: what is read of them must have the type that it should.
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"

local config_check = {}

config_check.limit = 8 << 20 -- bytes; SECURITY 7.8

local function is_text(value) return type(value) == "string" end

local function is_number(value) return math.type(value) == "integer" end

local function is_flag(value) return type(value) == "boolean" end

local function is_table(value) return type(value) == "table" end

--- Whether it is a list of what `fits`, or null, which Go writes for an empty one.
local function list_of(fits)
  return function(value)
    if type(value) ~= "table" or (next(value) ~= nil and not json.is_array(value)) then
      return false
    end
    for _, item in ipairs(value) do
      if not fits(item) then return false end
    end
    return true
  end
end

local function map_of(fits)
  return function(value)
    if type(value) ~= "table" or (json.is_array(value) and #value > 0) then return false end
    for _, item in pairs(value) do
      if not fits(item) then return false end
    end
    return true
  end
end

local texts = { is_text, "a string" }
local text_list = { list_of(is_text), "a list of strings" }
local names = { map_of(is_table), "an object of objects" }

-- What the members are that somebody reads: { test, description }. Others are kept unseen.
local members = {
  architecture = texts, os = texts, variant = texts, created = texts, author = texts,
  config = { map_of(function() return true end), "an object" },
  history = { list_of(is_table), "a list of objects" },
}
local config_members = {
  User = texts, WorkingDir = texts, StopSignal = texts, Env = text_list, Cmd = text_list,
  Entrypoint = text_list, Shell = text_list, OnBuild = text_list, ExposedPorts = names,
  Volumes = names, Labels = { map_of(is_text), "an object of strings" },
  Healthcheck = { map_of(function() return true end), "an object" },
}
local health_members = {
  Test = text_list, Interval = { is_number, "a whole number" }, Retries = { is_number, "a number" },
  Timeout = { is_number, "a whole number" }, StartPeriod = { is_number, "a whole number" },
  StartInterval = { is_number, "a whole number" },
}
local history_members = {
  created = texts, created_by = texts, author = texts, comment = texts,
  empty_layer = { is_flag, "true or false" },
}

local function check_members(table, rows, what)
  for key, row in pairs(rows) do
    local value = table[key]
    if value ~= nil and value ~= json.null and not row[1](value) then
      failure.raise("invalid-input", ("%s: '%s': %s expected"):format(what, key, row[2]))
    end
  end
end

local function check_rootfs(rootfs, what)
  if type(rootfs) ~= "table" or not list_of(descriptor.is_digest)(rootfs.diff_ids) then
    failure.raise("invalid-input", what .. ": rootfs.diff_ids, a list of digests, expected")
  end
  if rootfs.type ~= nil and rootfs.type ~= "layers" then
    failure.raise("unsupported", ("%s: rootfs.type '%s', only 'layers' is known"):format(what,
      tostring(rootfs.type)))
  end
end

--- Checks a decoded configuration from outside: what is read of it has the type that it should.
function config_check.check(whole, what)
  what = what or "image configuration"
  if type(whole) ~= "table" or whole == json.null or json.is_array(whole) then
    failure.raise("invalid-input", what .. ": an object expected")
  end
  check_members(whole, members, what)
  check_rootfs(whole.rootfs, what)
  check_members(whole.config or {}, config_members, what)
  check_members((whole.config or {}).Healthcheck or {}, health_members, what .. ": Healthcheck")
  for _, entry in ipairs(whole.history or {}) do
    check_members(entry, history_members, what .. ": history")
  end
  return whole
end

--- Go writes null for what isn't there: so it is absent here, and nobody has to ask twice.
local function drop_nulls(table)
  for key, value in pairs(table) do
    if value == json.null then table[key] = nil end
  end
  return table
end

--- Reads the bytes of one from outside; null members are left out.
function config_check.parse(bytes, what)
  local whole, err = json.decode(bytes, { strict = true, depth = 128, limit = config_check.limit })
  if whole == nil then
    failure.raise("invalid-input", ("%s: %s"):format(what or "image configuration", err.message))
  end
  config_check.check(whole, what)
  drop_nulls(whole.rootfs)
  whole.rootfs.diff_ids = whole.rootfs.diff_ids or json.array {}
  if whole.config then drop_nulls(whole.config) end
  return drop_nulls(whole)
end

return config_check
