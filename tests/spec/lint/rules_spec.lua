local helper = require "support.helper"
local lint = require "lamina.lint.lint"
local parser = require "lamina.dockerfile.parser"
local ignore = require "lamina.dockerfile.ignore"
local recipe = require "lamina.recipe.recipe"
local sched = require "lamina.util.sched"
local translate = require "lamina.dockerfile.translate"

local folder = "tests/golden/lint/"
local expected = dofile(folder .. "expected.lua")

local images = {
  ["right-arch"] = { os = "linux", architecture = "arm64" },
  ["no-arch"] = { os = "linux", architecture = "" },
  ["other-arch"] = { os = "linux", architecture = "s390x" },
}

local ignores = ignore.matcher(ignore.parse "**/ignored.txt\n")

--- A Dockerfile as `lamina check` looks at it, built for linux/arm64.
local function subject_of(name)
  local file = parser.parse(helper.read(folder .. name), { name = name })
  local made = translate.recipe(file)
  local ok, plan = pcall(sched.run, recipe.evaluate,
    { text = made.text, lines = made.lines, name = name })
  return { name = name, file = file, plan = ok and plan or nil, platform = "linux/arm64",
    image = function(ref) return images[ref] end, ignores = ignores,
    list = function(path) return path == "" and { ".env", "kept.txt" } or {} end }
end

--- The lines that one rule is told for.
local function lines_of(name, rule)
  local lines = {}
  for _, one in ipairs(lint.run(subject_of(name)).findings) do
    if one.rule.name == rule then lines[#lines + 1] = one.line end
  end
  return lines
end

describe("the rule", function()
  for _, name in ipairs(lint.rules.names) do
    it(name .. " is told where it is broken, and nowhere else", function()
      assert.same(expected[name], lines_of(name .. ".hit.Dockerfile", name))
      assert.same({}, lines_of(name .. ".clean.Dockerfile", name))
    end)
  end
end)

describe("every rule", function()
  it("is a file, and every file is a rule", function()
    local files = {}
    local pipe <close> = assert(io.popen "ls lua/lamina/lint/rule")
    for file in pipe:lines() do files[#files + 1] = file:match("^(.*)%.lua$") end
    local names = table.move(lint.rules.names, 1, #lint.rules.names, 1, {})
    table.sort(names)
    table.sort(files)
    assert.same(files, names)
  end)

  it("says all that is shown of it", function()
    for _, rule in ipairs(lint.rules.list) do
      assert.equal(rule, lint.rules.by_name[rule.name])
      assert.is_truthy(rule.level == "warning" or rule.level == "advice", rule.name)
      assert.is_truthy(rule.needs == "dockerfile" or rule.needs == "plan", rule.name)
      assert.is_nil(rule.summary:find("%.$"), rule.name)
      assert.matches("%.$", rule.why, rule.name)
    end
  end)
end)
