-- Dockerfiles in the style of real projects, as files of tests/golden/corpus, through the program.
-- What is planned of them tests/spec/dockerfile/translate_spec.lua compares.
local helper = require "support.helper"
local json = require "lamina.core.json"

local function names(pattern)
  local list = {}
  local pipe <close> = assert(io.popen("ls tests/golden/corpus/" .. pattern))
  for file in pipe:lines() do list[#list + 1] = file end
  return list
end

describe("the corpus", function()
  local lamina, context

  setup(function() lamina, context = helper.store(), helper.tmpdir() end)
  teardown(helper.cleanup)

  it("is parsed, translated and planned by the program", function()
    local files = names "*.Dockerfile"
    assert.is_true(#files >= 60)
    for _, file in ipairs(files) do
      local parsed = json.decode(lamina:ok("parse", "--json", file))
      local plan = json.decode(lamina:ok("plan", "--json", "-f", file, context))
      local count = 0
      for _, instruction in ipairs(parsed) do
        count = count + (instruction.instruction == "FROM" and 1 or 0)
      end
      assert.equal(count, #plan.stages, file)
      helper.write(context .. "/recipe.lua", lamina:ok("translate", file))
      local again = json.decode(lamina:ok("plan", "--json", context))
      assert.equal(#plan.steps, #again.steps, file)
    end
  end)

  it("has Dockerfiles for Windows, which can't be built and say so with their line", function()
    local files = names "windows-*"
    assert.is_true(#files >= 4)
    for _, file in ipairs(files) do
      local status, _, err = lamina("build", "-f", file, context)
      assert.equal(1, status)
      assert.matches(file .. ":", err, 1, true)
      assert.matches("Dockerfile:%d+: .*for windows\n", err)
      assert.matches("hint: only images for linux", err, 1, true)
    end
  end)
end)
