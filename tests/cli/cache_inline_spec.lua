-- lamina build --cache-to type=inline: an image that holds the keys of its own layers.
local builders = require "support.builders"
local digest = require "lamina.core.digest"
local helper = require "support.helper"
local json = require "lamina.core.json"
local registry = require "support.registry"

local build, machine = builders.build, builders.machine
local key = "vnd.lamina.cache.v1"

describe("lamina build", function()
  local server, dir, first

  setup(function()
    server, dir, first = registry.start(), helper.tmpdir(), machine()
    helper.write(dir .. "/Dockerfile", [[
FROM busybox
COPY Dockerfile /
RUN head -c 9 /dev/urandom | md5sum >/r
RUN cat /r >/s
CMD ["cat", "/s"]
]])
  end)
  teardown(function()
    server:close()
    helper.cleanup()
  end)

  --- Builds on the first machine and pushes; answers what the image says.
  local function push(name, context)
    local said = build(first, "--cache-to", "type=inline", context)
    first:ok("push", "-q", "out", server:name(name))
    return said
  end

  local function manifest(name)
    return json.decode(first:ok("manifest", "--raw", server:name(name)))
  end

  it("runs nothing that an image has which another machine has pushed", function()
    local said = push("a/app:v1", dir)
    for _, word in ipairs { server:name "a/app:v1",
      "type=registry,ref=" .. server:name("a/app@" .. server:digest("a/app", "v1")) } do
      local second = machine()
      local again, ran, log = build(second, "--cache-from", word, dir)
      assert.same({ said, 0 }, { again, ran }, log)
      second:ok("fsck", "--deep")
    end
  end)

  it("makes the same image with it and without", function()
    local id = first:ok("build", "-q", "-t", "one", "--cache-to", "type=inline", dir)
    local annotated = first:ok("inspect", "--format", "{{.Descriptor.digest}}", "one")
    assert.equal(id, first:ok("build", "-q", "-t", "one", dir))
    assert.not_equal(annotated, first:ok("inspect", "--format", "{{.Descriptor.digest}}", "one"))
    assert.equal(id, first:ok("build", "-q", "--cache-to", "type=inline", "-t", "one", dir))
    assert.equal(annotated, first:ok("inspect", "--format", "{{.Descriptor.digest}}", "one"))
  end)

  it("leaves it where the image goes: pulled and pushed, archived, compressed anew", function()
    local said = push("a/way:v1", dir)
    local second, archive = machine(), helper.tmpdir() .. "/a.tar"
    second:ok("pull", "-q", server:name "a/way:v1")
    second:ok("save", "--format", "oci", "-o", archive, server:name "a/way:v1")
    local third = machine()
    third:ok("load", "-i", archive)
    third:ok("push", "-q", "--compression", "zstd", server:name "a/way:v1", server:name "a/way:v2")
    assert.matches("zstd$", manifest("a/way:v2").layers[2].mediaType)
    local again, ran, log = build(machine(), "--cache-from", server:name "a/way:v2", dir)
    assert.same({ said, 0 }, { again, ran }, log)
  end)

  it("holds no more than the image's own layers, which is enough to share those", function()
    local stages = builders.context()
    push("a/stages:v1", stages)
    local records = json.decode(manifest("a/stages:v1").annotations[key]).records
    assert.equal(3, #records)
    local _, ran = build(machine(), "--cache-from", server:name "a/stages:v1", stages)
    assert.is_true(ran < 5)
    first:fails(2, "mode=min.*type=registry,ref=NAME,mode=max", "build", "-q", "--cache-to",
      "type=inline,mode=max", stages)
  end)

  it("has it for each platform of an index", function()
    helper.write(dir .. "/files.lua", [[return image(from("scratch"):arg("N", target_platform.arch)
      :copy({ a = "b " .. target_platform.arch }, "/"), {})]])
    local words = { "--progress=plain", "--platform", "linux/amd64,linux/arm64", "-f",
      dir .. "/files.lua", dir }
    first:ok("build", "--push", "--cache-to", "type=inline", "-t", server:name "a/many:v1",
      table.unpack(words))
    local second = machine()
    local _, _, log = second("build", "--cache-from", server:name "a/many:v1",
      table.unpack(words))
    assert.equal(2, select(2, log:gsub("CACHED", "")), log)
    words[3] = "linux/s390x"
    _, _, log = second("build", "--cache-from", server:name "a/many:v1", table.unpack(words))
    assert.matches("NOTE not used: .*it is no cache of lamina's, and has none in it", log)
  end)

  it("gives nothing of it to images that are built on the image", function()
    first:ok("build", "-q", "--cache-to", "type=inline", "-t", "base", dir)
    helper.write(dir .. "/on.lua", [[return from("base"):run "echo more >/more"]])
    first:ok("build", "-q", "-f", dir .. "/on.lua", "--push", "-t", server:name "a/on:v1", dir)
    assert.is_nil(manifest("a/on:v1").annotations)
  end)

  it("keeps the image's other annotations, and takes Docker's older words", function()
    helper.write(dir .. "/noted.lua",
      [[return from("busybox"):run("echo >/n"):annotate { ["a.b"] = "kept" }]])
    first:ok("build", "-q", "-f", dir .. "/noted.lua", "--build-arg", "BUILDKIT_INLINE_CACHE=1",
      "--push", "-t", server:name "a/noted:v1", dir)
    local annotations = manifest("a/noted:v1").annotations
    assert.equal("kept", annotations["a.b"])
    assert.is_string(annotations[key])
  end)

  it("says so where no output is an image", function()
    local _, _, log = first("build", "--progress=plain", "--cache-to", "type=inline", "-o",
      "type=none", dir)
    assert.matches("NOTE not written: no output is an image", log, 1, true)
  end)

  it("believes no records that are none, or of layers that the image hasn't", function()
    local layout = helper.tmpdir() .. "/layout"
    first:ok("build", "-q", "--cache-to", "type=inline", "-o", "type=oci,tar=false,dest=" .. layout,
      dir)
    local _, ran, said = build(machine(), "--cache-from", "type=local,src=" .. layout, dir)
    assert.equal(0, ran, said)
    local index = json.decode(helper.read(layout .. "/index.json"))
    local function path(of) return layout .. "/blobs/sha256/" .. of.digest:sub(8) end
    local document = json.decode(helper.read(path(index.manifests[1])))
    local record = json.decode(document.annotations[key]).records[1]
    record.diff_id = "sha256:" .. ("0"):rep(64)
    for _, text in ipairs { "x", "[]", '{"version":1}', '{"version":2,"records":[]}',
      json.encode { version = 1, records = { record } } } do
      document.annotations[key] = text
      local bytes = json.encode(document)
      local of = index.manifests[1]
      of.digest, of.size = "sha256:" .. digest.sha256(bytes), #bytes
      helper.write(path(of), bytes)
      helper.write(layout .. "/index.json", json.encode(index))
      local second = machine()
      local _, made, log = build(second, "--cache-from", "type=local,src=" .. layout, dir)
      assert.equal(3, made, log)
      assert.matches("NOTE not used: ", log)
      second:ok("load", "-i", layout) -- the image is as good as before
    end
  end)
end)
