--- What is known of a stage before it is built: configuration, environment, history, layers.
--
-- Immutable: every function answers a new state. `config` is the image configuration's inner
-- "config" object, `image` the whole of it as inherited, unknown fields included (SEMANTICS 42).
-- `env` is what commands see and variables expand to: config.Env with the build arguments.
local failure = require "lamina.util.failure"
local image_config = require "lamina.image.config"
local json = require "lamina.core.json"
local stack = require "lamina.build.stack"

local state = {}

local default_path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
local comment = "lamina"

local most_variables = 10000

local State = {}
State.__index = State

local function copy(from)
  local to = {}
  for key, value in pairs(from) do to[key] = value end
  return to
end

--- A JSON object as a table, without the members that are null.
local function present(object)
  local to = {}
  if object == nil or object == json.null then return to end
  for key, value in pairs(object) do
    if value ~= json.null then to[key] = value end
  end
  return to
end

local function list_copy(list)
  return table.move(list, 1, #list, 1, {})
end

--- A state with other values in some fields.
function State:with(changes)
  local new = copy(self)
  for key, value in pairs(changes) do new[key] = value end
  return setmetatable(new, State)
end

--- A state with other values in the configuration; `false` takes a field away.
function State:configured(changes)
  local config = copy(self.config)
  for key, value in pairs(changes) do
    if value == false then value = nil end
    config[key] = value
  end
  return self:with { config = config }
end

--- Every state has lists of its own, so their length is bounded (DF-03).
local function check_count(list)
  if #list <= most_variables then return list end
  failure.raise("invalid-input", ("more than %d variables"):format(most_variables))
end

--- A list of NAME=VALUE with other values; the place of a name that is there is kept.
local function with_values(list, pairs)
  local new, places = list_copy(list), {}
  for i = #new, 1, -1 do places[new[i]:match("^[^=]*")] = i end
  for _, pair in ipairs(pairs) do
    local place = places[pair[1]] or #new + 1
    places[pair[1]] = place
    new[place] = pair[1] .. "=" .. pair[2]
  end
  return check_count(new)
end

--- Sets variables for commands and expansion only (ARG): a list of { name, value or nil }.
function State:with_arguments(list)
  local args, set = list_copy(self.args), {}
  for _, pair in ipairs(list) do
    args[#args + 1] = { name = pair[1], value = pair[2] }
    if pair[2] then set[#set + 1] = pair end
  end
  return self:with { args = check_count(args), env = with_values(self.env, set),
    variables = false }
end

--- Sets variables in the image and for what follows (ENV): pairs { name, value }. Their places in
-- the list are kept (SEMANTICS 29).
function State:with_variables(pairs)
  return self:with({ env = with_values(self.env, pairs), variables = false })
    :configured { Env = with_values(self.config.Env or {}, pairs) }
end

--- The value of a variable, or nil where it is unset.
function State:variable(name)
  if not self.variables then
    self.variables = {}
    for _, entry in ipairs(self.env) do
      local key, value = entry:match("^([^=]*)=(.*)$")
      if key then self.variables[key] = value end
    end
  end
  return self.variables[name]
end

--- Adds a history entry; with a layer, the layer as well (SEMANTICS 87).
function State:remember(created_by, layer)
  local entry = { created_by = created_by, comment = comment, empty_layer = not layer or nil }
  return self:with {
    history = { below = self.history, entry = entry, layer = layer },
    layers = layer and stack.push(self.layers, layer) or self.layers,
  }
end

--- The history as a list of { entry =, layer = }, oldest first. Inherited entries that made a
-- layer have its diff ID as `layer`.
function State:past()
  local list, at = {}, self.history
  while at do
    table.insert(list, at)
    at = at.below
  end
  for i = 1, #list // 2 do list[i], list[#list + 1 - i] = list[#list + 1 - i], list[i] end
  return list
end

--- The directory that relative paths start from.
function State:directory()
  local dir = self.config.WorkingDir
  return dir and dir ~= "" and dir or "/"
end

local function new(fields)
  return setmetatable(fields, State)
end

--- FROM scratch: nothing, with the defaults that BuildKit writes into it (SEMANTICS 28).
function state.scratch(platform)
  local config = { Env = { default_path }, WorkingDir = "/" }
  return new { config = config, env = config.Env, args = {}, image = {}, platform = platform }
end

--- The inherited history with the layer each entry made. One without a layer to it is left out
-- of neither: an image whose counts differ gets entries for the rest.
local function inherited(config, diff_ids)
  local history, layers, used = nil, nil, 0
  for _, entry in ipairs(config.history or {}) do
    local layer
    if not entry.empty_layer then
      used = used + 1
      layer = diff_ids[used]
    end
    if layer or entry.empty_layer then
      history = { below = history, entry = entry, layer = layer, inherited = true }
    end
  end
  for i, diff_id in ipairs(diff_ids) do
    layers = stack.push(layers, diff_id)
    if i > used then
      history = { below = history, entry = {}, layer = diff_id, inherited = true }
    end
  end
  return history, layers
end

--- FROM an image of the store: its configuration is inherited whole, less `created` and the
-- triggers (SEMANTICS 42).
function state.from_image(image, platform)
  local whole = present(image.config)
  local config = present(whole.config)
  local env = list_copy(config.Env or {})
  config.OnBuild = nil
  if not image_config.env_get(env, "PATH") then env[#env + 1] = default_path end
  config.Env = env
  local history, layers = inherited(whole, image.layers)
  return new { config = config, env = env, args = {}, image = whole, platform = platform,
    history = history, layers = layers }
end

return state
