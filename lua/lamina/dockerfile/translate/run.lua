--- RUN as run(command, { mounts =, … }).
local heredoc = require "lamina.dockerfile.heredoc"
local literal = require "lamina.dockerfile.translate.literal"

local mount_options = { "id", "source", "sharing", "readonly", "required", "mode", "uid", "gid",
  "size", "env" }

--- A mount's option; modes are written in octal, as chmod(1) has them.
local function option(self, name, value)
  if type(value) == "string" then return literal.text(self:word(value)) end
  if name == "mode" then return ('"%04o"'):format(value) end
  return tostring(value)
end

--- cache("/root/.cache", { id = "x" }): type, target, and the other options.
local function mount(self, one, line)
  local fields = {}
  if one.from then fields[1] = { "from", self:stage(one.from, line) } end
  local id = one.type == "secret" and (one.id or one.source)
    or one.type == "secret" and one.target:match("[^/]*$") or one.id
  for _, name in ipairs(mount_options) do
    local value = one[name]
    if name == "id" then value = id end
    if value ~= nil and not (one.type == "secret" and name == "source") then
      fields[#fields + 1] = { name, option(self, name, value) }
    end
  end
  local arguments = {}
  if one.target then arguments[1] = literal.text(self:word(one.target)) end
  if #fields > 0 or not one.target then arguments[#arguments + 1] = literal.fields(fields) end
  return literal.call(one.type, arguments, 6)
end

--- The command with its heredocs (SEMANTICS 14), and the name of a script that it is.
local function command_of(self, instruction)
  if instruction.json then
    local list = {}
    for i, word in ipairs(instruction.args) do list[i] = literal.text(word) end
    return literal.list(list)
  end
  local text, found = instruction.args[1], instruction.heredocs
  if not found then return self:shell_text(instruction, text) end
  if #found == 1 and heredoc.parse(text) then
    local body = found[1].content
    return literal.text(body), body:find("^#!") and found[1].name
  end
  local parts = { text }
  for _, one in ipairs(found) do parts[#parts + 1] = one.raw .. one.name end
  return literal.text(table.concat(parts, "\n"))
end

return function(self, instruction)
  local command, script = command_of(self, instruction)
  local options, fields = instruction.options, {}
  if not script and not next(options) then return "run", { command } end
  if script then fields[1] = { "script", literal.text(script) } end
  local list = {}
  for i, one in ipairs(instruction.mounts or {}) do list[i] = mount(self, one, instruction.line) end
  if #list > 0 then fields[#fields + 1] = { "mounts", literal.list(list) } end
  for _, name in ipairs { "network", "security" } do
    if options[name] then fields[#fields + 1] = { name, literal.text(options[name]) } end
  end
  if options.device then
    local devices = {}
    for i, text in ipairs(options.device) do devices[i] = literal.text(text) end
    fields[#fields + 1] = { "devices", literal.list(devices) }
  end
  return "run", { command, #fields > 0 and literal.fields(fields) or nil }
end
