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
local words = require "lamina.commit.words"

local change = {}

local function invalid(...)
  failure.raise("invalid-input", string.format(...))
end

--- A text with the variables of config.Env replaced.
local function expanded(config, text)
  local env = config.Env or {}
  if not text:find("[$\\'\"]") then return text end
  local expand = require("lamina.util.words").expand
  return expand(text, function(name) return image_config.env_get(env, name) end,
    { escape = "\\" })
end

local function expanded_pairs(config, text)
  local list = words.pairs(text)
  for _, pair in ipairs(list) do
    pair[1], pair[2] = expanded(config, pair[1]), expanded(config, pair[2])
    if pair[1] == "" then invalid("a name is empty: %s", text) end
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
local function command(config, text)
  local list = words.json_form(text)
  if list then return list end
  local shell = config.Shell or { "/bin/sh", "-c" }
  list = table.move(shell, 1, #shell, 1, {})
  list[#list + 1] = text
  return json.array(list)
end

local instructions = {}

function instructions.CMD(config, text, state)
  config.Cmd = command(config, text)
  state.has_cmd = true
end

function instructions.ENTRYPOINT(config, text, state)
  local list = command(config, text)
  config.Entrypoint = #list > 0 and list or nil
  if not state.has_cmd then config.Cmd = nil end
end

function instructions.ENV(config, text)
  local list = expanded_pairs(config, text)
  local env = table.move(config.Env or {}, 1, #(config.Env or {}), 1, json.array {})
  for _, pair in ipairs(list) do image_config.env_set(env, pair[1], pair[2]) end
  config.Env = env
end

function instructions.LABEL(config, text)
  local labels = own(config, "Labels")
  for _, pair in ipairs(expanded_pairs(config, text)) do labels[pair[1]] = pair[2] end
end

function instructions.EXPOSE(config, text)
  local ports = own(config, "ExposedPorts")
  for spec in expanded(config, text):gmatch("%S+") do
    for _, name in ipairs(port.expand(spec)) do ports[name] = {} end
  end
end

function instructions.VOLUME(config, text)
  local list = words.json_form(text) or words.split(text)
  local volumes = own(config, "Volumes")
  for _, name in ipairs(list) do
    name = expanded(config, name)
    if name == "" then invalid("the path is empty") end
    volumes[name] = {}
  end
end

function instructions.USER(config, text)
  config.User = expanded(config, text)
end

function instructions.WORKDIR(config, text)
  local dir = expanded(config, text)
  config.WorkingDir = path.clean(dir:sub(1, 1) == "/" and dir
    or path.join("/", config.WorkingDir or "/", dir))
end

function instructions.STOPSIGNAL(config, text)
  local name = expanded(config, text)
  if not signal.is_valid(name) then invalid("'%s' is no signal", name) end
  config.StopSignal = name
end

function instructions.SHELL(config, text)
  config.Shell = words.json_form(text) or invalid('a JSON list is meant: ["/bin/bash", "-c"]')
end

local not_triggers = { ONBUILD = true, FROM = true, MAINTAINER = true }

function instructions.ONBUILD(config, text)
  local name = (text:match("^(%S+)") or ""):upper()
  if not_triggers[name] then invalid("%s can't be a trigger", name) end
  local triggers = table.move(config.OnBuild or {}, 1, #(config.OnBuild or {}), 1, json.array {})
  triggers[#triggers + 1] = text
  config.OnBuild = triggers
end

local times = {
  ["interval"] = "Interval", ["timeout"] = "Timeout", ["start-period"] = "StartPeriod",
  ["start-interval"] = "StartInterval",
}

local function set_health_flag(health, name, value)
  if name == "retries" then
    health.Retries = math.tointeger(tonumber(value:match("^%d+$")))
      or invalid("--retries=%s: a number is meant", value)
  elseif times[name] then
    local time, message = duration.parse(value)
    if not time then invalid("--%s: %s", name, message) end
    if time < 0 or (time > 0 and time < 1000000) then invalid("--%s: 1ms is the least", name) end
    health[times[name]] = time ~= 0 and time or nil
  else
    invalid("unknown flag '--%s'", name)
  end
end

--- The shell form is stored without the shell (SEMANTICS 16).
function instructions.HEALTHCHECK(config, text)
  local flags, rest = words.flags(text)
  local kind, words_text = rest:match("^(%S+)%s*(.-)$")
  kind = (kind or ""):upper()
  if kind ~= "NONE" and (kind ~= "CMD" or words_text == "") then
    invalid("NONE or CMD with a command is meant: %s", text)
  end
  local health = { Test = json.array { "NONE" } }
  if kind == "CMD" then
    local list = words.json_form(words_text)
    health.Test = json.array(list and { "CMD", table.unpack(list) }
      or { "CMD-SHELL", words_text })
  end
  for name, value in pairs(flags) do set_health_flag(health, name, value) end
  config.Healthcheck = health
end

local function names()
  local list = {}
  for name in pairs(instructions) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function apply_line(config, line, state)
  local name, text = line:match("^%s*(%S+)%s*(.-)%s*$")
  local handler = instructions[name:upper()]
  if not handler then
    local near = check.suggest(name:upper(), names())
    failure.raise("invalid-input", ("--change: '%s' can't be applied to an image"):format(name),
      { hint = near and ("did you mean '%s'?"):format(near)
        or "possible are " .. table.concat(names(), ", ") })
  end
  if text == "" then invalid("--change: %s needs an argument", name:upper()) end
  local ok, err = pcall(handler, config, text, state)
  if not ok then error(failure.wrap(err, "--change " .. name:upper()), 0) end
end

--- Answers a copy of the configuration with the instructions applied; a text may hold several
-- lines. Anything that would change files is refused.
function change.apply(config, texts)
  local changed, state = {}, {}
  for key, value in pairs(config) do changed[key] = value end
  for _, text in ipairs(texts or {}) do
    for line in text:gmatch("[^\n]+") do
      if line:find("%S") and not line:find("^%s*#") then apply_line(changed, line, state) end
    end
  end
  return changed
end

return change
