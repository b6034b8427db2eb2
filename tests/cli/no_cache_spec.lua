-- lamina build --no-cache, --no-cache-filter.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina build --no-cache-filter", function()
  local run, dir

  setup(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    helper.write(dir .. "/recipe.lua", [[
      local base = from "busybox":run "echo base"
      local one = from(base):run "echo one"
      local two = from(base):run "echo two":env { A = "b" }
      return { base = base, one = one, two = two,
        default = from "busybox":copy("/bin", "/1", { from = one })
          :copy("/bin", "/2", { from = two }) }]])
    helper.write(dir .. "/Dockerfile", "FROM busybox AS base\nRUN echo base\n"
      .. "FROM base AS Two\nRUN echo two\nFROM busybox\nCOPY --from=two /bin /2\n")
    run:ok("build", dir)
    run:ok("build", "-f", dir .. "/Dockerfile", dir)
  end)
  teardown(helper.cleanup)

  --- What is made, by the commands of the steps.
  local function made(...)
    local status, _, err = run("build", "--progress=plain", ...)
    assert.equal(0, status)
    local words = {}
    for id in err:gmatch("#(%d+) DONE") do
      words[#words + 1] = err:match("#" .. id .. ' run "echo (%w+)"') or "copy"
    end
    table.sort(words)
    return table.concat(words, " ")
  end

  it("makes the steps of stages anew, and only theirs", function()
    assert.equal("", made(dir))
    assert.equal("two", made("--no-cache-filter", "two", dir))
    assert.equal("base two", made("--no-cache-filter", "two,base", dir))
    assert.equal("one two", made("--no-cache-filter", "one", "--no-cache-filter", "TWO", dir))
    assert.equal("copy copy", made("--no-cache-filter", "default", dir))
  end)

  it("knows the stages of a Dockerfile", function()
    assert.equal("two", made("--no-cache-filter", "two", "-f", dir .. "/Dockerfile", dir))
    assert.equal("base", made("--no-cache-filter", "base", "-f", dir .. "/Dockerfile", dir))
  end)

  it("refuses a stage that isn't there", function()
    run:fails(1, "there is no stage or target 'tow'\nhint: did you mean 'two'?", "build", "-q",
      "--no-cache-filter", "tow", dir)
  end)

  it("makes equal steps once, all the same (SEMANTICS 76)", function()
    helper.write(dir .. "/equal.lua", [[
      local function twice() return from "busybox":run "echo same" end
      return from "busybox":copy("/bin", "/1", { from = twice() })
        :copy("/bin", "/2", { from = twice() })]])
    assert.equal("copy copy same", made("--no-cache", "-f", dir .. "/equal.lua", dir))
  end)
end)
