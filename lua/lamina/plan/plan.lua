--- The plan: the graph of steps that a recipe evaluates to, as plain data and as JSON.
--
--   { version = 1,
--     steps = { { id = 1, op = "image", ref = "debian", file = "recipe.lua", line = 1 },
--               { id = 2, op = "run", command = "make", input = 1, … } },   inputs before users
--     targets = { { name = "default", step = 2, names = { "bombo/app:1" } } },
--     default = "default",              -- nil where a target has to be chosen
--     arguments = { "VERSION" },        -- build arguments that the recipe asked for
--     declared = { { "V", "1" } },      -- what arg() answered there, for triggers of images
--     reads = { "package.json" } }      -- files of the context that it read
--
-- It comes from a recipe, so nothing of it is believed before it is checked.
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local schema = require "lamina.plan.schema"

local plan = {}

plan.version = 1

local function wrong(format, ...)
  failure.raise("invalid-input", "plan: " .. format:format(...))
end

local function is_list(value, check, ...)
  if type(value) ~= "table" then return false end
  local count = 0
  for key, item in pairs(value) do
    if math.type(key) ~= "integer" or not check(item, ...) then return false end
    count = count + 1
  end
  return count == #value
end

local function is_string(value) return type(value) == "string" end

local function is_pair(value)
  return is_list(value, is_string) and #value == 2
end

local function is_declaration(value)
  return is_list(value, is_string) and (#value == 1 or #value == 2)
end

local function is_step(value, before)
  return math.type(value) == "integer" and value >= 1 and value < before
end

local fits

local function is_mount(value, before)
  local fields = type(value) == "table" and is_string(value.type) and schema.mounts[value.type]
  return fits(value, { fields or nil, schema.mount }, before) and fields ~= nil
end

--- A text whose value only the build knows.
local function is_late(value)
  return type(value) == "string" and value:find("$", 1, true) ~= nil
end

local types = {
  string = is_string,
  boolean = function(value) return type(value) == "boolean" end,
  integer = function(value) return math.type(value) == "integer" end,
  number = function(value) return math.type(value) == "integer" or is_late(value) end,
  truth = function(value) return type(value) == "boolean" or is_late(value) end,
  strings = function(value) return is_list(value, is_string) end,
  command = function(value) return is_string(value) or is_list(value, is_string) end,
  pairs = function(value) return is_list(value, is_pair) end,
  declarations = function(value) return is_list(value, is_declaration) and #value > 0 end,
  step = is_step,
  steps = function(value, before) return is_list(value, is_step, before) and #value > 0 end,
  mounts = function(value, before) return is_list(value, is_mount, before) end,
}

local function row(rows, key)
  for _, list in pairs(rows) do
    if list[key] then return list[key] end
  end
end

--- Whether a table has the fields of the rows, and no other; else false and the field's name.
function fits(value, rows, before)
  if type(value) ~= "table" then return false, "" end
  for key, item in pairs(value) do
    local kind = row(rows, key)
    if not kind or not types[kind:match("%l+")](item, before) then return false, tostring(key) end
  end
  for _, list in pairs(rows) do
    for key, kind in pairs(list) do
      if kind:find("!$") and value[key] == nil then return false, key end
    end
  end
  return true
end

local function check_step(step, number)
  if type(step) ~= "table" or step.id ~= number then wrong("step %d has another id", number) end
  local fields = is_string(step.op) and schema.steps[step.op]
  if not fields then wrong("step %d: unknown op '%s'", number, tostring(step.op)) end
  local ok, field = fits(step, { schema.common, fields }, number)
  if not ok then wrong("step %d (%s): wrong field '%s'", number, step.op, field) end
end

local function check_target(target, count)
  local rows = { { name = "string!", step = "step!", names = "strings" } }
  local ok, field = fits(target, rows, count + 1)
  if not ok then wrong("a target has a wrong field '%s'", field) end
end

--- Checks decoded data and answers it; raises a failure "invalid-input".
function plan.check(data)
  if type(data) ~= "table" or data.version ~= plan.version then wrong("version 1 expected") end
  local rows = { { version = "integer!", default = "string", arguments = "strings",
    reads = "strings", declared = "pairs" } }
  local rest = {}
  for key, value in pairs(data) do
    if key ~= "steps" and key ~= "targets" then rest[key] = value end
  end
  local ok, field = fits(rest, rows, 1)
  if not ok then wrong("wrong field '%s'", field) end
  if type(data.steps) ~= "table" or type(data.targets) ~= "table" then wrong("no steps") end
  for i, step in ipairs(data.steps) do check_step(step, i) end
  for _, target in ipairs(data.targets) do check_target(target, #data.steps) end
  if #data.targets == 0 then wrong("no target") end
  return data
end

--- Reads a plan from JSON.
function plan.decode(text)
  local data, err = json.decode(text)
  if not data then wrong("%s", err.message) end
  return plan.check(data)
end

--- The plan's JSON: sorted keys, so that equal plans are equal texts. `indent` for people.
function plan.encode(data, indent)
  return failure.check(json.encode(data, { indent = indent }))
end

return plan
