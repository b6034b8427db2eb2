--- A further command in a running container.
local container = require "lamina.commit.container"
local core_namespace = require "lamina.core.namespace"
local environment = require "lamina.commit.environment"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local image_config = require "lamina.image.config"

local exec = {}

--- The container's environment with what this command's options add, and HOME.
local function variables(record, options, user)
  local env = environment.complete(record.config, {
    hostname = container.hostname(record), terminal = options.tty,
  })
  for _, text in ipairs(options.variables) do
    image_config.env_set(env, text:match("^([^=]*)=(.*)$"))
  end
  if not image_config.env_get(env, "HOME") then
    local home = user.home ~= "" and user.home or "/"
    image_config.env_set(env, "HOME", home or "/")
  end
  return env
end

local function join(record, options, words)
  local root <close> = failure.check(fs.open(("/proc/%d/root"):format(record.pid.pid), "path"))
  local config, host = record.config, record.config.host
  local user = failure.check(core_namespace.resolve_user(root:fd(),
    options.user or config.User or ""))
  local nothing <close> = failure.check(fs.open("/dev/null", "r"))
  return failure.check(core_namespace.join(record.pid.pid, {
    args = words, env = variables(record, options, user),
    cwd = options.workdir or config.WorkingDir or "/",
    user = { uid = user.uid, gid = user.gid, groups = user.groups },
    terminal = options.tty, stdin = not options.interactive and nothing:fd() or nil,
    capabilities = host.capabilities, no_new_privileges = host.no_new_privileges,
  }))
end

--- Runs a command in a running container, in the foreground; answers its exit code. Options are
-- those of `lamina exec`, by their long names; `variables` are what --env and --env-file set.
function exec.run(record, options, words)
  if record.status ~= "running" then
    failure.raise("invalid-input", ("container %s is not running"):format(record.name),
      { hint = ("`lamina start %s` runs it"):format(record.name) })
  end
  local _signals <close> = core_namespace.hold_signals()
  local process <close> = join(record, options, words)
  return container.attend(process, options.interactive)
end

return exec
