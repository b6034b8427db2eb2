--- The stages of a Dockerfile: what each begins with, what it is called, what belongs to it.
--
--   local all = stages.of(file)            -- what parser.parse answers
--   all.global                             -- the ARG instructions before the first FROM
--   all[1] = { index = 0, name = "build", base = "golang:1.22", platform = nil, line = 2,
--              base_stage = the stage that FROM names, nil when it is an image,
--              from = the FROM instruction, instructions = { … } }
--   all:find("build", 3), all:find("0", 3) -- what --from names as seen from all[3]; nil: an image
--
-- A name means the last stage of that name, whatever its case (SEMANTICS 26, 43); only stages
-- before the one that names it can be used, so there are no cycles (DF-05).
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"

local stages = {}

local Stages = {}
Stages.__index = Stages

local function fail(file, line, message, hint)
  failure.raise("invalid-input", message, { file = file.name, line = line, hint = hint })
end

local function new_stage(all, instruction)
  local args = instruction.args
  local stage = { index = #all, name = args[3] and args[3]:lower(), base = args[1],
    base_stage = all.last[args[1]:lower()], platform = instruction.options.platform,
    line = instruction.line, from = instruction, instructions = {} }
  all[#all + 1] = stage
  if stage.name then all.last[stage.name] = stage end
end

--- Groups the instructions of a parsed Dockerfile.
function stages.of(file)
  local all = setmetatable({ global = {}, last = {}, file = file }, Stages)
  local own
  for _, instruction in ipairs(file.instructions) do
    if instruction.instruction == "FROM" then
      new_stage(all, instruction)
      own = all[#all].instructions
    elseif own then
      own[#own + 1] = instruction
    elseif instruction.instruction == "ARG" then
      table.insert(all.global, instruction)
    else
      fail(file, instruction.line, ("%s before the first FROM"):format(instruction.instruction),
        "only ARG may stand there")
    end
  end
  if #all == 0 then
    fail(file, file.lines, "there is no FROM in the file", "FROM scratch begins an empty image")
  end
  return all
end

local function names_of(self)
  local names = {}
  for _, stage in ipairs(self) do
    if stage.name then names[#names + 1] = stage.name end
  end
  return names
end

--- The stage that `--from` or a mount's `from` names; nil when it is an image.
function Stages:find(name, user, line)
  local number = name:match("^[+-]?%d+$")
  local stage
  if number then
    stage = #number < 10 and self[tonumber(number) + 1]
    if not stage then
      fail(self.file, line, ("there is no stage %s"):format(name),
        ("the stages are 0 to %d"):format(#self - 1))
    end
  else
    stage = self.last[name:lower()]
  end
  if not stage then return nil end
  if stage.index >= user.index then
    local what = stage == user and "a stage can't copy from itself"
      or ("stage '%s' comes later than what copies from it"):format(name)
    fail(self.file, line, what, ("it begins in line %d"):format(stage.line))
  end
  return stage
end

--- The stage of a target: a name, a number, or the last one without either.
function Stages:target(name)
  if not name then return self[#self] end
  local number = name:match("^%d+$")
  local stage = self.last[name:lower()] or number and #number < 10 and self[tonumber(number) + 1]
  if stage then return stage end
  local names = names_of(self)
  local near = check.suggest(name, names)
  failure.raise("not-found", ("there is no target '%s'"):format(name), {
    hint = near and ("did you mean '%s'?"):format(near)
      or #names > 0 and "there are " .. table.concat(names, ", ") or nil })
end

return stages
