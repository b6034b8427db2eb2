--- Mounts for run: cache "/root/.ccache", bind { from = stage, target = "/src" }, tmpfs "/tmp",
-- secret { id = "token" }, ssh {}.
--
-- A mount is a plain table { type =, target =, … } with the options of plan.schema. What stands in
-- one is believed nowhere but where a step takes it.
local argument = require "lamina.recipe.argument"
local place = require "lamina.recipe.place"
local schema = require "lamina.plan.schema"

local mounts = {}

-- How an option is read; what isn't here goes by its type in the schema.
local readers = { mode = argument.mode, size = argument.size }
local by_type = { string = argument.text, truth = argument.boolean, number = argument.integer }

--- A reader that leaves a text with a variable as it is.
local function late(reader)
  return function(value, what)
    if type(value) == "string" and value:find("$", 1, true) then return value end
    return reader(value, what)
  end
end

--- `source_of` turns what `from` names into the step it stands for.
local function rows_of(kind, source_of)
  local rows = { type = argument.text, target = argument.text }
  for key, type_name in pairs(schema.mounts[kind]) do
    rows[key] = late(readers[key] or by_type[type_name])
  end
  if schema.mounts[kind].from then rows.from = source_of end
  return rows
end

--- The constructors, by name; `cache "/x"` and `cache("/x", {…})` name the target first. What they
-- are given is checked where they are called, and kept as it is written.
function mounts.constructors(source_of)
  local all = {}
  for kind in pairs(schema.mounts) do
    local rows = rows_of(kind, source_of)
    all[kind] = function(target, options)
      if type(target) == "table" and options == nil then target, options = nil, target end
      argument.options(options, rows, kind)
      local mount = {}
      for key, value in pairs(options or {}) do mount[key] = value end
      mount.type = kind
      mount.target = target and argument.text(target, kind .. ": the target") or mount.target
      return mount
    end
  end
  return all
end

--- A function that reads the mounts of a run step, as the plan has them.
function mounts.reader(source_of)
  return function(value, what)
    if type(value) ~= "table" then place.blame(what .. ": a list of mounts expected") end
    if value.type then value = { value } end
    local list = {}
    for i, mount in ipairs(value) do
      if type(mount) ~= "table" or not schema.mounts[mount.type] then
        place.blame(what .. ": a mount expected, such as cache \"/root/.cache\"")
      end
      list[i] = argument.options(mount, rows_of(mount.type, source_of), what)
    end
    return list
  end
end

return mounts
