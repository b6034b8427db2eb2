--- A container as `docker container inspect` shows it.
local container = require "lamina.commit.container"
local json = require "lamina.core.json"
local settings = require "lamina.commit.settings"
local text = require "lamina.util.text"
local volume = require "lamina.commit.volume"

local no_time = "0001-01-01T00:00:00Z"

local function time(seconds)
  return seconds and text.rfc3339(seconds) or no_time
end

local function state(record)
  local running = record.status == "running"
  return {
    Status = record.status, Running = running, Paused = false, Restarting = false, Dead = false,
    OOMKilled = false, Pid = running and record.pid and record.pid.pid or 0,
    ExitCode = record.exit_code or 0, Error = "", StartedAt = time(record.started),
    FinishedAt = time(record.finished),
  }
end

--- Its mounts; a volume without a name is "volume" as well.
local function mounts(store, record)
  local list, given = json.array {}, record.config.host.mounts or {}
  for i, mount in ipairs(volume.mounts(store, record)) do
    list[i] = {
      Type = given[i].source and "bind" or "volume", Name = given[i].volume,
      Source = mount.source, Destination = mount.target, Mode = "", RW = not mount.readonly,
      Propagation = "rprivate",
    }
  end
  return list
end

local function host_config(host)
  return {
    NetworkMode = host.network or "default", AutoRemove = host.removed or false,
    ReadonlyRootfs = host.readonly or false, Init = host.init or false, Privileged = false,
    Capabilities = host.capabilities or json.null,
    SecurityOpt = host.no_new_privileges and json.array { "no-new-privileges" } or json.null,
  }
end

--- The configuration without what concerns this machine only, and with what Docker adds.
local function config_of(record)
  local config, host = {}, record.config.host or {}
  for key, value in pairs(record.config) do config[key] = value end
  config.host = nil
  config.Hostname, config.Image = container.hostname(record), host.image or record.image
  config.Tty, config.OpenStdin = host.terminal or false, host.interactive or false
  for _, key in ipairs { "Cmd", "Entrypoint", "Env", "Labels", "Volumes" } do
    if config[key] == nil then config[key] = json.null end
  end
  config.User, config.WorkingDir = config.User or "", config.WorkingDir or ""
  return config
end

--- Where its files lie: what it has written, above its layers.
local function driver(store, record)
  local paths = {}
  for i = #record.layers, 1, -1 do paths[#paths + 1] = store.layers:path(record.layers[i]) end
  return { Name = "overlay", Data = { LowerDir = table.concat(paths, ":"),
    UpperDir = record.dir .. "/upper", WorkDir = record.dir .. "/work" } }
end

return function(store, record)
  local host, words = record.config.host or {}, settings.command(record.config)
  return {
    Id = record.id, Created = time(record.created), Path = words[1] or "",
    Args = json.array(table.move(words, 2, #words, 1, {})), State = state(record),
    Image = record.image, Name = "/" .. record.name, LogPath = record.dir .. "/log",
    Platform = "linux", Mounts = mounts(store, record), HostConfig = host_config(host),
    Config = config_of(record), GraphDriver = driver(store, record),
  }
end
