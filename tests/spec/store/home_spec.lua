local helper = require "support.helper"

--- What home answers under an environment.
local function ask(environment, expression)
  local status, out, err = helper.sh(("env -i LUA_PATH=%s LUA_CPATH=%s PATH=/usr/bin:/bin %s "
    .. "lua5.4 -e %s"):format(helper.quote(package.path), helper.quote(package.cpath), environment,
    helper.quote("require 'luv'; local home = require 'lamina.store.home' print(" .. expression
      .. ")")))
  assert.equal("", err)
  assert.equal(0, status)
  return (out:gsub("\n$", ""))
end

describe("lamina.store.home", function()
  after_each(helper.cleanup)

  it("finds the store where LAMINA_ROOT says", function()
    assert.equal("/x", ask("LAMINA_ROOT=/x HOME=/h", "home.default_root()"))
  end)

  it("else has one for root, and one a user", function()
    local root = helper.is_root and "/var/lib/lamina"
    assert.equal(root or "/d/lamina", ask("LAMINA_ROOT= HOME=/h XDG_DATA_HOME=/d",
      "home.default_root()"))
    assert.equal(root or "/h/.local/share/lamina", ask("HOME=/h", "home.default_root()"))
  end)

  it("says that there is no place without HOME", function()
    local answer = ask("A=b", "pcall(home.default_root)")
    if helper.is_root then return assert.equal("true\t/var/lib/lamina", answer) end
    assert.matches("^false\tno place for the store: HOME is not set", answer)
  end)

  it("makes paths absolute, and drops a slash at the end, which would follow a link", function()
    assert.equal("/a/b", ask("HOME=/", "home.absolute '/a/b//'"))
    assert.equal("/", ask("HOME=/", "home.absolute '/'"))
    assert.matches("^/.+/a$", ask("HOME=/", "home.absolute 'a'"))
  end)
end)
