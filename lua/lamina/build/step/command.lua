--- CMD, ENTRYPOINT, SHELL and HEALTHCHECK: commands that the image keeps for later.
local duration = require "lamina.util.duration"
local failure = require "lamina.util.failure"
local gotext = require "lamina.build.gotext"
local json = require "lamina.core.json"

local command = {}

local default_shell = { "/bin/sh", "-c" }

--- A shell form with the image's shell before it (SEMANTICS 31).
function command.with_shell(at, text)
  local words = at.config.Shell or default_shell
  words = table.move(words, 1, #words, 1, {})
  words[#words + 1] = text
  return words
end

--- The words of a step that is either form.
local function words_of(step, at)
  if step.shell then return command.with_shell(at, step.shell) end
  return table.move(step.exec, 1, #step.exec, 1, {})
end

function command.cmd(step, at)
  local words = words_of(step, at)
  return at:with({ has_cmd = true })
    :configured({ Cmd = json.array(words), ArgsEscaped = true })
    :remember("CMD " .. gotext.quoted_list(words))
end

--- ENTRYPOINT drops a CMD that this stage hasn't set itself (SEMANTICS 30).
function command.entrypoint(step, at)
  local words = words_of(step, at)
  local changes = { Entrypoint = #words > 0 and json.array(words) or false }
  if not at.has_cmd then changes.Cmd = false end
  return at:configured(changes):remember("ENTRYPOINT " .. gotext.quoted_list(words))
end

function command.shell(step, at)
  local words = json.array(table.move(step.exec, 1, #step.exec, 1, {}))
  return at:configured({ Shell = words }):remember("SHELL " .. gotext.list(words))
end

-- A check's times: as the step and as the image name them, in the order Go prints them.
local times = {
  { "interval", "Interval" }, { "timeout", "Timeout" }, { "start_period", "StartPeriod" },
  { "start_interval", "StartInterval" },
}

local function read_time(name, text)
  local value, message = duration.parse(text)
  if not value then
    failure.raise("invalid-input", ("healthcheck: %s: %s"):format(name, message))
  elseif value < 0 or (value > 0 and value < 1000000) then
    failure.raise("invalid-input", ("healthcheck: %s: 1ms is the least"):format(name))
  end
  return value
end

local most_retries = (1 << 31) - 1 -- as Docker reads them

--- What the image stores; zero times and retries mean "inherit" and are left out.
local function check(step)
  if step.none then return { Test = { "NONE" } } end
  local health = { Test = { "CMD-SHELL", step.shell } }
  if step.exec then health.Test = { "CMD", table.unpack(step.exec) } end
  for _, name in ipairs(times) do
    local value = step[name[1]] and read_time(name[1], step[name[1]]) or 0
    health[name[2]] = value ~= 0 and value or nil
  end
  local retries = step.retries or 0
  if retries < 0 or retries > most_retries then
    failure.raise("invalid-input", ("healthcheck: retries can't be %d"):format(retries))
  end
  health.Retries = retries ~= 0 and retries or nil
  return health
end

local function describe(health)
  local words = { gotext.quoted_list(health.Test) }
  for _, name in ipairs(times) do
    words[#words + 1] = gotext.quote(duration.format(health[name[2]] or 0))
  end
  words[#words + 1] = gotext.rune(health.Retries or 0)
  return "HEALTHCHECK &{" .. table.concat(words, " ") .. "}"
end

function command.healthcheck(step, at)
  local health = check(step)
  return at:configured({ Healthcheck = health }):remember(describe(health))
end

return command
