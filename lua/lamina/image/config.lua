--- Image configurations: plain decoded JSON, kept whole, so that fields we don't know survive.
local json = require "lamina.core.json"

local config = {}

-- What is a list or a map in JSON even when it is empty.
local lists = { "Env", "Cmd", "Entrypoint", "OnBuild", "Shell" }

function config.new(platform)
  return { architecture = platform.architecture, os = platform.os, variant = platform.variant,
    config = {}, rootfs = { type = "layers", diff_ids = json.array {} },
    history = json.array {} }
end

local function deep_copy(value)
  if type(value) ~= "table" or value == json.null then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = deep_copy(item) end
  return json.is_array(value) and json.array(copy) or copy
end

config.clone = deep_copy

--- The value of a variable in an Env list, nil when it isn't there.
function config.env_get(list, name)
  for _, entry in ipairs(list or {}) do
    if entry:sub(1, #name + 1) == name .. "=" then return entry:sub(#name + 2) end
  end
end

--- Sets a variable in place; a new one goes to the end (SEMANTICS 29).
function config.env_set(list, name, value)
  for i, entry in ipairs(list) do
    if entry:match("^[^=]*") == name then
      list[i] = name .. "=" .. value
      return
    end
  end
  list[#list + 1] = name .. "=" .. value
end

function config.add_history(whole, entry)
  whole.history = whole.history or json.array {}
  whole.history[#whole.history + 1] = entry
end

local function merge_map(over, under)
  if not over and not under then return nil end
  local all = {}
  for key, value in pairs(under or {}) do all[key] = value end
  for key, value in pairs(over or {}) do all[key] = value end
  return all
end

--- The user's variables, then those of the image that the user doesn't set.
local function merge_env(over, under)
  local all = table.move(over or {}, 1, #(over or {}), 1, {})
  for _, entry in ipairs(under or {}) do
    if not config.env_get(over, entry:match("^[^=]*")) then all[#all + 1] = entry end
  end
  return #all > 0 and all or nil
end

local function merge_health(over, under)
  if not over or not under then return over or under end
  local all = {}
  for key, value in pairs(under) do all[key] = value end
  for key, value in pairs(over) do
    local is_empty = value == 0 or (type(value) == "table" and #value == 0)
    if not is_empty then all[key] = value end
  end
  return all
end

local function is_empty(list)
  return list == nil or list == json.null or #list == 0
end

--- A container's configuration over its image's, for commit (SEMANTICS 92): variables, labels,
-- ports and volumes are joined; Cmd comes from the image only where neither Entrypoint nor Cmd
-- was given.
function config.merge(user, image)
  local all = {}
  for key, value in pairs(image) do all[key] = value end
  for key, value in pairs(user) do all[key] = value end
  all.Env = merge_env(user.Env, image.Env)
  for _, key in ipairs { "Labels", "ExposedPorts", "Volumes" } do
    all[key] = merge_map(user[key], image[key])
  end
  if is_empty(user.Entrypoint) then
    if is_empty(user.Cmd) then all.Cmd = image.Cmd end
    all.Entrypoint = user.Entrypoint or image.Entrypoint
  else
    all.Cmd = user.Cmd
  end
  all.User = user.User ~= "" and user.User or image.User
  all.WorkingDir = user.WorkingDir ~= "" and user.WorkingDir or image.WorkingDir
  all.Healthcheck = merge_health(user.Healthcheck, image.Healthcheck)
  return all
end

--- The canonical bytes: sorted keys, no blanks; lists stay lists when they are empty.
function config.encode(whole)
  local copy = deep_copy(whole)
  for _, key in ipairs(lists) do
    local value = copy.config and copy.config[key]
    if type(value) == "table" and value ~= json.null then json.array(value) end
  end
  if copy.history and copy.history ~= json.null then json.array(copy.history) end
  if copy.rootfs and copy.rootfs.diff_ids then json.array(copy.rootfs.diff_ids) end
  return json.encode(copy)
end

return config
