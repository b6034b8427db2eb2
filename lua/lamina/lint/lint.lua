--- Looks for what is legal in a Dockerfile or recipe but was hardly meant.
--
--   local subject = {
--     name = "Dockerfile",           -- as messages call it
--     file = parser.parse(…),        -- nil for a recipe
--     plan = recipe.evaluate(…),     -- nil where there is none
--     args = { NAME = "value" },     -- build arguments
--     platform = "linux/amd64",      -- what the image is for
--     ignores = function(path, is_dir) -> verdict,   -- .dockerignore, or nil
--     has_exceptions = false,        -- whether a `!` is in it
--     ignores_all = false,           -- whether it leaves nothing
--     list = function(path) -> names,       -- of the build context, or nil
--     image = function(ref) -> configuration,   -- of an image of the store, or nil
--   }
--   lint.run(subject, { skip = {}, experimental = {}, error = nil }) -> {
--     findings = { { rule =, level =, file =, line =, message =, fix = } },      by line
--     warnings = 2, advice = 0, is_failed = false,
--   }
--
-- A finding's level is the rule's, or "error" for a warning where those count as errors.
local rules = require "lamina.lint.rules"
local settings = require "lamina.lint.settings"
local stages = require "lamina.dockerfile.stages"

local lint = { rules = rules }

--- Adds what a rule tells. `own` says by lines what single instructions are spared.
local function apply(rule, subject, findings, own)
  local seen = {}
  rule.check(subject, function(where, message, fix)
    local step = type(where) == "table" and where or { line = where }
    local file, line = step.file or subject.name, step.line or 1
    local id = ("%s:%d %s"):format(file, line, message)
    if seen[id] then return end -- a step that several targets share is told once
    if file == subject.name and settings.skips(own[line], rule) then return end
    seen[id] = true
    findings[#findings + 1] = { rule = rule, level = rule.level, file = file, line = line,
      message = message, fix = fix, order = #findings, is_elsewhere = file ~= subject.name }
  end)
end

--- A function that asks another one once for each text.
local function remembering(fn)
  local known = {}
  return fn and function(text)
    if known[text] == nil then known[text] = fn(text) or false end
    return known[text] or nil
  end
end

--- The file itself comes first, then those that it requires.
local function by_line(a, b)
  if a.is_elsewhere ~= b.is_elsewhere then return b.is_elsewhere end
  if a.file ~= b.file then return a.file < b.file end
  if a.line ~= b.line then return a.line < b.line end
  return a.order < b.order
end

--- Applies the rules; see the head of this file.
function lint.run(subject, given)
  local wanted = settings.of(subject, given or {}, rules.by_name)
  subject.stages = subject.file and stages.of(subject.file)
  subject.image = remembering(subject.image) -- thousands of stages may begin with one
  local findings, counts = {}, { warning = 0, advice = 0 }
  local own = subject.file and settings.by_line(subject.file) or {}
  local present = { dockerfile = subject.file, plan = subject.plan }
  for _, rule in ipairs(rules.list) do
    if present[rule.needs] and settings.has(wanted, rule) then
      apply(rule, subject, findings, own)
    end
  end
  table.sort(findings, by_line)
  for _, one in ipairs(findings) do
    counts[one.level] = counts[one.level] + 1
    if wanted.error and one.level == "warning" then one.level = "error" end
  end
  return { findings = findings, warnings = counts.warning, advice = counts.advice,
    is_failed = wanted.error and counts.warning > 0 }
end

return lint
