--- The steps of a plan as the chains they make: each begins with a base and ends with a step that
-- nothing continues.
--
--   chain.shipped(plan)  -> { { step, step, … }, … }   what the image that is built consists of
--   chain.all(plan)      -> the same of every stage
--   chain.group(list, i) -> the first and the last step of the layer that step i goes into
--   chain.parts(command) -> an iterator over its simple commands
local path = require "lamina.util.path"

local chain = {}

-- A recipe may make a plan whose chains are long and many: no more steps than this are looked at.
local most_steps = 200000

--- Adds the chain that ends with a step; answers how many steps may still be looked at.
local function add(lists, plan, last, left)
  local list, step = {}, plan.steps[last]
  while step and left > 0 do
    list[#list + 1] = step
    left = left - 1
    for _, id in ipairs(step.inputs or {}) do left = add(lists, plan, id, left) end
    step = step.upper and plan.steps[step.upper] or step.input and plan.steps[step.input]
  end
  for i = 1, #list // 2 do list[i], list[#list - i + 1] = list[#list - i + 1], list[i] end
  list.layers = {}
  for i, one in ipairs(list) do
    if one.op == "layer" then table.insert(list.layers, i) end
  end
  lists[#lists + 1] = list
  return left
end

function chain.shipped(plan)
  local lists, left = {}, most_steps
  for _, target in ipairs(plan.targets) do
    if not plan.default or target.name == plan.default then
      left = add(lists, plan, target.step, left)
    end
  end
  return lists
end

function chain.all(plan)
  local continued, lists, left = {}, {}, most_steps
  for _, step in ipairs(plan.steps) do
    if step.input then continued[step.input] = true end
  end
  for _, step in ipairs(plan.steps) do
    if not continued[step.id] then left = add(lists, plan, step.id, left) end
  end
  return lists
end

function chain.group(list, at)
  for _, i in ipairs(list.layers) do
    if i > at and (list[i].lower or 0) < list[at].id then return list[i].lower, i end
  end
  return nil, at
end

--- The command of a run step as one text; "" for any other step.
function chain.command(step)
  if step.op ~= "run" then return "" end
  return type(step.command) == "table" and table.concat(step.command, " ") or step.command
end

--- The simple commands that a command consists of, one after the other.
function chain.parts(command)
  return command:gmatch("[^\n&;|]+")
end

--- Whether a text matches a pattern. What stands before and behind a ".*" is looked for once each,
-- so that a text made for it takes no longer than others.
function chain.has(text, pattern)
  local at = 1
  for piece in pattern:gsub("%.%*", "\0"):gmatch("[^\0]+") do
    local _, last = text:find(piece, at)
    if not last then return false end
    at = last + 1
  end
  return true
end

--- Calls visit(step, workdir) for each step of a chain; workdir is nil where it isn't known.
function chain.each_at(list, visit)
  local workdir
  for _, step in ipairs(list) do
    visit(step, workdir)
    if step.op == "workdir" then workdir = chain.absolute(step.path, workdir) end
  end
end

--- A path from the root on; nil where that isn't known.
function chain.absolute(text, workdir)
  if text:find("$", 1, true) then return nil end
  if text:sub(1, 1) == "/" then return path.clean(text) end
  return workdir and path.clean(workdir .. "/" .. text)
end

--- Whether a step takes files out of the build context, and not out of a stage.
function chain.is_from_context(plan, step)
  if step.op ~= "copy" and step.op ~= "add" then return false end
  return not step.from or plan.steps[step.from].op == "local"
end

return chain
