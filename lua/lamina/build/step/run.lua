--- run: a command in the stage; what it writes is the layer.
local command = require "lamina.build.step.command"
local duration = require "lamina.util.duration"
local ending = require "lamina.build.step.ending"
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local memory = require "lamina.exec.memory"
local foreign = require "lamina.exec.foreign"
local mounted = require "lamina.build.step.mounted"
local mounts = require "lamina.build.step.mounts"
local output = require "lamina.build.step.output"
local privilege = require "lamina.exec.privilege"
local sched = require "lamina.util.sched"

local run = {}

local networks = { default = true, none = true, host = true }
local securities = { sandbox = true, insecure = true }

--- What the step asks for, if the caller allows it (ESC-12).
local function permitted(kind, wanted, known, safe, resolver)
  if not known[wanted] then
    failure.raise("invalid-input", ("run: unknown %s '%s'"):format(kind, wanted))
  end
  local name = kind .. "." .. wanted
  if safe ~= wanted and not resolver.options.allow[name] then
    failure.raise("unsupported", ("run: %s '%s' isn't allowed"):format(kind, wanted),
      { hint = ("'--allow %s' allows it to this recipe"):format(name) })
  end
  return wanted
end

local function network(step, resolver)
  local wanted = step.network or resolver.options.network or "default"
  if wanted == "none" or (wanted == "host" and resolver.options.network == "host") then
    return wanted -- less than the default, or the caller's own choice
  end
  return permitted("network", wanted, networks, "default", resolver)
end

local function security(step, resolver)
  return permitted("security", step.security or "sandbox", securities, "sandbox", resolver)
end

--- The environment of the command: the stage's, with the step's own variables.
local function environment(step, at, resolver)
  local list = {}
  for i, pair in ipairs(step.env or {}) do list[i] = { pair[1], resolver:expand(at, pair[2]) } end
  return (#list > 0 and at:with_arguments(list) or at).env:list()
end

--- Build arguments as the history shows them: |2 A=1 B=2 (SEMANTICS 88).
local function arguments_text(at)
  local words, places = {}, {}
  for _, arg in ipairs(at:arguments()) do
    local place = places[arg.name] or #words + 1
    places[arg.name] = place
    words[place] = arg.name .. "=" .. (at:variable(arg.name) or arg.value or "")
  end
  return #words > 0 and ("|%d %s "):format(#words, table.concat(words, " ")) or ""
end

local function limit(step)
  if not step.timeout then return nil end
  local value, message = duration.parse(step.timeout)
  if not value then failure.raise("invalid-input", "run: timeout: " .. message) end
  return value // 1000000
end

function run.run(step, at, resolver)
  local wanted = mounts.command(step)
  local args = type(wanted) == "string" and command.with_shell(at, wanted) or wanted
  if step.devices and #step.devices > 0 then
    failure.raise("unsupported", "run: devices of the host can't be given to a step")
  end
  local uses, list = mounts.resolve(step, at, resolver)
  local text = "RUN " .. arguments_text(at) .. table.concat(args, " ") .. " # buildkit"
  return resolver:vertex(step, at, text, {
    uses = uses, mounts = list, timeout = limit(step), is_uncached = step.cache == false,
    params = {
      args = args, env = environment(step, at, resolver), cwd = at:directory(),
      user = step.user and resolver:expand(at, step.user) or at.config.User or "",
      network = network(step, resolver), security = security(step, resolver),
      mounts = mounts.params(list),
    },
  })
end

--- Kills the command when its time is over.
local function watch_time(vertex, running, state)
  if not vertex.timeout then return nil end
  return sched.spawn(function()
    sched.sleep(vertex.timeout)
    state.is_late = true
    running.process:kill("SIGKILL")
  end)
end

--- What exec.start needs for a command in the step; `streams` or a terminal come to it.
local function specification(vertex, work, dir, below, places)
  local params = vertex.params
  local is_insecure = params.security == "insecure"
  local net = params.network
  if net == "default" then net = work:shared_network() end
  local env = table.move(params.env, 1, #params.env, 1, {})
  for _, list in ipairs { work.options.proxies, places.env } do
    table.move(list, 1, #list, #env + 1, env)
  end
  return {
    layers = below, upper = dir.upper, work = dir.work, args = params.args, env = env,
    cwd = params.cwd, user = params.user, network = net, mounts = places.list,
    check_target = mounts.check_target, volatile = true,
    capabilities = is_insecure and privilege.available() or nil, seccomp = not is_insecure,
  }
end

--- Runs the command; its lines go to the bus, the last ones into the failure's detail.
local function execute(vertex, work, spec)
  local streams <close> = output.open(vertex, work)
  spec.stdin, spec.stdout, spec.stderr = streams.null:fd(), streams.stdout:fd(),
    streams.stderr:fd()
  local kills = memory.kills()
  local running <close> = exec.start(work.store, spec)
  streams:follow()
  local state = {}
  local _clock <close> = watch_time(vertex, running, state)
  local status = running:wait()
  vertex.usage = status.usage
  streams:finish()
  local lines, are_more = streams:lines()
  ending.judge(status, { timeout = state.is_late and ending.timeout(vertex), kills = kills,
    lines = lines, are_more = are_more, id = vertex.id })
end

--- A shell where the command failed: what it wrote is there, what is done goes with the step.
local function enter(vertex, work, dir, spec)
  local shell = (vertex.at.config.Shell or { "/bin/sh" })[1]
  spec.args, spec.stdin, spec.stdout, spec.stderr = { shell }, nil, nil, nil
  spec.terminal, spec.foreground = true, true
  spec.work = dir.path .. "/shell" -- a volatile one can't be mounted again
  failure.check(fs.mkdir(spec.work))
  spec.env[#spec.env + 1] = "TERM=" .. (os.getenv("TERM") or "xterm")
  local running <close> = exec.start(work.store, spec)
  failure.check(running.process:attend { stdin = 0, stdout = 2 })
end

--- Makes the layer of a run step in `dir`.
function run.make(vertex, work, dir, below)
  foreign.check(vertex.at.platform)
  local places <close> = mounted.open(vertex, work, dir)
  local spec = specification(vertex, work, dir, below, places)
  local ok, err = pcall(execute, vertex, work, spec)
  if ok then return end
  if work.on_failure and failure.is(err) then
    err = work.on_failure(vertex, err, function() enter(vertex, work, dir, spec) end)
  end
  error(err, 0)
end

return run
