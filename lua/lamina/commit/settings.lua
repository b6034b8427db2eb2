--- What `lamina run` was asked for, as the configuration its container keeps.
--
-- It is the image's "config" object with the user's settings over it, as Docker keeps it, and one
-- more field `host`: what concerns this machine only and never becomes part of an image.
local environment = require "lamina.commit.environment"
local failure = require "lamina.util.failure"
local image_config = require "lamina.image.config"
local json = require "lamina.core.json"
local path = require "lamina.util.path"
local privilege = require "lamina.exec.privilege"

local settings = {}

local default_capabilities = {
  "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
  "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}

local function usage(...)
  failure.raise("usage", string.format(...))
end

local function labels(texts)
  local map = {}
  for _, text in ipairs(texts or {}) do
    local name, value = text:match("^([^=]+)=?(.*)$")
    if not name then usage("--label '%s': NAME=VALUE is meant", text) end
    map[name] = value
  end
  return map
end

local function workdir(dir)
  if dir and dir:sub(1, 1) ~= "/" then usage("--workdir '%s': an absolute path is meant", dir) end
  return dir and path.clean(dir)
end

--- What the user said himself: the upper half of the merge.
local function own_config(options, words)
  return {
    Env = json.array(environment.from_options(options.env_file, options.env)),
    Labels = labels(options.label),
    User = options.user, WorkingDir = workdir(options.workdir),
    Cmd = #words > 0 and json.array(words) or nil,
    Entrypoint = options.entrypoint and json.array { options.entrypoint } or nil,
  }
end

--- Each known name of a list of capabilities; "ALL" is all that there are to give.
local function named_capabilities(texts, what, visit)
  local known = {}
  for _, name in ipairs(privilege.capabilities) do known[name] = true end
  for _, text in ipairs(texts or {}) do
    local name = text:upper():gsub("^CAP_", "")
    if name == "ALL" then
      for _, each in ipairs(privilege.available()) do visit(each) end
    elseif known[name] then
      visit(name)
    else
      usage("%s '%s': there is no such capability", what, text)
    end
  end
end

--- The capabilities as a list, or nil for the default ones.
local function capabilities(options)
  if #(options.cap_add or {}) + #(options.cap_drop or {}) == 0 then return nil end
  local set, list = {}, json.array {}
  for _, name in ipairs(default_capabilities) do set[name] = true end
  local dropped, drops_all = {}, false
  for _, text in ipairs(options.cap_drop or {}) do
    drops_all = drops_all or text:upper() == "ALL"
  end
  named_capabilities(options.cap_drop, "--cap-drop", function(name) dropped[name] = true end)
  if drops_all then set, dropped = {}, {} end
  named_capabilities(options.cap_add, "--cap-add", function(name) set[name] = true end)
  for name in pairs(dropped) do set[name] = nil end
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local networks = { default = "default", bridge = "default", host = "host", none = "none" }

local function network(name)
  return networks[name or "default"] or usage("--network '%s': it is default, host or none", name)
end

--- --security-opt takes one word so far.
local function no_new_privileges(texts)
  local on
  for _, text in ipairs(texts or {}) do
    local value = text:match("^no%-new%-privileges[:=]?(.*)$")
    if value ~= "" and value ~= "true" and value ~= "false" then
      usage("--security-opt '%s': no-new-privileges is what is known", text)
    end
    on = value ~= "false"
  end
  return on
end

local function hostname(name)
  if not name or (name:find("^[%w][%w_.-]*$") and #name <= 64) then return name end
  usage("--hostname '%s': letters, digits, '-', '_' and '.' are meant, 64 at most", name)
end

local function host(options)
  return {
    network = network(options.network), readonly = options.read_only, init = options.init,
    capabilities = capabilities(options), removed = options.rm,
    no_new_privileges = no_new_privileges(options.security_opt),
    terminal = options.tty, interactive = options.interactive,
    hostname = hostname(options.hostname),
  }
end

--- The merged configuration (SEMANTICS 92, 99). `words` is the command line's own command; an
-- entry point "" takes the image's away.
function settings.config(options, words, image)
  local config = image_config.merge(own_config(options, words), image.config.config or {})
  if config.Entrypoint and #config.Entrypoint == 1 and config.Entrypoint[1] == "" then
    config.Entrypoint = nil
  end
  config.host = host(options)
  return config
end

--- The whole command of a configuration: the entry point's words and the command's.
function settings.command(config)
  local words = table.move(config.Entrypoint or {}, 1, #(config.Entrypoint or {}), 1, {})
  return table.move(config.Cmd or {}, 1, #(config.Cmd or {}), #words + 1, words)
end

return settings
