--- The rules of `lamina check`, in the order their findings of one line are shown. A rule is a file
-- rule/NAME.lua, data plus a function:
--
--   return {
--     name = "StageNameCasing",
--     level = "warning",           -- or "advice", which is never counted as an error
--     is_experimental = nil,       -- true: only when it is asked for
--     needs = "dockerfile",        -- what it reads of the subject: or "plan", which recipes have
--     summary = "…",               -- what it looks for
--     why = "…",                   -- why that matters
--     check = function(subject, report)
--       report(line, message, fix)          -- or a step of the plan, which knows its file and line
--     end,
--   }
--
-- Those with level "warning" that read a Dockerfile are BuildKit's, by its names and defaults. A
-- subject is what lint.lua says.
local names = {
  "NoEmptyContinuation", "StageNameCasing", "FromAsCasing", "ConsistentInstructionCasing",
  "DuplicateStageName", "ReservedStageName", "UndefinedArgInFrom", "InvalidDefaultArgInFrom",
  "InvalidBaseImagePlatform", "RedundantTargetPlatform", "FromPlatformFlagConstDisallowed",
  "MaintainerDeprecated", "LegacyKeyValueFormat", "SecretsUsedInArgOrEnv", "UndefinedVar",
  "WorkdirRelativePath", "JSONArgsRecommended", "MultipleInstructionsDisallowed",
  "ExposeProtoCasing", "ExposeInvalidFormat", "CopyIgnoredFile", "InvalidDefinitionDescription",
  "SecretInLayer", "PackageListsKept", "PackageUpdateAlone", "ChownDoublesLayer",
  "CopyBeforeInstall",
}

local rules = { list = {}, by_name = {}, names = names }

for i, name in ipairs(names) do
  local rule = require("lamina.lint.rule." .. name)
  rules.list[i], rules.by_name[name] = rule, rule
end

return rules
