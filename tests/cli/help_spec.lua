local help = require "lamina.cli.help"
local helper = require "support.helper"

describe("lamina help", function()
  local lamina

  setup(function() lamina = helper.store() end)
  teardown(helper.cleanup)

  it("lists the commands", function()
    local status, out, err = lamina("help")
    assert.equal(0, status)
    assert.equal("", err)
    assert.equal(help.overview(), out)
    assert.equal(out, lamina:ok("--help"))
  end)

  it("shows how a command is used, however it is asked for", function()
    local status, out = lamina("help", "commit")
    assert.equal(0, status)
    assert.matches("^Usage: lamina commit %[OPTIONS%] CONTAINER", out)
    assert.equal(out, lamina:ok("commit", "--help"))
    assert.equal(out, lamina:ok("--help", "commit"))
    assert.equal(out, lamina:ok("commit", "--help", "--message", "x", "too", "many", "words"))
  end)

  it("has a help of every command", function()
    for _, name in ipairs(help.names()) do
      assert.matches("^Usage: lamina " .. name, lamina:ok("help", name))
    end
  end)

  it("is what a call without a command shows, as wrong usage", function()
    local status, out, err = lamina()
    assert.equal(2, status)
    assert.equal("", out)
    assert.equal(help.overview(), err)
  end)

  --- What a wrong call is told.
  local function refused(...)
    local status, out, err = lamina(...)
    assert.equal(2, status)
    assert.equal("", out)
    return err
  end

  it("suggests the command that was meant", function()
    assert.equal("lamina: unknown command 'imagse'\nhint: did you mean 'lamina images'?\n",
      refused "imagse")
    assert.equal("lamina: help: unknown command 'imagse'\n"
      .. "hint: did you mean 'lamina help images'?\n", refused("help", "imagse"))
    assert.equal("lamina: unknown command 'xyzzy'\nhint: 'lamina help' lists the commands\n",
      refused "xyzzy")
    assert.matches("unknown command", refused "../../etc/passwd", 1, true)
    assert.matches("unknown command 'a\\x1b'", refused "a\27", 1, true)
  end)

  it("suggests the option that was meant, and where to read on", function()
    assert.equal("lamina: images: unknown option '--fromat'\nhint: did you mean '--format'?\n"
      .. "hint: 'lamina images --help' shows how it is used\n", refused("images", "--fromat", "x"))
    assert.matches("tag: unexpected argument 'c'", refused("tag", "a", "b", "c"), 1, true)
    assert.matches("did you mean '--root'?", refused("--rot", "x", "images"), 1, true)
  end)

  it("takes --root and --debug before and behind a command", function()
    local dir = helper.tmpdir()
    local lines = { { "--root", "DIR", "images", "-q" }, { "images", "-q", "--root=DIR" } }
    for i, words in ipairs(lines) do
      local root = dir .. "/" .. i
      for j, word in ipairs(words) do words[j] = word:gsub("DIR", root) end
      assert.equal("", lamina:ok(table.unpack(words)))
      assert.equal(0, (helper.sh("[ -e " .. root .. "/lamina.db ]")))
    end
    local _, _, long = lamina("--debug", "tag", "nothing", "x")
    assert.matches("stack traceback:", long, 1, true)
    local _, _, err = lamina("tag", "nothing", "x")
    assert.is_nil(err:find("stack traceback", 1, true))
  end)

  it("has an example that works", function()
    assert.equal(0, (lamina:example("help")))
  end)
end)
