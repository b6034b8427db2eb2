--- Steps that change the configuration and nothing else: they are done while a plan is resolved.
--
-- Each function is given the step, the state before it and the resolver, and answers the state
-- after it. History texts are BuildKit's (SEMANTICS 88).
local failure = require "lamina.util.failure"
local gotext = require "lamina.build.gotext"
local json = require "lamina.core.json"
local schema = require "lamina.plan.schema"
local signal = require "lamina.image.signal"

local metadata = {}

--- Pairs of a step, both halves expanded with what was known before it (SEMANTICS 20).
local function expanded(step, at, resolver)
  local list = {}
  for i, pair in ipairs(step.pairs) do
    list[i] = { resolver:expand(at, pair[1]), resolver:expand(at, pair[2]) }
  end
  return list
end

local function texts(list)
  local words = {}
  for i, pair in ipairs(list) do words[i] = pair[1] .. "=" .. pair[2] end
  return table.concat(words, " ")
end

local function copy(map)
  local new = {}
  for key, value in pairs(map or {}) do new[key] = value end
  return new
end

function metadata.env(step, at, resolver)
  local list = expanded(step, at, resolver)
  for _, pair in ipairs(list) do
    if pair[1] == "" then failure.raise("invalid-input", "env: a variable needs a name") end
  end
  return at:with_variables(list):remember("ENV " .. texts(list))
end

function metadata.label(step, at, resolver)
  local list = expanded(step, at, resolver)
  local labels = copy(at.config.Labels)
  for _, pair in ipairs(list) do labels[pair[1]] = pair[2] end
  return at:configured({ Labels = labels }):remember("LABEL " .. texts(list))
end

--- Annotations belong to the manifest, so they aren't history of the file system.
function metadata.annotate(step, at, resolver)
  local annotations = copy(at.annotations)
  for _, pair in ipairs(expanded(step, at, resolver)) do annotations[pair[1]] = pair[2] end
  return at:with { annotations = annotations }
end

--- ARG: the caller's value, else the default, else the platform's; else it stays unset
-- (SEMANTICS 18, 19).
function metadata.arg(step, at, resolver)
  local list, known, shown = {}, {}, {}
  -- each one may use those before it
  local here = { variable = function(_, name) return known[name] or at:variable(name) end }
  for i, declaration in ipairs(step.list or { { step.name, step.default } }) do
    local name, default = declaration[1], declaration[2]
    local value = resolver:argument(name)
    if value == nil and default ~= nil then value = resolver:expand(here, default) end
    if value == nil then value = resolver:predefined(name) end
    list[i], known[name] = { name, value }, value or known[name]
    shown[i] = value and name .. "=" .. value or name
  end
  return at:with_arguments(list):remember("ARG " .. table.concat(shown, " "))
end

--- MAINTAINER: the image's author.
function metadata.maintainer(step, at)
  local image = copy(at.image)
  image.author = step.name
  return at:with({ image = image }):remember("MAINTAINER " .. step.name)
end

--- USER is stored as it is; who that is shows when something runs (SEMANTICS 35).
function metadata.user(step, at, resolver)
  local name = resolver:expand(at, step.name)
  return at:configured({ User = name }):remember("USER " .. name)
end

function metadata.volume(step, at, resolver)
  local volumes, list = copy(at.config.Volumes), {}
  for i, path in ipairs(step.paths) do
    list[i] = resolver:expand(at, path)
    if list[i] == "" then failure.raise("invalid-input", "volume: the path is empty") end
    volumes[list[i]] = {}
  end
  return at:configured({ Volumes = volumes }):remember("VOLUME " .. gotext.list(list))
end

function metadata.stopsignal(step, at, resolver)
  local name = resolver:expand(at, step.signal)
  if not signal.is_valid(name) then
    failure.raise("invalid-input", ("stopsignal: '%s' is no signal"):format(name))
  end
  return at:configured({ StopSignal = name }):remember("STOPSIGNAL " .. name)
end

--- A trigger for builds on the image: kept as written, without a history entry (SEMANTICS 40).
function metadata.onbuild(step, at)
  local triggers = table.move(at.config.OnBuild or {}, 1, #(at.config.OnBuild or {}), 1, {})
  triggers[#triggers + 1] = step.text
  return at:configured { OnBuild = json.array(triggers) }
end

--- A further stage on another one: what it has set itself is forgotten, and triggers are for
-- whoever builds on that one (SEMANTICS 22, 30, 40).
function metadata.stage(_, at)
  return at:with({ has_cmd = false }):configured { OnBuild = false }
end

--- Takes a field, or one variable or label, out of the configuration.
function metadata.unset(step, at)
  local field = schema.unset[step.field]
  if not field then
    failure.raise("invalid-input", ("unset: there is no '%s'"):format(step.field))
  end
  if field == "Env" then return at:without_variables(step.name) end
  if not step.name then return at:configured { [field] = false } end
  local map = copy(at.config[field])
  map[step.name] = nil
  return at:configured { [field] = next(map) and map or false }
end

return metadata
