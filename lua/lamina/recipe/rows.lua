--- Descriptions of users' instructions as they come back from the sandbox: not believed before they
-- are what a Dockerfile's parser may be given.
local apply = require "lamina.dockerfile.apply"
local description = require "lamina.recipe.description"
local failure = require "lamina.util.failure"

local rows = {}

local function is_count(value)
  return value == nil or math.type(value) == "integer" and value >= 0
end

local function is_flag(flag)
  if type(flag) ~= "table" or type(flag.name) ~= "string" or not description.kinds[flag.kind] then
    return false
  end
  for _, choice in ipairs(flag.choices or {}) do
    if type(choice) ~= "string" then return false end
  end
  return flag.name:find("^%l[%l%d-]*$") ~= nil
end

local function is_row(row)
  if type(row) ~= "table" or type(row.name) ~= "string" or type(row.flags) ~= "table" then
    return false
  end
  for _, flag in ipairs(row.flags) do
    if not is_flag(flag) then return false end
  end
  return row.name:find("^%u[%u%d_]*$") ~= nil and description.forms[row.form]
    and is_count(row.least) and is_count(row.most)
    and (row.help == nil or type(row.help) == "string") or false
end

--- The rows by name, as dockerfile/parser.lua takes them.
function rows.check(list)
  local by_name = {}
  for _, row in ipairs(type(list) == "table" and list or { false }) do
    if not is_row(row) then
      failure.raise("invalid-input", "an instruction describes itself wrongly")
    end
    by_name[row.name] = { name = row.name, help = row.help or "", form = row.form,
      least = row.least, most = row.most, flags = row.flags, is_custom = true,
      has_heredocs = row.has_heredocs == true, apply = apply.custom }
  end
  return by_name
end

return rows
