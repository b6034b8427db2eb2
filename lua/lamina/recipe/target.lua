--- What a recipe returns: an image, a stage, or a table of named targets; and the plan it makes.
local argument = require "lamina.recipe.argument"
local place = require "lamina.recipe.place"
local schema = require "lamina.plan.schema"
local stage = require "lamina.recipe.stage"

local target = {}

local images = setmetatable({}, { __mode = "k" }) -- image -> { stage =, names = }
local Image = { __name = "lamina.image", __metatable = false }

function Image.__index(_, key)
  place.enter()
  place.blame(("an image has no field or method '%s'"):format(tostring(key)),
    "what changes the file system goes before image(…)")
end

function Image.__newindex()
  place.enter()
  place.blame("an image can't be changed")
end

--- Options whose value a method of the stage takes as it is. In this order, since an entrypoint
-- drops an inherited command.
local config_options = { "annotate", "entrypoint", "cmd", "env", "expose", "healthcheck", "label",
  "onbuild", "shell", "stopsignal", "user", "volume", "workdir" }
-- The words of image configurations mean the same.
local same = { labels = "label", annotations = "annotate", volumes = "volume", ports = "expose" }

local function pass(value) return value end

local option_rows = { name = argument.text, names = argument.list }
for _, key in ipairs(config_options) do option_rows[key] = pass end
for key in pairs(same) do option_rows[key] = pass end

local function unset(at, field, name)
  return stage.new("unset", { field = field, name = name }, at)
end

--- Takes the names whose value is `false` out of env and labels; answers the rest.
local function without_unset(at, key, value)
  local rest = {}
  for name, item in pairs(value) do
    if item == false then at = unset(at, key, name) else rest[name] = item end
  end
  return at, rest
end

local function apply(at, key, value)
  if value == false and key ~= "healthcheck" then
    if not schema.unset[key] then place.blame(("image: '%s' can't be unset"):format(key)) end
    return unset(at, key)
  end
  if (key == "env" or key == "label") and type(value) == "table" then
    at, value = without_unset(at, key, value)
    if next(value) == nil then return at end
  end
  return stage.call(at, key, value)
end

local function configure(at, options)
  for key, word in pairs(same) do
    if options[key] ~= nil then options[word] = options[key] end
  end
  for _, key in ipairs(config_options) do
    if options[key] ~= nil then at = apply(at, key, options[key]) end
  end
  return at
end

--- image(stage, options): a finished image.
function target.image(at, options)
  if images[at] then place.blame("image: a stage expected, got an image") end
  if not stage.is(at) then
    place.blame(("image: a stage expected, got %s"):format(type(at)))
  end
  local taken = argument.options(options, option_rows, "image")
  local names = taken.names or {}
  if taken.name then table.insert(names, 1, taken.name) end
  local image = setmetatable({}, Image)
  images[image] = { stage = configure(at, taken), names = names }
  return image
end

local function one(name, value)
  if images[value] then
    return { name = name, step = stage.step(images[value].stage), names = images[value].names }
  elseif stage.is(value) then
    return { name = name, step = stage.step(value), names = {} }
  end
  place.blame(("target '%s': an image or a stage expected, got %s"):format(name, type(value)))
end

local function named(result)
  local names, targets = {}, {}
  for name in pairs(result) do
    if type(name) ~= "string" then place.blame("the recipe's targets need names") end
    if name ~= "default" or type(result.default) ~= "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do targets[i] = one(name, result[name]) end
  return targets
end

--- The targets of what the recipe returned, and the default one's name.
function target.list(result)
  if images[result] or stage.is(result) then return { one("default", result) }, "default" end
  if type(result) ~= "table" then
    place.blame(("the recipe returned %s"):format(result == nil and "nothing" or type(result)),
      "end it with 'return image(stage, { name = … })'")
  end
  local targets = named(result)
  if #targets == 0 then place.blame("the recipe returned no target") end
  local default = result.default
  if type(default) ~= "string" then default = result.default and "default" end
  if default and not result[default] then
    place.blame(("the default target '%s' isn't among the targets"):format(default))
  end
  return targets, default or (#targets == 1 and targets[1].name or nil)
end

-- The fields that are steps themselves, or lists of such.
local references, lists = { "input", "from", "lower", "upper" }, { "inputs", "mounts", "remotes" }

--- Calls visit(holder, key) for each reference of a step to another.
local function each_reference(step, visit)
  for i = 1, #references do
    if step[references[i]] then visit(step, references[i]) end
  end
  for i = 1, #lists do
    local list = step[lists[i]]
    for at = 1, list and #list or 0 do
      local item = list[at]
      if item.op then visit(list, at) elseif item.from then visit(item, "from") end
    end
  end
end

--- Every step that the targets need, in the order the recipe made them.
local function collect(targets)
  local found, waiting, newest = {}, {}, 0 -- serial -> step
  local function need(holder, key) waiting[#waiting + 1] = holder[key] end
  for _, one_target in ipairs(targets) do need(one_target, "step") end
  while #waiting > 0 do
    local step = table.remove(waiting)
    if not found[step.serial] then
      found[step.serial], newest = step, math.max(newest, step.serial)
      each_reference(step, need)
    end
  end
  local count = 0
  for serial = 1, newest do
    local step = found[serial]
    found[serial] = nil
    if step then
      count = count + 1
      found[count] = step
    end
  end
  return found
end

--- The steps as the plan has them: numbered, their references by number.
local function number(order)
  local function by_id(holder, key) holder[key] = holder[key].id end
  for id, step in ipairs(order) do step.id, step.serial = id, nil end
  for _, step in ipairs(order) do each_reference(step, by_id) end
end

--- The steps and targets of a plan. What the recipe holds is used up by it.
function target.plan(result)
  local targets, default = target.list(result)
  local order = collect(targets)
  number(order)
  for _, one_target in ipairs(targets) do one_target.step = one_target.step.id end
  return { steps = order, targets = targets, default = default }
end

return target
