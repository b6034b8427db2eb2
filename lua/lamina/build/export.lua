--- Outputs: what becomes of a target that is built. Each kind is export/KIND.lua.
--
--   export.check(outputs)      -- before anything is built: what can't be is told then
--   export.run(what)           -- what = { store =, outputs =, images =, names =, … }
--
-- An output is { type = "oci", dest = "x.tar", … }; `options` of its kind lists what else it takes.
-- A kind has `options` (name -> "text" or "truth"), `check(output, platforms)` and
-- `write(what, output)`, which answers what it has made, for the metadata: { digest =,
-- media_type =, size =, id =, names = }.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"

local export = {}

export.kinds = { "docker", "local", "none", "oci", "registry", "store", "tar" }

-- As BuildKit calls what goes into its image store.
local other_names = { image = "store" }

local function usage(message, hint)
  failure.raise("usage", message, { hint = hint })
end

local function find(name)
  name = other_names[name] or name
  for _, kind in ipairs(export.kinds) do
    if kind == name then return require("lamina.build.export." .. kind), kind end
  end
  local near = check.suggest(tostring(name), export.kinds)
  usage(("output: unknown type '%s'"):format(tostring(name)),
    near and ("did you mean '%s'?"):format(near)
      or "types are " .. table.concat(export.kinds, ", "))
end

local function convert(kind, key, value, type)
  if type == "text" or value == nil then return value end
  if check.booleans[value] ~= nil then return check.booleans[value] end
  usage(("output type=%s: '%s' is true or false, not '%s'"):format(kind, key, value))
end

local function unknown(name, key, kind)
  local known = { "type" }
  for option in pairs(kind.options) do known[#known + 1] = option end
  table.sort(known)
  usage(("output type=%s: unknown key '%s'"):format(name, key), check.hint(key, known))
end

local function check_one(given, platforms)
  local kind, name = find(given.type)
  local output = { type = name, kind = kind }
  for key, value in pairs(given) do
    if key ~= "type" then
      output[key] = convert(name, key, value, kind.options[key] or unknown(name, key, kind))
    end
  end
  if kind.check then kind.check(output, platforms) end
  return output
end

--- Checks outputs for so many platforms and answers them with their kinds; without any, the image
-- goes into the store.
function export.check(outputs, platforms)
  local list, streams = {}, 0
  for i, given in ipairs(outputs or {}) do
    list[i] = check_one(given, platforms)
    if list[i].is_stream then streams = streams + 1 end
  end
  if streams > 1 then usage("only one output can be standard output", "dest=FILE names a file") end
  if #list == 0 then list[1] = check_one { type = "store" } end
  return list
end

--- Whether more is done than a few rows and small files.
function export.is_slow(outputs)
  for _, output in ipairs(outputs) do
    if output.type ~= "store" and output.type ~= "none" then return true end
  end
  return false
end

--- Writes every output; answers what each has made, in their order.
function export.run(what)
  local made = {}
  for i, output in ipairs(what.outputs) do
    made[i] = output.kind.write(what, output) or {}
    made[i].type, made[i].dest, made[i].is_stream = output.type, output.dest, output.is_stream
  end
  return made
end

return export
