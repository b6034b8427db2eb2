--- `--change 'CMD git'`: Dockerfile instructions applied to a configuration (SEMANTICS 93).
--
--   local config = change.apply(old, { 'ENV A=1', 'CMD ["git"]' })   -- `old` stays as it was
local check = require "lamina.util.check"
local duration = require "lamina.util.duration"
local failure = require "lamina.util.failure"
local image_config = require "lamina.image.config"
local json = require "lamina.core.json"
local path = require "lamina.util.path"
local port = require "lamina.image.port"
local signal = require "lamina.image.signal"
local words = require "lamina.util.words"

local change = {}

local function invalid(...)
  failure.raise("invalid-input", string.format(...))
end

--- A text with the variables of config.Env replaced.
local function expanded(config, text)
  if not text:find("[$\\'\"]") then return text end
  local env = config.Env or {}
  return words.expand(text, function(name) return image_config.env_get(env, name) end,
    { escape = "\\" })
end

--- Both halves of each pair of `args`: { name, value, name, value, … }.
local function expanded_pairs(config, args)
  local list = {}
  for i = 1, #args, 2 do
    local name, value = expanded(config, args[i]), expanded(config, args[i + 1])
    if name == "" then invalid("a name is empty") end
    list[#list + 1] = { name, value }
  end
  return list
end

--- A field that is a set or map, copied so that it may be changed.
local function own(config, field)
  local map = {}
  for key, value in pairs(config[field] or {}) do map[key] = value end
  config[field] = map
  return map
end

--- The words of either form; the shell form gets the image's shell (SEMANTICS 31).
local function command(config, one)
  if one.json then return json.array(one.args) end
  if one.args[1] == "" then invalid("the command is missing") end
  local shell = config.Shell or { "/bin/sh", "-c" }
  local list = table.move(shell, 1, #shell, 1, {})
  list[#list + 1] = one.args[1]
  return json.array(list)
end

-- Each is given the configuration, a copy of its own, and what the parser has read.
local instructions = {}

function instructions.CMD(config, one, state)
  config.Cmd = command(config, one)
  state.has_cmd = true
end

function instructions.ENTRYPOINT(config, one, state)
  local list = command(config, one)
  config.Entrypoint = #list > 0 and list or nil
  if not state.has_cmd then config.Cmd = nil end
end

function instructions.ENV(config, one)
  local list = expanded_pairs(config, one.args)
  local env = table.move(config.Env or {}, 1, #(config.Env or {}), 1, json.array {})
  for _, pair in ipairs(list) do image_config.env_set(env, pair[1], pair[2]) end
  config.Env = env
end

function instructions.LABEL(config, one)
  local labels = own(config, "Labels")
  for _, pair in ipairs(expanded_pairs(config, one.args)) do labels[pair[1]] = pair[2] end
end

--- A variable may hold several ports (SEMANTICS 27).
function instructions.EXPOSE(config, one)
  local ports = own(config, "ExposedPorts")
  for _, word in ipairs(one.args) do
    for spec in expanded(config, word):gmatch("%S+") do
      for _, name in ipairs(port.expand(spec)) do ports[name] = {} end
    end
  end
end

function instructions.VOLUME(config, one)
  local volumes = own(config, "Volumes")
  for _, name in ipairs(one.args) do
    name = expanded(config, name)
    if name == "" then invalid("a path is empty") end
    volumes[name] = {}
  end
end

function instructions.USER(config, one)
  config.User = expanded(config, one.args[1])
end

function instructions.WORKDIR(config, one)
  local dir = expanded(config, one.args[1])
  config.WorkingDir = path.clean(dir:sub(1, 1) == "/" and dir
    or path.join("/", config.WorkingDir or "/", dir))
end

function instructions.STOPSIGNAL(config, one)
  local name = expanded(config, one.args[1])
  if not signal.is_valid(name) then invalid("'%s' is no signal", name) end
  config.StopSignal = name
end

function instructions.SHELL(config, one)
  config.Shell = json.array(one.args)
end

function instructions.ONBUILD(config, one)
  local triggers = table.move(config.OnBuild or {}, 1, #(config.OnBuild or {}), 1, json.array {})
  triggers[#triggers + 1] = one.text:match("^%S+%s+(.*)$")
  config.OnBuild = triggers
end

local times = {
  interval = "Interval", timeout = "Timeout", start_period = "StartPeriod",
  start_interval = "StartInterval",
}

--- The shell form is stored without the shell; 0 is what an image inherits (SEMANTICS 16).
function instructions.HEALTHCHECK(config, one)
  local health = { Test = json.array(table.move(one.args, 1, #one.args, 1, {})) }
  if one.args[1] == "CMD" and not one.json then health.Test[1] = "CMD-SHELL" end
  for option, field in pairs(times) do
    local time = duration.parse(one.options[option] or "0") or 0
    health[field] = time ~= 0 and time or nil
  end
  health.Retries = math.tointeger(tonumber(one.options.retries))
  config.Healthcheck = health
end

local function names()
  local list = {}
  for name in pairs(instructions) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function apply_one(config, one, state)
  local handler = instructions[one.instruction]
  if handler then return handler(config, one, state) end
  local near = check.suggest(one.instruction, names())
  failure.raise("invalid-input", one.instruction .. " can't be applied to an image",
    { hint = near and ("did you mean '%s'?"):format(near)
      or "possible are " .. table.concat(names(), ", ") })
end

local function apply_text(config, text, state)
  local parser = require "lamina.dockerfile.parser"
  for _, one in ipairs(parser.parse(text).instructions) do apply_one(config, one, state) end
end

--- Answers a copy of the configuration with the instructions applied, which are read as a
-- Dockerfile is; a text may hold several. Anything that would change files is refused.
function change.apply(config, texts)
  local changed, state = {}, {}
  for key, value in pairs(config) do changed[key] = value end
  for _, text in ipairs(texts or {}) do
    if not text:find("%S") then failure.raise("usage", "--change: an instruction is missing") end
    local ok, err = pcall(apply_text, changed, text, state)
    if not ok and not failure.is(err) then error(err, 0) end
    if not ok then
      failure.raise(err.kind, ("--change '%s': %s"):format(text, err.message), { hint = err.hint })
    end
  end
  return changed
end

return change
