-- What `lamina check` finds in RULE.hit.Dockerfile: the lines that the rule is told for. In
-- RULE.clean.Dockerfile it is told for none.
return {
  NoEmptyContinuation = { 4, 7 }, -- as BuildKit: the last line of the instruction
  StageNameCasing = { 2 },
  FromAsCasing = { 1, 2, 3 },
  ConsistentInstructionCasing = { 3, 4 },
  DuplicateStageName = { 3 },
  ReservedStageName = { 1, 2 },
  UndefinedArgInFrom = { 2, 3, 5 },
  InvalidDefaultArgInFrom = { 3, 4 },
  InvalidBaseImagePlatform = { 1, 2 },
  RedundantTargetPlatform = { 1, 2 },
  FromPlatformFlagConstDisallowed = { 1, 2 },
  MaintainerDeprecated = { 2 },
  LegacyKeyValueFormat = { 2, 3 },
  SecretsUsedInArgOrEnv = { 2, 3, 4, 4 },
  UndefinedVar = { 3, 4, 5, 6, 7 },
  WorkdirRelativePath = { 2, 5 },
  JSONArgsRecommended = { 2, 3 },
  MultipleInstructionsDisallowed = { 2, 3, 4, 7 }, -- the ones that don't count
  ExposeProtoCasing = { 2, 3 },
  ExposeInvalidFormat = { 2, 3 },
  CopyIgnoredFile = { 3, 4, 5 },
  InvalidDefinitionDescription = { 3, 6, 8 },
  SecretInLayer = { 2, 2, 3, 4, 5 },
  PackageListsKept = { 2, 3, 4 },
  PackageUpdateAlone = { 2 },
  ChownDoublesLayer = { 5, 6 },
  CopyBeforeInstall = { 2, 6 },
}
