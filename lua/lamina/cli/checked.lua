--- `lamina check`, `lamina build --check`, and the warnings that a build tells about.
local base = require "lamina.build.base"
local failure = require "lamina.util.failure"
local findings = require "lamina.cli.findings"
local lint = require "lamina.lint.lint"
local recipe = require "lamina.recipe.recipe"
local report = require "lamina.cli.report"
local subject = require "lamina.cli.subject"

local checked = {}

local function evaluate(given, store)
  local wanted = { images = store and base.lookup(store), say = report.said }
  for key, value in pairs(given) do wanted[key] = value end
  wanted.target_platform = subject.platform(given)
  return recipe.evaluate(wanted)
end

-- What a rule tells about FROM may be why there is no plan.
local about_from = { UndefinedArgInFrom = true, InvalidDefaultArgInFrom = true }

local function is_told(err, result)
  for _, one in ipairs(result.findings) do
    if about_from[one.rule.name] and one.line == err.line then return true end
  end
  return false
end

local function settings_of(options)
  return { skip = options.skip, experimental = options.experimental, error = options.error }
end

--- Looks through a recipe or Dockerfile and tells what it found. Answers the exit status. A
-- Dockerfile that makes no plan is looked through all the same, before that is told.
function checked.run(context, given, store)
  local format = context.options.json and "json" or context.options.check_format or "text"
  local ok, plan = pcall(evaluate, given, store)
  if not ok and (not given.parsed or not failure.is(plan, "invalid-input")) then error(plan, 0) end
  local result = lint.run(subject.of(given, ok and plan or nil, store),
    settings_of(context.options))
  findings.show(context.out, format, result, given.written, lint.rules.list)
  if not ok and not is_told(plan, result) then
    context.out:flush()
    error(plan, 0)
  end
  return result.is_failed and 1 or 0
end

--- The warnings that a build begins with: "2 warnings", or nil. When the file says so, they end it.
function checked.warnings(given, plan, store)
  local result = lint.run(subject.of(given, plan, store))
  if result.warnings == 0 then return nil end
  result.advice = 0
  local text = findings.summary(result)
  if not result.is_failed then return text end
  local first = result.findings[1]
  for _, one in ipairs(result.findings) do
    if one.level == "error" then first = one break end
  end
  failure.raise("invalid-input", ("%s: %s"):format(first.rule.name, first.message),
    { file = first.file, line = first.line, hint = { first.fix,
      ("%s, which count as errors here; `lamina check` shows all"):format(text) } })
end

return checked
