--- The life of a container: made, run, run again.
--
--   local record = container.create(store, options, { "bash" })
--   local status = container.run(store, record, { stdin = true })     -- in the foreground
--
-- lamina stays as the container's parent while it runs. When lamina dies, however it dies, so
-- does the container, and it then reads as exited.
local environment = require "lamina.commit.environment"
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local foreign = require "lamina.exec.foreign"
local fs = require "lamina.core.fs"
local obtain = require "lamina.registry.obtain"
local settings = require "lamina.commit.settings"
local terminal = require "lamina.core.terminal"
local volume = require "lamina.commit.volume"

local container = {}

--- Failures of ours end with 125, so that they aren't taken for the container's own status.
local own_failure = 125

--- A failure gets a status that tells who failed; wrong usage keeps its own.
local function blame(err)
  if not failure.is(err) then return debug.traceback(tostring(err), 2) end
  if err.status == 1 then err.status = own_failure end
  return err
end

local function blaming(work, ...)
  local result = table.pack(xpcall(work, blame, ...))
  if not result[1] then error(result[2], 0) end
  return table.unpack(result, 2, result.n)
end

--- What a shell would answer for a status.
function container.code(status)
  return status.exited or 128 + status.signal
end

--- The writable layer's root is the container's "/": it looks as the image's.
local function take_root(store, record)
  store.layers:check(record.layers)
  local top = store.layers:paths(record.layers)[1]
  local entry = top and failure.check(fs.stat(top)) or { mode = 493, uid = 0, gid = 0 } -- 0755
  local upper = record.dir .. "/upper"
  failure.check(fs.chown(upper, entry.uid, entry.gid))
  failure.check(fs.chmod(upper, entry.mode & 4095)) -- 07777
end

--- An image for another machine needs an interpreter; one that doesn't say so may be for this one.
local function check_platform(image)
  local whole = image.config
  if not whole.architecture or whole.architecture == "" then return end
  foreign.check { os = whole.os or "linux", architecture = whole.architecture }
end

local function create(store, options, words)
  local image = obtain.image(store, options.image, { platform = options.platform,
    policy = options.pull, before = options.before_pull })
  local _held <close> = store:hold() -- the image's layers stay until the container keeps them
  image = store.images:resolve(image.id, options.platform)
  check_platform(image)
  local config = settings.config(options, words, image)
  if #settings.command(config) == 0 then
    failure.raise("invalid-input", ("image %s has no command, and none was given")
      :format(options.image), { hint = "name one behind the image" })
  end
  config.host.image = options.image
  config.host.mounts = volume.list(options.volume, config.Volumes)
  local record = store.containers:create {
    image = image.id, name = options.name, config = config, layers = image.layers,
    claims = true,
  }
  local ok, err = pcall(function()
    take_root(store, record)
    volume.make_all(store, record)
  end)
  if ok then return record end
  store.containers:remove(record.id, { force = true })
  error(err, 0)
end

--- Makes a container of an image. Options are those of `lamina run`, by their long names, and
-- `image`; before_pull is called when that has to be pulled, and may answer a bus to tell.
function container.create(store, options, words)
  return blaming(create, store, options, words)
end

--- The name a container has for itself: its own, or with the host's network the host's.
function container.hostname(record)
  local host = record.config.host
  if host.hostname then return host.hostname end
  if host.network ~= "host" then return record.id:sub(1, 12) end
  return (failure.check(fs.read("/proc/sys/kernel/hostname")):gsub("%s+$", ""))
end

--- What exec.start needs to know about a container.
local function specification(store, record, streams)
  local config, host = record.config, record.config.host
  local name, mounts = container.hostname(record), volume.mounts(store, record)
  for _, mount in ipairs(mounts) do mount.type = "bind" end
  return {
    layers = record.layers, upper = record.dir .. "/upper", work = record.dir .. "/work",
    args = settings.command(config), cwd = config.WorkingDir, user = config.User or "",
    env = environment.complete(config, { hostname = name, terminal = host.terminal }),
    foreground = true, hostname = name, network = host.network, mounts = mounts,
    readonly = host.readonly,
    init = host.init, capabilities = host.capabilities, terminal = host.terminal,
    no_new_privileges = host.no_new_privileges, stdin = streams.stdin, stdout = streams.stdout,
    stderr = streams.stderr,
  }
end

--- Docker's check: keys can only come from a terminal, and `-t` promises that there is one.
function container.check_terminal(wants_input, wants_terminal)
  if wants_input and wants_terminal and not terminal.is_terminal(0) then
    failure.raise("usage", "the input device is not a TTY",
      { hint = "leave out -t, or run it in a terminal", status = 1 })
  end
end

-- What a program gets that writes where nobody reads any more, or whose terminal is closed: 128 and
-- the number of SIGPIPE or SIGHUP.
local closed = { EPIPE = 141, EIO = 129 }

--- Stays with a process until it ends, copying its terminal; answers its exit code.
function container.attend(process, wants_input, output)
  local status, err = process:attend { stdin = wants_input and 0 or -1, stdout = output or 1 }
  local code = err and closed[err.errno]
  if code then failure.raise("system", err.message, { is_closed = true, status = code }) end
  return container.code(failure.check(status, err))
end

local function null()
  return failure.check(fs.open("/dev/null", "r"))
end

--- Records the end of a container whatever ended it, and removes it where that was asked for.
local function ending(store, record)
  return setmetatable({ code = own_failure }, { __close = function(self, err)
    if failure.is(err) and err.is_closed then self.code = err.status end
    store.containers:finished(record.id, self.code)
    if record.config.host.removed then store.containers:remove(record.id, { force = true }) end
  end })
end

local function start_and_attend(store, record, streams)
  local _claim <close> = record.claim or store.containers:claim(record.id)
  record = store.containers:get(record.id) -- a commit may have been first
  local ended <close> = ending(store, record)
  local ok, running = pcall(exec.start, store, specification(store, record, streams))
  if not ok then
    local err = running
    if failure.is(err) and (err.status == 126 or err.status == 127) then ended.code = err.status end
    error(err, 0)
  end
  local _running <close> = running
  store.containers:started(record.id, running.pid)
  if streams.ready then streams.ready(record) end
  ended.code = container.attend(running.process, streams.is_attended, streams.stdout)
  return ended.code
end

--- Runs a container to its end. `how`: stdin (whether it gets ours), output (a descriptor for
-- what it writes; default ours), ready (called once it runs).
function container.run(store, record, how)
  local nothing <close> = null()
  local streams = { ready = how.ready, is_attended = how.stdin, stdout = how.output,
    stderr = how.output }
  if not how.stdin then streams.stdin = nothing:fd() end
  return blaming(start_and_attend, store, record, streams)
end

--- Runs a container in the background: what it writes goes to the file `log` in its folder.
-- `ready` is called with `word` (default: its id) once it runs.
function container.run_detached(store, record, ready, word)
  local log <close> = failure.check(fs.open(record.dir .. "/log", "a"))
  return container.run(store, record, {
    output = log:fd(), ready = function() ready(word or record.id) end,
  })
end

return container
