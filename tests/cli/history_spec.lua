local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina history", function()
  local lamina, id

  setup(function()
    lamina = helper.store()
    lamina:ok("import", "--message", "by hand", fixtures.busybox_tar(), "base")
    lamina("run", "--name", "zero", "base", "false")
    lamina:ok("commit", "zero", "unchanged")
    lamina("run", "--name", "one", "unchanged", "sh", "-c", "echo 12345 >/file; # "
      .. ("x"):rep(50))
    lamina:ok("commit", "--message", "a file", "one", "middle")
    lamina("run", "--name", "two", "middle", "true")
    id = lamina:ok("commit", "two", "debian:git"):match("%S+")
  end)

  teardown(helper.cleanup)

  it("shows the newest first, sizes of layers in their order, <missing> (SEMANTICS 98)", function()
    local _, out = lamina("history", "debian:git", "--format",
      "{{.ID}}|{{.CreatedBy}}|{{.Size}}|{{.Comment}}")
    assert.equal(id:sub(8, 19) .. "|true|0B|\n"
      .. "<missing>|sh -c echo 12345 >/file; # xxxxxxxxxxxxxxxxx…|6B|a file\n"
      .. "<missing>|false|0B|\n"
      .. "<missing>||1.98MB|by hand\n", out)
  end)

  it("shows Docker's columns", function()
    local _, out = lamina("history", "debian:git")
    assert.matches("^IMAGE +CREATED +CREATED BY +SIZE +COMMENT\n" .. id:sub(8, 19) .. "   ", out)
    assert.equal(5, select(2, out:gsub("\n", "")))
  end)

  it("shows everything whole and exact where that is asked for", function()
    local _, out = lamina("history", "--no-trunc", "--human=false", "debian:git")
    assert.matches(id .. "   20%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ +true +0\n", out)
    assert.matches(("x"):rep(50) .. " +6 +a file\n", out)
    assert.matches("<missing> .* 1982%d+ +by hand\n", out)
  end)

  it("prints ids alone, and JSON", function()
    assert.equal(id:sub(8, 19) .. ("\n<missing>"):rep(3) .. "\n", lamina:ok("history", "-q", id))
    local last = lamina:ok("history", "--format", "json", id):match("([^\n]*)\n$")
    assert.equal("by hand", json.decode(last).Comment)
  end)

  it("shows no control bytes of a history", function()
    lamina:ok("import", "--message", "a\27[2Jb\nc", fixtures.busybox_tar(), "evil")
    local _, out = lamina("history", "evil")
    assert.is_nil(out:find("\27", 1, true))
    assert.matches("a\\x1b[2Jb\\nc\n", out, 1, true)
  end)

  it("tells an image that isn't there", function()
    local status, out, err = lamina("history", "debian:gti")
    assert.equal(1, status)
    assert.equal("", out)
    assert.matches("hint: did you mean 'debian:git'?", err, 1, true)
  end)

  it("has an example that works", function()
    local status, out = lamina:example("history")
    assert.equal(0, status)
    assert.matches(id, out, 1, true)
  end)
end)
