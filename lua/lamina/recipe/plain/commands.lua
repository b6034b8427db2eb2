--- run, cmd, entrypoint, shell and healthcheck as instructions.
local json = require "lamina.core.json"

local commands = {}

--- A name for a heredoc that no line of the text is.
local function heredoc_name(text)
  local name, count = "EOF", 0
  while ("\n" .. text .. "\n"):find("\n" .. name .. "\n", 1, true) do
    count = count + 1
    name = "EOF" .. count
  end
  return name
end

--- Whether a text can stand behind RUN and mean itself.
local function is_plain_command(text, escape)
  return text ~= "" and not text:find("[\n\r]") and not text:find("^%s") and not text:find("%s$")
    and not text:find("^%[") and not text:find("^%-%-") and not text:find("<<", 1, true)
    and text:sub(-1) ~= escape
end

local function command(word, text, context, flags)
  local head = table.concat({ word, table.unpack(flags or {}) }, " ")
  if type(text) == "table" then return head .. " " .. json.encode(json.array(text)) end
  if is_plain_command(text, context.escape) then return head .. " " .. text end
  if word ~= "RUN" then context.refuse(word .. " with such a text") end
  local name = heredoc_name(text)
  if text ~= "" and text:sub(-1) ~= "\n" then text = text .. "\n" end
  return ("%s <<'%s'\n%s%s"):format(head, name, text, name)
end

local mount_keys = { "type", "id", "target", "source", "from", "sharing", "readonly", "required",
  "mode", "uid", "gid", "size", "env" }

local function mount_flag(mount, context)
  local fields = {}
  for _, key in ipairs(mount_keys) do
    local value = mount[key]
    if key == "from" and value then value = context:from(value) end
    if key == "mode" and math.type(value) == "integer" then value = ("%04o"):format(value) end
    if type(value) == "string" and value:find("[%s,'\"\\]") then
      context.refuse(("a mount whose %s is '%s'"):format(key, value))
    end
    if value ~= nil then fields[#fields + 1] = key .. "=" .. tostring(value) end
  end
  return "--mount=" .. table.concat(fields, ",")
end

function commands.run(step, context)
  for _, key in ipairs { "user", "env", "timeout", "script" } do
    if step[key] then context.refuse(("run with '%s'"):format(key)) end
  end
  if step.cache == false then context.refuse "run with 'cache = false'" end
  local flags = {}
  for i, mount in ipairs(step.mounts or {}) do flags[i] = mount_flag(mount, context) end
  for _, key in ipairs { "network", "security" } do
    if step[key] then flags[#flags + 1] = ("--%s=%s"):format(key, step[key]) end
  end
  for _, device in ipairs(step.devices or {}) do flags[#flags + 1] = "--device=" .. device end
  return command("RUN", step.command, context, flags)
end

function commands.cmd(step, context)
  return command(step.op:upper(), step.shell or step.exec, context)
end

commands.entrypoint = commands.cmd

function commands.shell(step) return "SHELL " .. json.encode(json.array(step.exec)) end

function commands.healthcheck(step, context)
  if step.none then return "HEALTHCHECK NONE" end
  local flags = {}
  for _, key in ipairs { "interval", "timeout", "start_period", "start_interval", "retries" } do
    if step[key] then
      flags[#flags + 1] = ("--%s=%s"):format(key:gsub("_", "-"), tostring(step[key]))
    end
  end
  flags[#flags + 1] = command("CMD", step.shell or step.exec, context)
  return "HEALTHCHECK " .. table.concat(flags, " ")
end

return commands
