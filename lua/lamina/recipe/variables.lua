--- What variables are known to be at a stage while the recipe still runs: what its ENV and ARG say,
-- and what its base image sets where the caller has told that.
--
-- Texts of steps are expanded when they are carried out; an instruction's words are needed before.
local failure = require "lamina.util.failure"
local place = require "lamina.recipe.place"
local scan = require "lamina.util.word.scan"
local words = require "lamina.util.words"

local variables = {}

local default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

local request = { args = {}, images = {} }

--- Says what the caller gave: args, platform, target_platform, images (reference -> variables).
function variables.given(values)
  request = values
  request.images = request.images or {}
end

--- TARGETARCH and the like, which are there without being given (SEMANTICS 19).
function variables.predefined(name)
  local whose, what = name:match("^(%u-)(PLATFORM)$")
  if not whose then whose, what = name:match("^(%u-)(OS)$") end
  if not whose then whose, what = name:match("^(%u-)(ARCH)$") end
  if not whose then whose, what = name:match("^(%u-)(VARIANT)$") end
  local of = whose == "TARGET" and request.target_platform
    or whose == "BUILD" and request.platform or nil
  if not of then return nil end
  if what ~= "PLATFORM" then return of[what:lower()] or "" end
  return of.os .. "/" .. of.arch .. (of.variant and "/" .. of.variant or "")
end

--- The step that a stage stands on, and what changed variables since, newest first.
local function history(step)
  local changes = {}
  while true do
    if step.op == "env" or step.op == "arg" or step.op == "unset" then
      changes[#changes + 1] = step
    end
    local below = step.input or step.upper or step.inputs and step.inputs[1]
    if not below then return step, changes end
    step = below
  end
end

--- Raises: the value may come from where nobody has looked.
local function unknown(name, base)
  if base.is_trigger then
    place.late(("'$%s' isn't known before a build on this image"):format(name),
      'the text of the instruction may have variables, as in onbuild "NAME $WORD"')
  end
  place.needs(base.ref, ("'$%s' may come from the image '%s', which isn't known here"):format(name,
    base.ref), "ENV or ARG before it says what it is")
end

local dialect = { dialect = scan.recipe }

--- Expands a text; what is wrong in it is blamed on the call that is at work.
local function expand(how, text, lookup)
  local ok, result = pcall(how, text, lookup, dialect)
  if ok then return result end
  if failure.is(result) then place.blame(result.message) end
  error(result, 0)
end

local apply = {}

function apply.env(values, step, lookup)
  local set = {}
  for i, pair in ipairs(step.pairs) do
    set[i] = { expand(words.expand, pair[1], lookup), expand(words.expand, pair[2], lookup) }
  end
  for _, pair in ipairs(set) do values[pair[1]] = pair[2] end
end

function apply.arg(values, step, lookup)
  for _, one in ipairs(step.list or { { step.name, step.default } }) do
    local name, value = one[1], request.args[one[1]]
    if value == nil and one[2] then value = expand(words.expand, one[2], lookup) end
    if value == nil then value = variables.predefined(name) end
    if value ~= nil then values[name] = value else values[name] = values[name] or false end
  end
end

function apply.unset(values, step)
  if step.field == "env" and step.name then values[step.name] = false end
end

--- A function that answers a variable's value at a step, nil where it is unset.
function variables.at(step)
  local base, changes = history(step)
  local values = {}
  local inherited = base.op == "image" and request.images[base.ref]
    or base.op ~= "image" and not base.is_trigger and {} or nil
  local function lookup(name)
    if values[name] ~= nil then return values[name] or nil end
    if not inherited then unknown(name, base) end
    if inherited[name] then return inherited[name] end
    return name == "PATH" and default_path or nil
  end
  for i = #changes, 1, -1 do apply[changes[i].op](values, changes[i], lookup) end
  return lookup
end

--- A word with its variables replaced; `variables.split` makes several of it at blanks.
function variables.expand(text, lookup)
  return expand(words.expand, text, lookup)
end

function variables.split(text, lookup)
  return expand(words.split, text, lookup)
end

return variables
