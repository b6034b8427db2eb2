-- lamina push, into a real registry.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"
local registry = require "support.registry"

describe("lamina push", function()
  local server, run, id

  setup(function()
    server = registry.start()
    run, id = fixtures.busybox_store()
  end)
  teardown(function()
    server:close()
    helper.cleanup()
  end)

  local function uploads()
    local count = 0
    for _, line in ipairs(server:log()) do
      if line:find "^PUT /v2/.*/blobs/uploads/" then count = count + 1 end
    end
    return count
  end

  local function manifest(name)
    return json.decode(run:ok("manifest", "--raw", server:name(name)))
  end

  it("prints the digest that the image has there, by which it is known here, too", function()
    local out = run:ok("push", "busybox", server:name "a/first:v1")
    assert.equal(server:digest("a/first", "v1") .. "\n", out)
    assert.equal(id, run:ok("inspect", "--format", "{{.Id}}",
      server:name("a/first@" .. out:match "%S+")):match "%S+")
    assert.matches(out:match "%S+", run:ok("images", "--digests"), 1, true)
    run:ok("fsck", "--deep")
  end)

  it("goes where the name says, when that is the image's own", function()
    run:ok("tag", "busybox", server:name "a/own:v1")
    run:ok("push", "-q", server:name "a/own:v1")
    assert.matches("^sha256:", server:digest("a/own", "v1"))
    run:ok("rmi", server:name "a/own:v1")
  end)

  it("compresses with gzip, once: the blob is kept", function()
    run:ok("push", "busybox", server:name "a/gzip:v1")
    local of = manifest("a/gzip:v1").layers[1]
    assert.equal(media_type.layer_gzip, of.mediaType)
    local blob = run.root .. "/blobs/sha256/" .. of.digest:sub(8)
    assert.equal(of.size, #helper.read(blob))
    local _, before = helper.sh("stat -c %i,%z " .. blob)
    run:ok("push", "busybox", server:name "b/gzip:v2")
    assert.equal(before, select(2, helper.sh("stat -c %i,%z " .. blob)))
  end)

  it("sends no blob twice, and takes what another repository has from there", function()
    run:ok("push", "busybox", server:name "a/twice:v1")
    server:log()
    local _, _, err = run("push", "busybox", server:name "a/twice:v2")
    assert.matches("EXISTS", err)
    assert.equal(0, uploads())
    run:ok("push", "busybox", server:name "c/other:v1")
    local mounted = false
    for _, line in ipairs(server:log()) do
      mounted = mounted or line:find("^POST /v2/c/other/blobs/uploads/%?mount=.* 201$") ~= nil
    end
    assert.is_true(mounted)
  end)

  it("compresses as it is told, also in pieces", function()
    for kind, media in pairs { zstd = media_type.layer_zstd, none = media_type.layer,
      gzip = media_type.layer_gzip } do
      local name = server:name("a/kind:" .. kind)
      run:ok("push", "--compression", kind, "--chunk-size", "1", "busybox", name)
      assert.equal(media, manifest("a/kind:" .. kind).layers[1].mediaType)
      local other = helper.store()
      assert.equal(id, other:ok("pull", "-q", name):match "%S+")
    end
    for _, size in ipairs { "0", "8796093022208" } do -- which in bytes would be 2^63
      run:fails(2, "chunk%-size", "push", "--chunk-size", size, "busybox", "localhost:1/x")
    end
    run:fails(2, "compression%-level", "push", "--compression-level", "9", "busybox",
      server:name "a/kind:x")
  end)

  it("keeps what was pulled byte for byte", function()
    local it = layout.good()
    server:push("oci-archive:" .. it:tar(), "a/pulled:v1")
    local other = helper.store()
    other:ok("pull", server:name "a/pulled:v1")
    assert.equal(server:digest("a/pulled", "v1") .. "\n",
      other:ok("push", server:name "a/pulled:v1", server:name "d/pulled:v1"))
  end)

  it("puts manifests before the tag, and blobs before both (REG-08)", function()
    server:log()
    run:ok("push", "--compression", "zstd", "busybox", server:name "e/order:v1")
    local order = {}
    for _, line in ipairs(server:log()) do
      local what = line:find "^PUT /v2/.*/blobs/" and "blob"
        or line:find "^PUT /v2/.*/manifests/sha256:" and "digest"
        or line:find "^PUT /v2/.*/manifests/v1 " and "tag"
      if what then order[#order + 1] = what end
    end
    assert.same({ "blob", "blob", "digest", "tag" }, order)
  end)

  it("pushes an index with all its images", function()
    local it, list = layout.new(), {}
    for i, name in ipairs { "amd64", "arm64" } do
      local tar = layout.layer("echo " .. name .. " >arch")
      list[i] = it:manifest { layers = { it:blob(tar, media_type.layer) },
        diff_ids = { "sha256:" .. digest.sha256(tar) }, config = { architecture = name } }
      list[i].platform = { os = "linux", architecture = name }
    end
    local top = it:blob({ schemaVersion = 2, mediaType = media_type.index,
      manifests = json.array(list) }, media_type.index)
    top.annotations = { ["org.opencontainers.image.ref.name"] = "many:v1" }
    it:index { top }
    run:ok("load", "--all-platforms", "-i", it.dir)
    run:ok("push", "many:v1", server:name "a/many:v1")
    local there = manifest "a/many:v1"
    assert.equal(2, #there.manifests)
    assert.equal("arm64", there.manifests[2].platform.architecture)
    local other = helper.store()
    other:ok("pull", "--platform", "arm64", server:name "a/many:v1")
  end)

  it("tells what can't be pushed, or isn't there", function()
    run:fails(1, "no image 'nothing'", "push", "nothing", server:name "a/b")
    run:fails(2, "names no tag", "push", "busybox", server:name("a/b@sha256:" .. ("0"):rep(64)))
    run:fails(1, "invalid image name", "push", "busybox", "A:B")
    local status, _, err = run:script(
      "LAMINA_TRIES=1 lamina push -q busybox 127.0.0.1:1/a:b")
    assert.equal(1, status)
    assert.matches("push 127.0.0.1:1/a:b: 127.0.0.1:1: ", err, 1, true)
  end)

  describe("to others", function()
    before_each(function() run:ok("push", "-q", "busybox", server:name "f/others:v1") end)

    it("is copied by skopeo as it is here", function()
      local dir = helper.tmpdir()
      assert.same({ 0, "", "" }, { helper.sh(("%s copy -q --src-tls-verify=false docker://%s "
        .. "oci:%s/oci:x"):format(server.skopeo, server:name "f/others:v1", dir)) })
      local other = helper.store()
      other:ok("load", "-i", dir .. "/oci")
      assert.equal(id, other:ok("images", "-q", "--no-trunc"):match "%S+")
    end)

    it("is pulled by podman under the same id", function()
      if not helper.is_root then return pending "podman needs what an ordinary user may lack" end
      local root = helper.tmpdir()
      local podman = ("podman --root %s/root --runroot %s/run "):format(root, root)
      local status, out, err = helper.sh(podman .. "pull -q --tls-verify=false "
        .. server:name "f/others:v1")
      helper.sh(podman .. "rmi -af")
      assert.same({ 0, id:sub(8) .. "\n", "" }, { status, out, err })
    end)
  end)
end)
