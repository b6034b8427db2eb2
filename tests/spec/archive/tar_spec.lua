local fs = require "lamina.core.fs"
local helper = require "support.helper"
local tar = require "lamina.archive.tar"

--- Writes an archive with `fill(sink, file)`; answers its path.
local function made(fill)
  local path = helper.tmpdir() .. "/a.tar"
  local file <close> = assert(fs.open(path, "w"))
  local sink = tar.new(file:fd())
  fill(sink, file)
  sink:finish()
  return path
end

describe("lamina.archive.tar", function()
  after_each(helper.cleanup)

  it("writes files and their directories, each once, without times or owners", function()
    local path = made(function(sink)
      sink:file("blobs/sha256/a", "one\n")
      sink:file("blobs/sha256/b", ("x"):rep(512))
      sink:file("index.json", "")
    end)
    assert.equal(0, #helper.read(path) % 512)
    local status, out, err = helper.sh("TZ=UTC tar --numeric-owner -tvf " .. path)
    assert.equal("", err)
    assert.equal(0, status)
    assert.equal([[
drwxr-xr-x 0/0               0 1970-01-01 00:00 blobs/
drwxr-xr-x 0/0               0 1970-01-01 00:00 blobs/sha256/
-rw-r--r-- 0/0               4 1970-01-01 00:00 blobs/sha256/a
-rw-r--r-- 0/0             512 1970-01-01 00:00 blobs/sha256/b
-rw-r--r-- 0/0               0 1970-01-01 00:00 index.json
]], out)
    assert.equal("one\n", select(2, helper.sh("tar -xOf " .. path .. " blobs/sha256/a")))
  end)

  it("writes sizes that a header has no room for", function()
    local size = (9 << 30) + 3
    local at = 2 * 512 + 2 * 512 + 512 -- directories, the PAX record, the header
    local path = made(function(sink, file)
      sink:stream("blobs/sha256/huge", size, function() file:seek(at + size) end) -- a hole
      sink:file("last", "x")
    end)
    local status, out = helper.sh("tar -tvf " .. path .. " | awk '{print $3, $6}'")
    assert.equal(0, status)
    assert.matches(("%d blobs/sha256/huge\n1 last\n"):format(size), out, 1, true)
  end)

  it("says what it couldn't write", function()
    local file <close> = assert(fs.open("/dev/full", "w"))
    local ok, err = pcall(function() tar.new(file:fd()):file("a", "x") end)
    assert.is_false(ok)
    assert.matches("^write the archive: ENOSPC", tostring(err))
  end)
end)
