local failure = require "lamina.util.failure"
local lint = require "lamina.lint.lint"
local parser = require "lamina.dockerfile.parser"

local function run(text, given, args)
  local file = parser.parse(text, { name = "Dockerfile" })
  return lint.run({ name = "Dockerfile", file = file, args = args or {} }, given)
end

--- "RULE:LINE" of each finding.
local function told(...)
  local list = {}
  for i, one in ipairs(run(...).findings) do list[i] = one.rule.name .. ":" .. one.line end
  return list
end

local function refused(...)
  local ok, err = pcall(run, ...)
  assert.is_false(ok)
  assert.is_true(failure.is(err))
  return tostring(err), err.hint
end

local two = "FROM a as One\nMAINTAINER me\n"

describe("lamina.lint", function()
  it("lists what it found by line", function()
    assert.same({ "StageNameCasing:1", "FromAsCasing:1", "MaintainerDeprecated:2" }, told(two))
  end)

  it("counts warnings, and fails when they count as errors", function()
    local result = run(two)
    assert.same({ 3, 0, false }, { result.warnings, result.advice, result.is_failed })
    assert.equal("warning", result.findings[1].level)
    result = run(two, { error = true })
    assert.is_true(result.is_failed)
    assert.equal("error", result.findings[1].level)
    assert.is_false(run("FROM a\n", { error = true }).is_failed)
  end)

  it("leaves out what is skipped", function()
    assert.same({ "StageNameCasing:1" },
      told(two, { skip = { "FromAsCasing,MaintainerDeprecated" } }))
    assert.same({ "FromAsCasing:1" },
      told(two, { skip = { "StageNameCasing", "MaintainerDeprecated" } }))
    assert.same({}, told(two, { skip = { "all" } }))
  end)

  it("follows the check directive of the file, and the command line besides", function()
    assert.same({ "MaintainerDeprecated:3" },
      told("# check=skip=StageNameCasing,FromAsCasing , and why\n" .. two))
    assert.same({}, told("# check = skip=all // why\n" .. two))
    assert.same({}, told("#!/usr/bin/env builder\n# check=skip=all\n" .. two))
    assert.same(3, #told("#!/usr/bin/env builder\n\n# check=skip=all\n\n" .. two))
    assert.is_true(run("# check=error=true\n" .. two).is_failed)
    assert.is_false(run("# check=skip=all;error=true\n" .. two).is_failed)
    assert.is_false(run("# check=error=true\n" .. two, { error = false }).is_failed)
    assert.same({}, told("# check=skip=StageNameCasing,FromAsCasing\n" .. two,
      { skip = { "MaintainerDeprecated" } }))
  end)

  it("follows the comments right above an instruction, for that one", function()
    assert.same({ "StageNameCasing:3" },
      told "# x\n# check=skip=FromAsCasing why\nFROM a as One\n#Check = skip=all\nMAINTAINER me\n")
    assert.same({ "MaintainerDeprecated:3", "MaintainerDeprecated:4" },
      told "FROM a\n# check=skip=StageNameCasing\nMAINTAINER me\nMAINTAINER me\n")
    assert.same({ "MaintainerDeprecated:4", "MaintainerDeprecated:6" }, told(
      "FROM a\n# check=skip=all\n\nMAINTAINER me\n# check = this one\nMAINTAINER me\n"))
    assert.same({ "InvalidDefinitionDescription:4" }, told(
      "# check=skip=all;experimental=all\n\n# check=skip=all\nFROM a AS b\n"))
  end)

  it("lets a rule's name in the file be unknown: it may be another program's", function()
    assert.same({}, told "# check=skip=SomeRule\nFROM a\n")
  end)

  it("takes BuildKit's argument for the directive", function()
    local args = { BUILDKIT_DOCKERFILE_CHECK = "skip=all;error=true" }
    assert.same({}, told("# check=skip=FromAsCasing\n" .. two, {}, args))
  end)

  it("applies experimental rules when they are asked for", function()
    local text = "# about\nFROM a AS one\n"
    assert.same({}, told(text))
    assert.same({ "InvalidDefinitionDescription:2" }, told(text, { experimental = { "all" } }))
    assert.same({ "InvalidDefinitionDescription:3" },
      told("# check=experimental=InvalidDefinitionDescription\n" .. text))
    assert.same({}, told("# check=experimental=CopyIgnoredFile\n" .. text))
  end)

  it("tells a wrong directive with its line", function()
    local message, hint = refused("# syntax=x\n# check=skp=all\nFROM a\n")
    assert.equal("Dockerfile:2: check: unknown option 'skp'", message)
    assert.equal("did you mean 'skip'?", hint)
    assert.equal("Dockerfile:1: check: error is true or false, not 'maybe'",
      (refused "# check=error=maybe\nFROM a\n"))
    assert.equal("Dockerfile:1: check: unknown option 'all'", (refused "# check=all\nFROM a\n"))
  end)

  it("suggests the rule that was meant", function()
    local message, hint = refused(two, { skip = { "StageNameCaseing" } })
    assert.equal("there is no rule 'StageNameCaseing'", message)
    assert.equal("did you mean 'StageNameCasing'?", hint)
  end)

  it("knows what images of the store set", function()
    local file = parser.parse("FROM a AS one\nUSER $WHO\nFROM one\nUSER $WHO$HOW\nCMD x\n")
    local config = { config = { Env = { "WHO=me" }, Shell = { "/bin/bash", "-c" } } }
    local result = lint.run { name = "Dockerfile", file = file, args = {},
      image = function() return config end }
    assert.equal(1, #result.findings)
    assert.equal("the variable '$HOW' isn't set here", result.findings[1].message)
  end)

  it("tells a step that several targets share once", function()
    local steps = { { id = 1, op = "image", ref = "debian", line = 1 },
      { id = 2, op = "run", command = "apt-get update", input = 1, line = 2 },
      { id = 3, op = "run", command = "a", input = 2, line = 3 },
      { id = 4, op = "run", command = "b", input = 2, line = 4 } }
    local plan = { steps = steps, targets = { { name = "a", step = 3, names = {} },
      { name = "b", step = 4, names = {} } } }
    local result = lint.run { name = "recipe.lua", plan = plan }
    assert.equal(1, #result.findings)
    assert.same({ "PackageListsKept", "recipe.lua", 2 }, { result.findings[1].rule.name,
      result.findings[1].file, result.findings[1].line })
  end)

  it("looks for the name that was meant as long as few are wrong", function()
    local text = { "FROM scratch\nENV VALUE=1" }
    for i = 1, 30 do text[#text + 1] = ("USER $VALUE%d"):format(i) end
    local near = 0
    local findings = run(table.concat(text, "\n") .. "\n").findings
    for _, one in ipairs(findings) do
      if one.fix == "did you mean $VALUE?" then near = near + 1 end
    end
    assert.same({ 30, 20 }, { #findings, near })
  end)
end)
