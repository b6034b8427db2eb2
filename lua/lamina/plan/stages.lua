--- The steps of a plan as the stages they belong to, for people and programs that look at plans.
--
--   stages.of(plan) -> { { index = 0, name = "build", base = "busybox", line = 1,
--                          steps = { { id = 2, instruction = "RUN", line = 3 } } } }
--
-- With it come two tables: step id -> its stage, and stage -> the id of its last step.
--
-- A stage goes from what begins it to the step that a target ends with; where two steps continue
-- the same one, the second begins a stage of its own. `name` is the target's, and missing where
-- no target ends. What is only copied from is no stage.
local stages = {}

-- What begins a stage, and how its base is called.
local beginnings = {
  image = function(step) return not step.files_only and step.ref or nil end,
  scratch = function() return "scratch" end,
  merge = function() return "merge" end,
  diff = function() return "diff" end,
}

local no_stage = { ["local"] = true, http = true, git = true }

local function target_names(plan)
  local names = {}
  for _, target in ipairs(plan.targets) do
    if not names[target.step] or names[target.step] == "default" then
      names[target.step] = target.name
    end
  end
  return names
end

--- How a stage that another one continues calls that.
local function base_name(stage)
  return stage.name or ("stage %d"):format(stage.index)
end

local function begin(list, step, base)
  local stage = { index = #list, base = base, line = step.line, steps = {} }
  list[#list + 1] = stage
  return stage
end

--- The stage that a step adds to.
local function stage_of(list, owners, last, step, names)
  local beginning = beginnings[step.op]
  if beginning then
    local base = beginning(step)
    return base and begin(list, step, base), true
  end
  local above = owners[step.input]
  if not above then return nil end
  if step.op == "stage" then return begin(list, step, base_name(above)), true end
  local is_behind = last[above] ~= step.input or names[step.input]
  if is_behind then return begin(list, step, base_name(above)) end
  return above
end

--- The stages of a plan, in the order they begin; see the head of this file.
function stages.of(plan)
  local list, owners, last, names = {}, {}, {}, target_names(plan)
  for _, step in ipairs(plan.steps) do
    local stage, is_beginning
    if not no_stage[step.op] then
      stage, is_beginning = stage_of(list, owners, last, step, names)
    end
    if stage then
      owners[step.id], last[stage] = stage, step.id
      local name = names[step.id]
      stage.name = name and not name:find("^%d+$") and name or nil -- a number is no name
      if not is_beginning then
        table.insert(stage.steps, { id = step.id, instruction = step.op:upper(), line = step.line })
      end
    end
  end
  return list, owners, last
end

--- The last step of the stage that a step of another stage after it may call by name or number;
-- nil where there is none.
function stages.find(plan, name, user)
  local list, owners, last = stages.of(plan)
  local before = owners[user] and owners[user].index or #list
  local number = name:find("^%d+$") and #name < 10 and tonumber(name)
  for i = before, 1, -1 do
    local stage = list[i]
    if stage.index == number or stage.name and stage.name:lower() == name:lower() then
      return last[stage]
    end
  end
end

return stages
