local helper = require "support.helper"
local json = require "lamina.core.json"
local version = require "lamina.util.version"

describe("lamina version", function()
  local lamina

  setup(function() lamina = helper.store() end)
  teardown(helper.cleanup)

  it("shows the version, Lua's and the kernel's", function()
    local _, kernel = helper.sh("uname -r")
    local status, out, err = lamina("version")
    assert.equal(0, status)
    assert.equal("", err)
    assert.equal(("lamina %s\nLua 5.4, Linux %s"):format(version, kernel), out)
  end)

  it("is what --version shows", function()
    assert.equal(lamina:ok("version"), lamina:ok("--version"))
    assert.equal(lamina:ok("version"), lamina:ok("-v"))
  end)

  it("shows the libraries' versions too", function()
    local out = lamina:ok("version", "--verbose")
    assert.matches("\nlibuv %d+%.%d+%.%d+\nSQLite 3%.%d+%.%d+\n$", out)
  end)

  it("prints JSON", function()
    local facts = json.decode(lamina:ok("version", "--json"))
    assert.equal(version, facts.version)
    assert.matches("^3%.", facts.libraries.SQLite)
  end)

  it("needs and makes no store", function()
    assert.equal(0, (helper.sh("env -i " .. helper.lamina_path .. " version")))
    lamina:ok("version")
    assert.equal(1, (helper.sh("[ -e " .. lamina.root .. " ]")))
  end)

  it("has an example that works", function()
    local status, out = lamina:example("version")
    assert.equal(0, status)
    assert.is_table(json.decode(out))
  end)
end)
