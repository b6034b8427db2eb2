local helper = require "support.helper"

describe("lamina translate", function()
  local lamina = helper.quote(helper.lamina_path)
  local dir

  before_each(function() dir = helper.tmpdir() end)
  after_each(helper.cleanup)

  local function translate(text, words)
    helper.write(dir .. "/Dockerfile", text)
    return helper.sh(("cd %s && %s translate %s"):format(dir, lamina, words or ""))
  end

  it("prints a recipe", function()
    local status, out, err = translate "FROM debian\nRUN make\n"
    assert.same({ 0, 'return from "debian"\n  :run "make"\n', "" }, { status, out, err })
  end)

  it("reads the file that is named, or standard input", function()
    helper.write(dir .. "/other", "FROM a")
    assert.equal('return from "a"\n', (select(2, translate("FROM b", "other"))))
    local _, out = helper.sh(lamina .. " translate -", "FROM c\n")
    assert.equal('return from "c"\n', out)
  end)

  it("writes long commands as long strings, when it may", function()
    local _, out = translate("FROM a\nRUN one && \\\n two\n", "--idiomatic")
    assert.equal('return from "a"\n  :run [[\n    one && \\\n    two\n  ]]\n', out)
  end)

  it("tells a mistake with its line and prints nothing", function()
    local status, out, err = translate "FROM a\nENV x=${\n"
    assert.same({ 1, "" }, { status, out })
    assert.equal("lamina: Dockerfile:2: a '}' is missing in '${'\n", err)
  end)

  it("says so when there is no Dockerfile", function()
    local status, _, err = helper.sh(("cd %s && %s translate"):format(dir, lamina))
    assert.equal(1, status)
    assert.matches("^lamina: open Dockerfile: No such file", err)
  end)
end)
