-- lamina pull, from a real registry.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local killer = require "support.killer"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"
local registry = require "support.registry"

describe("lamina pull", function()
  local server, id

  setup(function()
    server = registry.start()
    local it, of = layout.good()
    id = json.decode(helper.read(it:path(of))).config.digest
    server:push("oci-archive:" .. it:tar(), "a/good:v1")
  end)
  teardown(function()
    server:close()
    helper.cleanup()
  end)

  --- Asserts that nothing unfinished is in a store, and that it is sound.
  local function is_clean(run)
    assert.equal("", layout.entries(run, "downloads") .. layout.entries(run, "tmp"))
    run:ok("fsck", "--deep")
  end

  it("prints the image's id, names it, and tells what came on standard error", function()
    local run = helper.store()
    local status, out, err = run("pull", server:name "a/good:v1")
    assert.equal(0, status)
    assert.equal(id .. "\n", out)
    assert.matches("#%x+ layer sha256:%x+, %d+B\n", err)
    assert.matches(server:name "a/good", run:ok "images", 1, true)
    assert.equal(id .. "\n", run:ok("images", "-q", "--no-trunc"))
    is_clean(run)
  end)

  it("says nothing but the id with -q", function()
    local run = helper.store()
    local _, out, err = run("pull", "-q", server:name "a/good:v1")
    assert.same({ id .. "\n", "" }, { out, err })
  end)

  it("stores layers and documents as they came: saved again they have their digests", function()
    local run = helper.store()
    run:ok("pull", server:name "a/good:v1")
    assert.matches(server:digest("a/good", "v1"), run:ok("images", "--digests"), 1, true)
    local out = helper.tmpdir() .. "/again.tar"
    run:ok("save", "-o", out, server:name "a/good:v1")
    assert.matches("blobs/sha256/" .. server:digest("a/good", "v1"):sub(8),
      select(2, helper.sh("tar -tf " .. out)), 1, true)
  end)

  it("downloads nothing twice: a layer that is there is left alone", function()
    local run = helper.store()
    run:ok("pull", server:name "a/good:v1")
    server:log()
    local _, _, err = run("pull", server:name "a/good:v1")
    assert.matches("EXISTS", err)
    for _, line in ipairs(server:log()) do
      assert.is_true(not line:find "/blobs/" or line:find(id, 1, true) ~= nil, line)
    end
  end)

  it("looks a tag up once, and gets the rest by digest (REG-06)", function()
    local run = helper.store()
    server:log()
    run:ok("pull", server:name "a/good:v1")
    local by_tag = 0
    for _, line in ipairs(server:log()) do
      if line:find("/manifests/v1 ", 1, true) then by_tag = by_tag + 1 end
    end
    assert.equal(1, by_tag)
  end)

  it("gets an image by its digest, which it is known by then, and gives it no name", function()
    local run = helper.store()
    local name = server:name("a/good@" .. server:digest("a/good", "v1"))
    assert.equal(id .. "\n", run:ok("pull", name))
    assert.matches("<none>", run:ok "images")
    assert.equal(id, run:ok("inspect", "--format", "{{.Id}}", name):match "%S+")
  end)

  it("tells what isn't there, and where it has looked", function()
    local run = helper.store()
    run:fails(1, "pull [%d.:]+/a/good:v2: [%d.:]+: manifest v2 of [%d.:]+/a/good: status 404 %(",
      "pull", server:name "a/good:v2")
    run:fails(1, "status 404", "pull", server:name "a/nothing")
    run:fails(1, "ould not resolve", "pull", "no.such.invalid/a")
    run:fails(1, "invalid image name", "pull", "A/B")
    run:fails(2, "both", "pull", "--platform", "arm64", "--all-platforms", "a")
    is_clean(run)
  end)

  describe("of several platforms", function()
    local ids = {}

    --- One image for each platform, whose layer says which it is.
    setup(function()
      local it, list = layout.new(), {}
      for i, name in ipairs { "amd64", "arm64" } do
        local tar = layout.layer("echo " .. name .. " >arch")
        local of = it:manifest { layers = { it:blob(tar, media_type.layer) },
          diff_ids = { "sha256:" .. digest.sha256(tar) }, config = { architecture = name } }
        of.platform = { os = "linux", architecture = name }
        list[i], ids[name] = of, json.decode(helper.read(it:path(of))).config.digest
      end
      list[3] = it:manifest { layers = {}, diff_ids = {}, config = { architecture = "unknown" } }
      list[3].platform = { os = "unknown", architecture = "unknown" }
      it:index { it:blob({ schemaVersion = 2, mediaType = media_type.index,
        manifests = json.array(list) }, media_type.index) }
      server:push("oci:" .. it.dir, "a/many:v1", "--all")
    end)

    it("takes the one for this machine or for --platform, and knows the index's digest", function()
      local run = helper.store()
      assert.equal(ids.arm64 .. "\n", run:ok("pull", "--platform", "linux/arm64",
        server:name "a/many:v1"))
      assert.equal(ids.arm64, run:ok("inspect", "--format", "{{.Id}}",
        server:name("a/many@" .. server:digest("a/many", "v1"))):match "%S+")
      run:fails(1, "no image for linux/s390x %(there are: linux/amd64, linux/arm64%)", "pull",
        "--platform", "s390x", server:name "a/many:v1")
    end)

    it("takes all of them with --all-platforms", function()
      local run = helper.store()
      local out = run:ok("pull", "--all-platforms", server:name "a/many:v1")
      assert.matches("^sha256:%x+\n$", out)
      run:ok("inspect", ids.amd64, ids.arm64, server:name "a/many:v1", out:match "%S+")
      is_clean(run)
    end)

    it("keeps the platforms that an index says, and the index only where it has all", function()
      local it, list = layout.new(), {}
      local layer = it:blob(layout.lower, media_type.layer)
      for i, variant in ipairs { "v5", "v6", "v7" } do
        list[i] = it:manifest { layers = { layer }, diff_ids = { layout.lower_id },
          config = { architecture = "arm", author = variant } }
        list[i].platform = { os = "linux", architecture = "arm", variant = variant }
      end
      local signature = it:manifest { layers = {}, diff_ids = {}, config = { author = "none" } }
      signature.platform = { os = "unknown", architecture = "unknown" }
      local function pull(manifests, tag)
        it:index { it:blob({ schemaVersion = 2, mediaType = media_type.index,
          manifests = json.array(manifests) }, media_type.index) }
        server:push("oci:" .. it.dir, tag, "--all")
        local run = helper.store()
        run:ok("pull", "--all-platforms", server:name(tag))
        is_clean(run)
        local found, platforms = run:ok("inspect", "--format",
          "{{.Id}} {{range .Manifests}}{{.Platform}} {{end}}", server:name(tag)):match "(%S+) (.*) "
        return found == server:digest(tag:match "(.*):", "v1"), platforms
      end
      local all = "linux/arm/v5 linux/arm/v6 linux/arm/v7"
      assert.same({ true, all }, { pull(list, "a/variants:v1") })
      list[4] = signature
      assert.same({ false, all }, { pull(list, "a/signed:v1") })
    end)
  end)

  it("runs what it got, from layers compressed in any way", function()
    local run = fixtures.busybox_store()
    local out = helper.tmpdir() .. "/busybox.tar"
    for _, kind in ipairs { "gzip", "zstd", "none" } do
      run:ok("save", "--format", "oci", "--compress", kind, "-o", out, "busybox")
      server:push("oci-archive:" .. out, "a/busybox:" .. kind)
      local other = helper.store()
      other:ok("pull", server:name("a/busybox:" .. kind))
      assert.equal("hello\n", other:ok("run", "--rm", server:name("a/busybox:" .. kind), "echo",
        "hello"))
      is_clean(other)
    end
  end)

  it("speaks TLS where certs.d says whom to trust, and never falls back", function()
    local certificates, run = registry.certificates(), helper.store()
    local tls <close> = registry.start { certificates = certificates }
    local it = layout.good()
    tls:push("oci-archive:" .. it:tar(), "a/good:v1")
    local trusted = helper.tmpdir()
    os.execute(("mkdir %s/%s"):format(trusted, tls.host))
    local function pull()
      return run:script(("LAMINA_CERTS=%s lamina pull -q %s"):format(trusted, tls:name "a/good:v1"))
    end
    local status, _, err = pull()
    assert.equal(1, status)
    assert.matches("certificate", err)
    os.execute(("cp %s/ca.crt %s/%s"):format(certificates, trusted, tls.host))
    assert.same({ 0, id .. "\n", "" }, { pull() })
  end)

  it("speaks HTTP/2 where the registry does, pulling and pushing", function()
    local certificates, run = registry.certificates(), fixtures.busybox_store()
    local tls <close> = registry.start { certificates = certificates }
    local trusted = helper.tmpdir()
    os.execute(("mkdir %s/%s && cp %s/ca.crt %s/%s"):format(trusted, tls.host, certificates,
      trusted, tls.host))
    local function lamina(store, ...)
      local status, out, err = store:script(("LAMINA_CERTS=%s lamina %s"):format(trusted,
        table.concat({ ... }, " ")))
      assert.same({ 0, "" }, { status, err })
      return out
    end
    local name = tls:name "a/busybox:h2"
    lamina(run, "push", "-q", "busybox", name)
    tls:versions() -- what came before
    local other = helper.store()
    lamina(other, "pull", "-q", name)
    assert.equal("hello\n", other:ok("run", "--rm", name, "echo", "hello"))
    assert.same({ "2.0" }, tls:versions())
    is_clean(other)
  end)

  it("may be killed at any moment: the next pull goes on, and the store is sound", function()
    local it, list = layout.new(), {}
    local parts = { layers = {}, diff_ids = {} }
    for i = 1, 4 do
      local tar = layout.layer(("dd if=/dev/urandom of=f%d bs=1k count=700 status=none"):format(i))
      parts.layers[i] = it:blob(tar, media_type.layer)
      parts.diff_ids[i] = "sha256:" .. digest.sha256(tar)
    end
    list[1] = it:manifest(parts)
    it:index(list)
    server:push("oci:" .. it.dir, "a/large:v1")
    local run = helper.store()
    run:ok "images" -- the store is there, however early the kill comes
    local line = run:line("pull", "-q", server:name "a/large:v1")
    local seconds = killer.time(helper.store():line("pull", "-q", server:name "a/large:v1"))
    for i = 1, 6 do
      killer.kill_after(line, seconds * i / 7, "leader")
      assert.same({}, killer.survivors())
      run:ok "fsck"
    end
    run:ok("pull", "-q", server:name "a/large:v1")
    is_clean(run)
    run:ok("rmi", server:name "a/large:v1")
    helper.write(run.root .. "/downloads/" .. ("0"):rep(64), "half of it")
    run:ok("prune", "--force")
    is_clean(run)
  end)

  it("has help whose example works", function()
    assert.matches("lamina pull debian:bookworm", helper.store():ok("pull", "--help"), 1, true)
  end)
end)
