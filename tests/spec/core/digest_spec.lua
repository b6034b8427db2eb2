local digest = require "lamina.core.digest"
local helper = require "support.helper"
local misuse = require "support.misuse"
local watch = require "support.watch"

local empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
local abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

describe("lamina.core.digest", function()
  after_each(helper.cleanup)

  it("knows the answers of FIPS 180-4", function()
    assert.equal(empty, digest.sha256 "")
    assert.equal(abc, digest.sha256 "abc")
    assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      digest.sha256 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
    assert.equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
      digest.sha256(("a"):rep(1000000)))
  end)

  it("hashes a stream in pieces, and begins anew after the answer", function()
    local sha = digest.new()
    assert.equal(abc, sha:update("a"):update(""):update("bc"):hex())
    assert.equal(empty, sha:hex())
    assert.equal(abc, sha:update("abc"):hex())
  end)

  it("hashes bytes, zeros among them", function()
    assert.not_equal(digest.sha256 "a", digest.sha256 "a\0b")
    assert.equal(digest.sha256 "a\0b", digest.new():update("a\0"):update("b"):hex())
  end)

  it("hashes a file and tells its size", function()
    local path = helper.write(helper.tmpdir() .. "/f", ("\0x"):rep(1500000))
    local hex, size = digest.file(path)
    assert.equal(digest.sha256(("\0x"):rep(1500000)), hex)
    assert.equal(3000000, size)
    assert.same({ empty, 0 }, { digest.file(helper.write(path, "")) })
  end)

  it("hashes regular files only, and waits for none", function()
    local dir = helper.tmpdir()
    assert.equal(0, (helper.sh("mkfifo " .. dir .. "/fifo")))
    for name, errno in pairs { fifo = "EINVAL", ["."] = "EISDIR", no = "ENOENT" } do
      local hex, err = digest.file(dir .. "/" .. name)
      assert.is_nil(hex)
      assert.equal(errno, err.errno)
      assert.matches(dir .. "/" .. name, err.message, 1, true)
    end
  end)

  it("raises at the caller's line for what can't be meant", function()
    local sha = digest.new()
    misuse("string expected, got table", digest.sha256, {})
    misuse("string expected, got no value", sha.update, sha)
    misuse("NUL byte", digest.file, "/etc/passwd\0")
    misuse("unknown option 'rot'", digest.file, "x", { rot = 1 })
    misuse("option 'root'", digest.file, "x", { root = -1 << 40 })
    misuse("lamina.sha256 expected", sha.hex, io.stdout)
  end)

  it("leaves nothing open and survives a restless collector", function()
    local path = helper.write(helper.tmpdir() .. "/f", "abc")
    watch.restless(function()
      watch.descriptors(function()
        for _ = 1, 100 do
          assert.equal(abc, digest.new():update("a"):update("bc"):hex())
          assert.equal(abc, (digest.file(path)))
          assert.is_nil((digest.file("/no")))
        end
      end)
    end)
  end)

  it("can be asked when the state ends, whatever is finalized first", function()
    local status, out = helper.sh([[lua5.4 -e '
      local digest = require "lamina.core.digest"
      local sha
      setmetatable({}, { __gc = function() print(pcall(sha.hex, sha)) end })
      sha = digest.new()']])
    assert.equal(0, status)
    assert.matches("false.*the hasher is gone", out)
  end)
end)
