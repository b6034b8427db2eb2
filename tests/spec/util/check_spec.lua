local check = require "lamina.util.check"

describe("lamina.util.check", function()
  it("suggests the nearest name", function()
    local names = { "images", "import", "inspect", "rm", "rmi" }
    assert.equal("images", check.suggest("imgaes", names))
    assert.equal("inspect", check.suggest("insepct", names))
    assert.equal("rm", check.suggest("rn", names))
    assert.equal("inspect", check.suggest("insp", names))
  end)

  it("suggests nothing that isn't near", function()
    assert.is_nil(check.suggest("frobnicate", { "images", "rm" }))
    assert.is_nil(check.suggest("x", { "y" }))
    assert.is_nil(check.suggest("", { "a" }))
    assert.is_nil(check.suggest(("a"):rep(100000), { ("a"):rep(99999) }))
  end)

  it("counts a swap of neighbours once", function()
    assert.equal("ab", check.suggest("ba", { "ab" }))
  end)

  it("accepts options of the right type", function()
    assert.same({ size = 1 }, check.options({ size = 1 }, { size = "integer" }, "tmpfs"))
    assert.same({}, check.options(nil, {}, "tmpfs"))
    assert.same({ at = "x" }, check.options({ at = "x" }, { at = "string|table" }, "tmpfs"))
  end)

  local function tmpfs(options)
    check.options(options, { size = "integer", mode = "integer" }, "tmpfs")
  end

  it("blames the caller's line for an unknown option and says which was meant", function()
    local ok, err = pcall(function() tmpfs { sise = 1 } end)
    assert.is_false(ok)
    assert.matches("check_spec%.lua:%d+: tmpfs: unknown option 'sise' %(did you mean 'size'%?%)",
      err)
  end)

  it("lists the options when none is near", function()
    local _, err = pcall(function() tmpfs { colour = 1 } end)
    assert.matches("known are mode, size", err, 1, true)
  end)

  it("says which type was expected", function()
    local _, err = pcall(function() tmpfs { size = 1.5 } end)
    assert.matches("tmpfs: option 'size': integer expected, got number", err, 1, true)
    _, err = pcall(function() tmpfs(7) end)
    assert.matches("check_spec%.lua:%d+: tmpfs: table expected, got number", err)
  end)
end)
