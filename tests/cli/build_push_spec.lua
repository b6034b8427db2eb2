-- lamina build --push and -o type=registry, into a real registry.
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local media_type = require "lamina.image.media_type"
local registry = require "support.registry"

describe("lamina build", function()
  local server, run, dir

  setup(function()
    server = registry.start()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    helper.write(dir .. "/recipe.lua",
      [[return image(from("busybox"):run "echo built >/built", { cmd = { "cat", "/built" } })]])
  end)
  teardown(function()
    server:close()
    helper.cleanup()
  end)

  it("pushes under every name with --push, and keeps the image", function()
    local meta = helper.tmpdir() .. "/meta"
    local id = run:ok("build", "-q", "--push", "--metadata-file", meta, "-t", server:name "a/b:v1",
      "-t", server:name "a/c:v2", dir)
    assert.equal(server:digest("a/b", "v1"), server:digest("a/c", "v2"))
    assert.equal(server:digest("a/b", "v1"),
      json.decode(helper.read(meta))["containerimage.digest"])
    assert.equal(id, run:ok("inspect", "--format", "{{.Id}}", server:name "a/c:v2"))
    local other = helper.store()
    other:ok("pull", "-q", server:name "a/b:v1")
    assert.equal("built\n", other:ok("run", "--rm", server:name "a/b:v1"))
  end)

  it("compresses as -o type=registry says", function()
    run:ok("build", "-q", "-o", ("type=registry,name=%s,compression=zstd"):format(
      server:name "a/z:v1"), dir)
    local layers = json.decode(run:ok("manifest", "--raw", server:name "a/z:v1")).layers
    for _, of in ipairs(layers) do assert.equal(media_type.layer_zstd, of.mediaType) end
  end)

  it("pushes an index of several platforms", function()
    helper.write(dir .. "/files.lua", [[return image(from("scratch"):copy({ a = "b" }, "/"), {})]])
    run:ok("build", "-q", "--push", "--platform", "linux/amd64,linux/arm64", "-f",
      dir .. "/files.lua", "-t", server:name "a/many:v1", dir)
    local there = json.decode(run:ok("manifest", "--raw", server:name "a/many:v1"))
    assert.equal(2, #there.manifests)
  end)

  it("tells what can't be pushed", function()
    run:fails(2, "the image has no name", "build", "-q", "--push", dir)
    run:fails(2, "unknown compression 'lzma'", "build", "-q", "-o",
      "type=registry,compression=lzma", dir)
    run:fails(2, "compression%-level is 1 to 3", "build", "-q", "-o",
      "type=registry,compression-level=9", dir)
  end)
end)
