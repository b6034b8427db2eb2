local digest = require "lamina.core.digest"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local layer = require "lamina.core.layer"

local plain = ("some bytes that repeat "):rep(20000)
local id = "sha256:" .. digest.sha256(plain)

describe("lamina.core.layer.recode", function()
  local dir

  before_each(function()
    dir = helper.tmpdir()
    helper.write(dir .. "/plain", plain)
    for _, program in ipairs { "gzip", "zstd", "xz", "bzip2" } do
      assert(os.execute(("%s -c <%s/plain >%s/%s"):format(program, dir, dir, program)))
    end
  end)
  after_each(helper.cleanup)

  it("tells both digests and sizes of what it reads, whatever the compression", function()
    for _, kind in ipairs { "plain", "gzip", "zstd", "xz", "bzip2" } do
      local path = dir .. "/" .. kind
      local info = assert(layer.recode(path))
      assert.equal(id, info.diff_id)
      assert.equal("sha256:" .. digest.file(path), info.digest)
      assert.equal(#helper.read(path), info.size)
      assert.equal(#plain, info.tar_size)
      assert.equal(kind == "plain" and "none" or kind, info.compression)
    end
  end)

  it("copies the bytes as they are where no compression is asked for", function()
    local file <close> = assert(fs.open(dir .. "/gzip", "r"))
    local info = assert(layer.recode(file:fd(), { output = dir .. "/out" }))
    assert.equal(helper.read(dir .. "/gzip"), helper.read(dir .. "/out"))
    assert.equal("gzip", info.compression)
  end)

  it("compresses anew, to the same bytes each time", function()
    for _, from in ipairs { "plain", "gzip", "zstd", "xz" } do
      for kind, check in pairs { none = "cat", gzip = "gzip -dc", zstd = "zstd -dcq" } do
        local info = assert(layer.recode(dir .. "/" .. from,
          { output = dir .. "/" .. kind .. from, compression = kind }))
        local out = dir .. "/" .. kind .. from
        assert.equal("sha256:" .. digest.file(out), info.digest)
        assert.equal(id, info.diff_id)
        assert.equal(#helper.read(out), info.size)
        local _, text = helper.sh(check .. " <" .. out)
        assert.is_true(text == plain)
        -- whatever the pieces were that it came in
        assert.is_true(helper.read(out) == helper.read(dir .. "/" .. kind .. "plain"))
      end
    end
  end)

  it("fails when it isn't what was promised", function()
    local zeros = "sha256:" .. ("0"):rep(64)
    for _, case in ipairs { { { digest = zeros }, "the digest is sha256:" },
      { { diff_id = zeros }, "the diff ID is sha256:" },
      { { size = 5 }, "the size is %d+, not 5" } } do
      local info, err = layer.recode(dir .. "/gzip", case[1])
      assert.is_nil(info)
      assert.equal("EBADMSG", err.errno)
      assert.matches(case[2], err.message)
    end
    assert(layer.recode(dir .. "/gzip", { diff_id = id, size = #helper.read(dir .. "/gzip") }))
  end)

  it("fails for broken data, bombs and what isn't there", function()
    helper.write(dir .. "/cut", helper.read(dir .. "/gzip"):sub(1, -20))
    assert.matches("gzip", select(2, layer.recode(dir .. "/cut")).message)
    local _, err = layer.recode(dir .. "/gzip", { limits = { bytes = 1000 } })
    assert.matches("the limit 'bytes' of 1000", err.message)
    assert.equal("ENOENT", select(2, layer.recode(dir .. "/none")).errno)
    assert.equal("ENOENT", select(2, layer.recode(dir .. "/gzip",
      { output = dir .. "/no/dir" })).errno)
  end)

  it("refuses options that mean nothing", function()
    assert.has_error(function() layer.recode(dir .. "/gzip", { digest = "x" }) end)
    assert.has_error(function() layer.recode(dir .. "/gzip", { compression = "lzma" }) end)
    assert.has_error(function() layer.recode(dir .. "/gzip", { output = {} }) end)
    assert.has_error(function() layer.recode(dir .. "/gzip", { colour = 1 }) end)
    assert.has_error(function() layer.recode() end)
  end)
end)
