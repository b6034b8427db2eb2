--- What a plan may hold: the fields of each step, target and mount, and their types.
--
-- A row is `field = "type"`; a "!" behind the type says that the field is needed. Types:
--
--   string boolean integer     themselves
--   strings                    list of strings
--   command                    string (shell form) or list of strings (exec form)
--   pairs                      list of { name, value }
--   declarations               list of { name } and { name, default }
--   number, truth              integer, boolean, or a text with the variable that holds it
--   step, steps                id, list of ids, of steps before this one
--   mounts                     list of mounts, see `mounts`
local schema = {}

local function with(base, more)
  local all = {}
  for key, value in pairs(base) do all[key] = value end
  for key, value in pairs(more) do all[key] = value end
  return all
end

local copy = {
  sources = "strings", inline = "pairs", destination = "string!", from = "step",
  remotes = "steps", -- http and git steps, after the sources
  chown = "string", chmod = "string", link = "boolean", parents = "boolean", exclude = "strings",
  expand = "boolean",
}

local either_form = { shell = "string", exec = "strings" }

--- Of every step.
schema.common = { id = "integer!", op = "string!", file = "string", line = "integer",
  input = "step" }

--- Of each kind of step.
schema.steps = {
  scratch = { platform = "string" },
  image = { ref = "string!", platform = "string",
    files_only = "boolean" }, -- to copy from: it is no base, its triggers are none of ours
  stage = {}, -- a new stage that continues another one
  ["local"] = { path = "string", exclude = "strings" },
  http = { url = "string!", checksum = "string", name = "string" },
  git = { url = "string!", ref = "string", subdir = "string", submodules = "boolean",
    keep_git_dir = "boolean" },
  run = { command = "command!", mounts = "mounts", network = "string", security = "string",
    cache = "boolean", timeout = "string", user = "string", env = "pairs", script = "string",
    devices = "strings" },
  copy = copy,
  add = with(copy, { checksum = "string", unpack = "boolean", keep_git_dir = "boolean" }),
  layer = { lower = "step" }, -- what `input` adds to `lower`, or all of it, as one layer
  merge = { inputs = "steps!" },
  diff = { lower = "step!", upper = "step!" },
  env = { pairs = "pairs!" },
  label = { pairs = "pairs!" },
  annotate = { pairs = "pairs!" },
  arg = { name = "string", default = "string", list = "declarations" },
  maintainer = { name = "string!" },
  workdir = { path = "string!" },
  user = { name = "string!" },
  expose = { ports = "strings!" },
  volume = { paths = "strings!" },
  cmd = either_form,
  entrypoint = either_form,
  shell = { exec = "strings!" },
  healthcheck = with(either_form, { none = "boolean", interval = "string", timeout = "string",
    start_period = "string", start_interval = "string", retries = "integer" }),
  stopsignal = { signal = "string!" },
  onbuild = { text = "string!" },
  unset = { field = "string!", name = "string" },
}

--- Of each kind of mount of a run step. Modes and sizes are numbers: permission bits and bytes.
schema.mounts = {
  bind = { from = "step", source = "string", readonly = "truth" },
  cache = { id = "string", sharing = "string", from = "step", source = "string",
    mode = "number", uid = "number", gid = "number", readonly = "truth" },
  tmpfs = { size = "number", mode = "number" },
  secret = { id = "string", required = "truth", mode = "number", uid = "number",
    gid = "number", env = "string" },
  ssh = { id = "string", required = "truth", mode = "number", uid = "number",
    gid = "number" },
}

--- Of every mount.
schema.mount = { type = "string!", target = "string" }

--- What `unset` can take from a configuration: as image() names it, as the image stores it.
schema.unset = {
  cmd = "Cmd", entrypoint = "Entrypoint", env = "Env", label = "Labels", user = "User",
  workdir = "WorkingDir", expose = "ExposedPorts", volume = "Volumes", stopsignal = "StopSignal",
  healthcheck = "Healthcheck", shell = "Shell", onbuild = "OnBuild",
}

return schema
