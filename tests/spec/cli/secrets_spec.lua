local helper = require "support.helper"
local secrets = require "lamina.cli.secrets"
local uv = require "luv"

local function parse(...) return secrets.parse { ... } end

local function refused(...)
  local ok, err = pcall(parse, ...)
  assert.is_false(ok)
  assert.equal("usage", err.kind)
  return tostring(err)
end

describe("lamina.cli.secrets", function()
  after_each(helper.cleanup)

  it("finds files and variables by id", function()
    assert.same({ a = { path = "x" }, b = { path = "y" }, c = { env = "C" }, d = { path = "z" } },
      parse("id=a,src=x", "id=b,source=y", "ID=c,env=C", "type=file,id=d,src=z"))
  end)

  it("takes type=env as buildx does: src is the variable's name, else the id", function()
    assert.same({ a = { env = "TOKEN" }, b = { env = "b" }, c = { env = "C" } },
      parse("id=a,type=env,src=TOKEN", "id=b,type=env", "id=c,type=env,env=C"))
  end)

  it("takes an id alone for a variable, else for a file", function()
    local path = helper.write(helper.tmpdir() .. "/token", "x")
    assert.same({ HOME = { env = "HOME" }, [path] = { path = path }, none = { env = "none" } },
      parse("id=HOME", "id=" .. path, "id=none"))
    uv.os_setenv(path, "a variable")
    assert.same({ [path] = { env = path } }, parse("id=" .. path))
    assert.same({ [path] = { path = path } }, parse("type=file,id=" .. path))
    uv.os_unsetenv(path)
  end)

  it("takes commas in quotes", function()
    assert.same({ a = { path = "x,y" } }, parse 'id=a,"src=x,y"')
  end)

  it("refuses what it doesn't know, and what would go unheard", function()
    for word, message in pairs {
      ["src=x"] = "an id expected", ["id="] = "'id' is empty", ["id=a,src="] = "'src' is empty",
      ["id=a,type=bogus"] = "unknown type 'bogus'", ["id=a,scr=x"] = "unknown key 'scr'",
      ["id=a,src=x,src=y"] = "'src' comes twice", ["id=a,src=x,source=y"] = "are the same",
      ["id=a,src=x,env=Y"] = "not both", ["id=a,type=file,env=Y"] = "not both",
      ["id=a,x"] = "KEY=VALUE expected", ['id=a,"src=x'] = "a quote without its end",
    } do
      assert.matches(message, refused(word), 1, true)
    end
    assert.matches("'a' comes twice", refused("id=a,src=x", "id=a,src=y"), 1, true)
    assert.matches("unknown key", refused("id=a,b=c"), 1, true)
  end)
end)
