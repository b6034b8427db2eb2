--- What is known of a stage before it is built: configuration, environment, history, layers.
--
-- Immutable: every function answers a new state. `config` is the image configuration's inner
-- "config" object, `image` the whole of it as inherited, unknown fields included (SEMANTICS 42).
-- `env` is what commands see and variables expand to: config.Env with the build arguments. Both are
-- kept as variables.lua has them; reading config.Env makes the list.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local stack = require "lamina.build.stack"
local variables = require "lamina.build.variables"

local state = {}

local path_pair = { "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }
local comment = "lamina"

local most_arguments = 10000

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

--- A state with other values in some fields.
function State:with(changes)
  local new = copy(self)
  for key, value in pairs(changes) do new[key] = value end
  return setmetatable(new, State)
end

--- Fields of a configuration together with the variables that the image has (nil: none).
local function with_env(fields, image_env)
  return setmetatable(fields, { __index = function(_, key)
    if key == "Env" and image_env then return image_env:list() end
  end })
end

--- A state with other values in the configuration; `false` takes a field away.
function State:configured(changes)
  local config, image_env = copy(self.config), self.image_env
  for key, value in pairs(changes) do
    if key == "Env" then
      image_env = value or nil
    else
      config[key] = value ~= false and value or nil
    end
  end
  local new = self:with { config = with_env(config, image_env) }
  new.image_env = image_env
  return new
end

--- The configuration as the image stores it.
function State:configuration()
  local whole = copy(self.config)
  whole.Env = self.config.Env
  return whole
end

--- Sets variables for commands and expansion only (ARG): a list of { name, value or nil }.
function State:with_arguments(list)
  local args, set = self.args, {}
  for _, pair in ipairs(list) do
    local count = (args and args.count or 0) + 1
    if count > most_arguments then
      failure.raise("invalid-input", ("more than %d variables"):format(most_arguments))
    end
    args = { below = args, name = pair[1], value = pair[2], count = count }
    if pair[2] then set[#set + 1] = pair end
  end
  local new = self:with { env = self.env:with(set) }
  new.args = args
  return new
end

--- The build arguments that were declared, oldest first: { name =, value = }.
function State:arguments()
  local list, at = {}, self.args
  for i = at and at.count or 0, 1, -1 do
    list[i], at = at, at.below
  end
  return list
end

--- Sets variables in the image and for what follows (ENV): pairs { name, value }. Their places in
-- the list are kept (SEMANTICS 29).
function State:with_variables(pairs)
  return self:with({ env = self.env:with(pairs) })
    :configured { Env = (self.image_env or variables.new {}):with(pairs) }
end

--- Takes a variable away, or all of them.
function State:without_variables(name)
  if not name then
    return self:with({ env = variables.new {} }):configured { Env = false }
  end
  local rest = self.image_env and self.image_env:without(name)
  if rest and #rest:list() == 0 then rest = nil end
  return self:with({ env = self.env:without(name) }):configured { Env = rest or false }
end

--- The value of a variable, or nil where it is unset.
function State:variable(name)
  return self.env:get(name)
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

--- A first state. The two kinds of variables have a list each: versions of one would wander far
-- from each other, and the list to and fro.
local function with_own_env(config, env, fields)
  fields.env, fields.image_env = env, variables.new(env:list())
  fields.config = with_env(config, fields.image_env)
  return setmetatable(fields, State)
end

--- FROM scratch: nothing, with the defaults that BuildKit writes into it (SEMANTICS 28).
function state.scratch(platform)
  return with_own_env({ WorkingDir = "/" }, variables.new({}):with { path_pair },
    { image = {}, platform = platform })
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
  local env = variables.new(config.Env or {})
  if not env:get "PATH" then env = env:with { path_pair } end
  config.OnBuild, config.Env = nil, nil
  local history, layers = inherited(whole, image.layers)
  return with_own_env(config, env, { image = whole, platform = platform, history = history,
    layers = layers })
end

return state
