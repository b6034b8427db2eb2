-- Links on the way to a path, as a process in the root would follow them.
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local rootpath = require "lamina.exec.rootpath"

describe("lamina.exec.rootpath", function()
  local root

  setup(function()
    local dir = helper.tmpdir()
    assert.equal(0, helper.sh("cd " .. dir .. [[ && mkdir -p b real/inner real/b
      ln -s /real/inner a; ln -s a/../b up; ln -s ./a/. here; ln -s ../../.. real/out
      ln -s round round; ln -s missing/../b gone; ln -s b/ slash]]))
    root = assert(fs.open(dir, "dir"))
  end)

  teardown(function()
    root:close()
    helper.cleanup()
  end)

  local function follow(name) return { rootpath.follow(root:fd(), name) } end

  it("answers the path and whether something is there", function()
    assert.same({ "b", true }, follow "/b")
    assert.same({ "real/inner", true }, follow "a/")
    assert.same({ "real/inner/x/y", false }, follow "/a/x/y")
    assert.same({ "", true }, follow "/")
    assert.same({ "b", true }, follow "slash")
  end)

  it("goes up from where a link has led", function()
    assert.same({ "real/b", true }, follow "up")
    assert.same({ "real/b/x", false }, follow "/up/x")
    assert.same({ "real/inner", true }, follow "here")
  end)

  it("takes a path's own dots as text, as a Dockerfile's are", function()
    assert.same({ "b", true }, follow "a/../b")
  end)

  it("stays beneath the root", function()
    assert.same({ "b", true }, follow "real/out/b")
    assert.same({ "b", true }, follow "../../b")
  end)

  it("believes nothing behind what is missing", function()
    assert.same({ "b", false }, follow "gone")
  end)

  it("gives up on links that lead round", function()
    assert.has_error(function() rootpath.follow(root:fd(), "round") end)
  end)
end)
