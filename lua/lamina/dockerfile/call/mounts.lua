--- The mounts of RUN (mount.lua) as `mounts` of run takes them.
local words = require "lamina.util.word.recipe"

local mounts = {}

-- The options that are a mount's own, beside its type, target and `from`.
local names = { "id", "source", "sharing", "readonly", "required", "mode", "uid", "gid", "size",
  "env" }

--- An option's value; modes are written in octal, as chmod(1) has them.
local function value_of(name, value, escape)
  if type(value) == "string" then return words.from_docker(value, escape) end
  if name == "mode" then return ("%04o"):format(value) end
  return value
end

--- What a secret is called; a file's name in its source or target stands for it.
local function id_of(one)
  if one.type ~= "secret" then return one.id end
  return one.id or one.source or one.target:match("[^/]*$")
end

local function mount(one, line, context)
  local options, escape = {}, context.escape
  for _, name in ipairs(names) do
    if one[name] ~= nil then options[name] = value_of(name, one[name], escape) end
  end
  local id = id_of(one)
  options.id = id and words.from_docker(id, escape)
  if one.type == "secret" then options.source = nil end
  options.from = one.from and context:stage(one.from, line)
  return context:mount(one.type, one.target and words.from_docker(one.target, escape), options)
end

--- The list of an instruction's mounts; `context` as call.lua has it.
function mounts.of(instruction, context)
  local list = {}
  for i, one in ipairs(instruction.mounts) do list[i] = mount(one, instruction.line, context) end
  return list
end

return mounts
