local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- A layer with one file, in tmp/; `info(hex)` is what a pack would say of it.
local prelude = [=[
  local one = "sha256:" .. ("1"):rep(64)
  local function made(text)
    local dir = folder "made"
    assert(fs.write(dir .. "/file", text))
    return dir
  end
  local info = { diff_id = one, tar_size = 1024, entries = 1, bytes = 4 }
  local function content() return fs.read(store.layers:path(one) .. "/file") end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.layer", function()
  after_each(helper.cleanup)

  it("gives a finished directory its name, its row and a lease", function()
    assert.equal("false\ntrue\ttext\t1024\t4\t1\ttrue\t1\n", output [=[
      print(store.layers:has(one))
      store.layers:adopt(made "text", info)
      local row = store.layers:get(one)
      local leases = assert(store.db:rows("select * from leases where digest = ?", one))
      print(store.layers:has(one), content(), row.tar_size, row.bytes, row.entries,
        row.boot == fs.boot_id(), #leases)]=])
  end)

  it("keeps the first of two, and drops the second's directory", function()
    assert.equal("first\ttrue\n", output [=[
      store.layers:adopt(made "first", info)
      local second = made "second"
      store.layers:adopt(second, info)
      print(content(), fs.stat(second) == nil)]=])
  end)

  it("trusts no directory without a row: it may be half removed", function()
    assert.equal("whole\ttrue\n", output [=[
      assert(fs.mkdir(store.layers:path(one)))
      assert(fs.write(store.layers:path(one) .. "/half", ""))
      store.layers:adopt(made "whole", info)
      print(content(), fs.stat(store.layers:path(one) .. "/half") == nil)]=])
  end)

  it("isn't there without its directory, and is there again when it is made again", function()
    assert.equal("false\ttrue\tagain\n", output [=[
      store.layers:adopt(made "text", info)
      fs.remove(store.layers:path(one))
      local before = store.layers:has(one)
      store.layers:adopt(made "again", info)
      print(before, store.layers:has(one), content())]=])
  end)

  it("lists directories top first, and gives an image without layers an empty one", function()
    assert.equal("2\t1\n1\t0\n", output [=[
      local two = "sha256:" .. ("2"):rep(64)
      local paths = store.layers:paths { one, two }
      print(paths[1]:sub(-1), paths[2]:sub(-1))
      paths = store.layers:paths {}
      print(#paths, #fs.list(paths[1]))]=])
  end)

  it("remembers the blob it came as while that is there", function()
    assert.equal("nil\nx/y\t5\nnil\n", output [=[
      store.layers:adopt(made "text", info)
      print((store.layers:blob_of(one)))
      local of = store.blobs:put("bytes", "x/y")
      store.layers:remember_blob(one, of)
      local back = store.layers:blob_of(one)
      print(back.mediaType, back.size)
      fs.remove(store.blobs:path(of.digest))
      print((store.layers:blob_of(one)))]=])
  end)
end)
