local failure = require "lamina.util.failure"
local folder = require "lamina.archive.folder"
local helper = require "support.helper"

local function names(dir)
  return (select(2, helper.sh("cd " .. dir .. " 2>/dev/null && find . -type f | sort | xargs")))
end

describe("lamina.archive.folder", function()
  after_each(helper.cleanup)

  it("writes files below a directory that it makes", function()
    local dir = helper.tmpdir() .. "/a/b"
    do
      local sink <close> = folder.new(dir)
      sink:file("index.json", "{}")
      sink:stream("blobs/sha256/x", 3, function(fd)
        assert(require("luv").fs_write(fd, "xyz", -1))
      end)
      sink:finish()
    end
    assert.equal("./blobs/sha256/x ./index.json\n", names(dir))
    assert.equal("xyz", helper.read(dir .. "/blobs/sha256/x"))
    assert.equal("644\n", select(2, helper.sh("stat -c %a " .. dir .. "/blobs/sha256/x")))
  end)

  it("takes away what it has written when it isn't finished", function()
    local top = helper.tmpdir()
    assert.has_error(function()
      local sink <close> = folder.new(top .. "/new")
      sink:file("blobs/sha256/x", "x")
      error("the disk is full", 0)
    end, "the disk is full")
    assert.equal("", (select(2, helper.sh("ls " .. top))))
    assert.has_error(function()
      local sink <close> = folder.new(top)
      sink:file("blobs/sha256/x", "x")
      error("again", 0)
    end, "again")
    assert.equal("0\n", select(2, helper.sh("ls -a " .. top .. " | grep -vc '^[.]*$'")))
  end)

  it("leaves a directory alone that holds something", function()
    local dir = helper.tmpdir()
    helper.write(dir .. "/mine", "x")
    local ok, err = pcall(folder.new, dir)
    assert.is_false(ok)
    assert.is_true(failure.is(err, "invalid-input"))
    assert.equal("./mine\n", names(dir))
  end)
end)
