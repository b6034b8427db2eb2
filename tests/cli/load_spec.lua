-- lamina load: archives of others and of our own; what is wrong leaves nothing behind.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"

local tar = layout.layer "mkdir etc; echo one >etc/one; echo two >two"
local upper = layout.layer "mkdir etc; touch etc/.wh.one; echo 2 >two"
local tar_id, upper_id = "sha256:" .. digest.sha256(tar), "sha256:" .. digest.sha256(upper)

local function quoted(path) return helper.quote(path) end

--- A layout with one image of two layers; `change(it, parts)` may spoil it before the index.
local function good(change)
  local it = layout.new()
  local parts = { diff_ids = { tar_id, upper_id },
    layers = { it:blob(tar, media_type.layer), it:blob(upper, media_type.layer) } }
  if change then change(it, parts) end
  local of = it:manifest(parts)
  it:index { of }
  return it, of
end

local function compressed(bytes, program)
  local dir = helper.tmpdir()
  helper.write(dir .. "/in", bytes)
  assert(os.execute(program .. " <" .. dir .. "/in >" .. dir .. "/out"))
  return helper.read(dir .. "/out")
end

--- Names below a folder of the store.
local function entries(run, folder)
  local _, out = helper.sh(("find %s -mindepth 1 -maxdepth 1"):format(
    quoted(run.root .. "/" .. folder)))
  return out
end

local function loads(run, ...)
  local status, out, err = run("load", ...)
  assert.equal("", err)
  assert.equal(0, status)
  return out
end

--- The files of an image as "path contents", through export.
local function cat(run, image, path)
  local status, out, err = run("run", "--rm", image, "cat", path)
  assert.equal("", err)
  assert.equal(0, status)
  return out
end

describe("lamina load", function()
  after_each(helper.cleanup)

  it("loads a layout as a directory, and keeps the image's id", function()
    local run, it = helper.store(), good()
    local _, document = it:manifest { diff_ids = { tar_id, upper_id },
      layers = { { mediaType = media_type.layer, digest = tar_id, size = #tar },
        { mediaType = media_type.layer, digest = upper_id, size = #upper } } }
    assert.equal("Loaded image ID: " .. document.config.digest .. "\n", loads(run, it.dir))
    local _, out = run("images", "--no-trunc", "-q")
    assert.equal(document.config.digest .. "\n", out)
    assert.equal("", entries(run, "tmp"))
  end)

  for _, program in ipairs { "cat", "gzip", "zstd -q", "xz", "bzip2" } do
    it("loads an archive through " .. program, function()
      local run = helper.store()
      assert.matches("^Loaded image ID: sha256:", loads(run, good():tar(program)))
    end)
  end

  it("reads standard input, -i, and links to archives", function()
    local path = good():tar()
    local run = helper.store()
    local status, out = helper.sh(("LAMINA_ROOT=%s %s load <%s && cat %s | LAMINA_ROOT=%s %s load -"
      ):format(run.root, helper.lamina_path, path, path, run.root, helper.lamina_path))
    assert.equal(0, status)
    assert.equal(2, select(2, out:gsub("Loaded image ID", "")))
    assert(os.execute("ln -s " .. path .. " " .. path .. ".link"))
    assert.matches("^Loaded", loads(run, "-i", path .. ".link"))
    assert.equal(2, (run("load", "-i", path, path)))
  end)

  it("keeps compressed layers, and the manifest, as they came", function()
    for _, case in ipairs { { "gzip -n", media_type.layer_gzip },
      { "zstd -q", media_type.layer_zstd }, { "gzip", media_type.docker_layer_gzip } } do
      local run, it = helper.store(), layout.new()
      local of = it:manifest { diff_ids = { tar_id },
        layers = { it:blob(compressed(tar, case[1]), case[2]) },
        more = { annotations = { ["a.b"] = "kept" } } }
      it:index { of }
      loads(run, it.dir)
      local _, out = run("images", "--digests", "--format", "{{.Digest}}")
      assert.equal(of.digest .. "\n", out)
    end
  end)

  it("takes names from annotations, and one more from --tag", function()
    local run, it = helper.store(), layout.new()
    local of = it:manifest { diff_ids = { tar_id }, layers = { it:blob(tar, media_type.layer) } }
    local function named(annotations)
      return { mediaType = of.mediaType, digest = of.digest, size = of.size,
        annotations = annotations }
    end
    it:index { named { ["io.containerd.image.name"] = "docker.io/library/a:1" },
      named { ["org.opencontainers.image.ref.name"] = "localhost:5000/b/c:2" },
      named { ["org.opencontainers.image.ref.name"] = "v1" } }
    assert.equal("Loaded image: a:1\nLoaded image: localhost:5000/b/c:2\nLoaded image: d:latest\n",
      loads(run, "--tag", "d", it.dir))
  end)

  it("moves a name from the image that had it, which stays", function()
    local run, it = helper.store(), good()
    loads(run, "-t", "x", it.dir)
    loads(run, "-t", "x", good(function(_, parts) parts.config = { author = "else" } end).dir)
    local _, out = run("images", "--format", "{{.Repository}}")
    assert.equal("<none>\nx\n", table.concat((function()
      local list = {}
      for line in out:gmatch("[^\n]+") do list[#list + 1] = line end
      table.sort(list)
      return list
    end)(), "\n") .. "\n")
  end)

  it("loads a docker archive whose layers repeat and are links to one another", function()
    local run, dir = helper.store(), helper.tmpdir()
    local busybox = helper.read(fixtures.busybox_tar())
    local id = "sha256:" .. digest.sha256(busybox)
    local config = json.encode(layout.config { id, tar_id, id })
    os.execute(("mkdir %s/a %s/b %s/c; ln -s ../a/layer.tar %s/c/layer.tar"):format(dir, dir, dir,
      dir))
    helper.write(dir .. "/a/layer.tar", busybox)
    helper.write(dir .. "/b/layer.tar", tar)
    helper.write(dir .. "/" .. digest.sha256(config) .. ".json", config)
    helper.write(dir .. "/manifest.json", json.encode(json.array { {
      Config = digest.sha256(config) .. ".json", RepoTags = { "old:v1", "old:v2" },
      Layers = { "a/layer.tar", "b/layer.tar", "c/layer.tar" } } }))
    -- manifest.json comes last, as Docker writes it
    assert(os.execute(("cd %s && tar -cf all.tar a b c *.json"):format(dir)))
    assert.equal("Loaded image: old:v1\nLoaded image: old:v2\n", loads(run, dir .. "/all.tar"))
    assert.equal("one\n", cat(run, "old:v2", "/etc/one"))
  end)

  it("chooses this machine's image of an index, and never an attestation", function()
    local run, it = helper.store(), layout.new()
    local function image(os_name, architecture, variant)
      local of = it:manifest { diff_ids = { tar_id },
        layers = { it:blob(tar, media_type.layer) },
        config = { architecture = architecture, variant = variant, author = os_name } }
      of.platform = { os = os_name, architecture = architecture, variant = variant }
      return of
    end
    local list = { image("unknown", "unknown"), image("linux", "s390x"),
      image("linux", "arm", "v6"), image("linux", "arm", "v7"), image("linux", "amd64"),
      image("linux", "arm64", "v8") }
    local index = it:blob({ schemaVersion = 2, mediaType = media_type.index,
      manifests = json.array(list) }, media_type.index)
    it:index { index }
    local function architecture(...)
      loads(run, "-t", "x", it.dir, ...)
      local _, out = run("inspect", "x")
      local image_found = json.decode(out)[1]
      return image_found.Architecture .. (image_found.Variant or "")
    end
    local machine = { x86_64 = "amd64", aarch64 = "arm64v8" }
    local _, uname = helper.sh("uname -m")
    assert.equal(machine[uname:match("%S+")], architecture())
    assert.equal("armv7", architecture("--platform", "linux/arm"))
    assert.equal("armv6", architecture("--platform", "linux/arm/v6"))
    local status, _, err = run("load", "--platform", "linux/riscv64", it.dir)
    assert.equal(1, status)
    assert.matches("no image for linux/riscv64 %(there are: linux/s390x, ", err)
  end)

  it("says what other files are", function()
    local run = helper.store()
    local status, _, err = run("load", fixtures.busybox_tar())
    assert.equal(1, status)
    assert.matches("no archive of images\nhint: `lamina import`", err)
    status, _, err = run("load", "/etc/passwd")
    assert.equal(1, status)
    assert.matches("^lamina: /etc/passwd: not a tar archive", err)
    status, _, err = run("load", "/nowhere.tar")
    assert.equal(1, status)
    assert.matches("/nowhere.tar: No such file", err)
    status, _, err = run("load")
    assert.equal(1, status)
    assert.matches("standard input: not a tar archive", err)
  end)
end)

--- Replaces a blob's file by something else.
local function planted(command)
  return function(it, parts)
    assert(os.execute(command:format(quoted(it:path(parts.layers[1])),
      quoted(it:path(parts.layers[1])))))
  end
end

local function with_config(config) return function(_, parts) parts.config = config end end

local function config_text(members)
  return ([[{"os":"linux","architecture":"amd64",%s,"rootfs":{"type":"layers","diff_ids":
    ["%s","%s"]}}]]):format(members, tar_id, upper_id)
end

-- What is spoiled, and what the message says.
local spoiled = {
  { "a blob that is a link", planted "rm %s; ln -s /etc/passwd %s",
    "is a link" },
  { "a blob that is a FIFO", planted "rm %s; mkfifo %s", "is not a regular file" },
  { "a blob that is a directory", planted "rm %s; mkdir %s", "is a directory" },
  { "a missing blob", planted "rm %s", "is missing" },
  { "a damaged blob", planted "printf x | dd of=%s conv=notrunc seek=1536 bs=1 status=none",
    "layer 1 of 2 .*: the digest is sha256:" },
  { "a longer blob", planted "head -c 512 /dev/zero >>%s", "layer 1 of 2 .*: the d" },
  { "a blob cut short", planted "truncate -s 700 %s", "layer 1 of 2 .*: " },
  { "a wrong size", function(_, parts) parts.layers[1].size = 5 end, "the size is %d+, not 5" },
  { "a negative size", function(_, parts) parts.layers[1].size = -1 end, "a descriptor" },
  { "a size with a fraction", function(_, parts) parts.layers[1].size = 1.5 end, "a descriptor" },
  { "a wrong diff ID", function(_, parts) parts.diff_ids[1] = "sha256:" .. ("0"):rep(64) end,
    "the diff ID is sha256:" },
  { "too few diff IDs", function(_, parts) parts.diff_ids[2] = nil end,
    "2 layers, where the configuration has 1 diff IDs" },
  { "a digest that is a path", function(_, parts) parts.layers[1].digest = "sha256:../../etc" end,
    "a descriptor" },
  { "a digest of another algorithm", function(_, parts)
    parts.layers[1].digest = "sha512:" .. ("0"):rep(128)
  end, "a descriptor" },
  { "an upper-case digest", function(_, parts)
    parts.layers[1].digest = "sha256:" .. ("A"):rep(64)
  end, "a descriptor" },
  { "a media type that isn't one of layers", function(_, parts)
    parts.layers[1].mediaType = "text/plain"
  end, "unknown media type 'text/plain'" },
  { "a plain layer said to be gzip (UNP-06)", function(_, parts)
    parts.layers[1].mediaType = media_type.layer_gzip
  end, "the media type says compression 'gzip', and it is 'none'" },
  { "a layer that is no tar", function(it, parts)
    parts.layers[1] = it:blob("no tar at all", media_type.layer)
    parts.diff_ids[1] = parts.layers[1].digest
  end, "not a tar archive" },
  { "a layer that climbs out", function(it, parts)
    local dir = helper.tmpdir()
    os.execute(("cd %s && echo x >x && tar -cPf l.tar --transform 's,x,../../x,' x"):format(dir))
    parts.layers[1] = it:blob(helper.read(dir .. "/l.tar"), media_type.layer)
    parts.diff_ids[1] = parts.layers[1].digest
  end, "the name has '%.%.' in it" },
  { "a manifest that is an index as well (CVE-2021-41190)", function(_, parts)
    parts.more = { manifests = json.array {} }
  end, "both a manifest and an index" },
  { "a manifest of another media type than its descriptor's", function(_, parts)
    parts.more = { mediaType = media_type.index }
  end, "is not that of its content" },
  { "layers that are no list", function(_, parts) parts.more = { layers = { a = "b" } } end,
    "a list of descriptors expected" },
  { "annotations that are no text", function(_, parts) parts.more = { annotations = { a = 1 } } end,
    "annotations are strings" },
  { "a platform that is no text", function(_, parts)
    parts.layers[1].platform = { os = 1, architecture = json.array {} }
  end, "a platform %(os, architecture%) expected" },
  { "more layers than the limit", function(_, parts)
    for i = 3, 501 do parts.layers[i] = parts.layers[1] end
  end, "more than the limit of 500" },
  { "a configuration with a key twice (JSON-01)", with_config(config_text '"os":"linux"'),
    "duplicate" },
  { "a configuration nested without end", with_config(config_text('"a":' .. ("["):rep(5000)
    .. ("]"):rep(5000))), "nested deeper than the limit" },
  { "a configuration that is a list", with_config "[]", "an object expected" },
  { "a configuration that is no JSON", with_config "{", "json: line 1" },
  { "a configuration without rootfs", with_config '{"os":"linux"}', "rootfs.diff_ids" },
  { "a User that is a number", with_config(config_text '"config":{"User":0}'),
    "'User': a string expected" },
  { "an Env that is an object", with_config(config_text '"config":{"Env":{"A":"b"}}'),
    "'Env': a list of strings expected" },
  { "an Env with a list in it", with_config(config_text '"config":{"Env":[["A=b"]]}'),
    "'Env': a list of strings expected" },
  { "a zero byte in a string", with_config(config_text [["config":{"WorkingDir":"/\u0000"}]]),
    "json: line" },
  { "Volumes that are a list", with_config(config_text '"config":{"Volumes":["/v"]}'),
    "'Volumes': an object of objects expected" },
  { "Labels that aren't strings", with_config(config_text '"config":{"Labels":{"a":{}}}'),
    "'Labels': an object of strings expected" },
  { "a Healthcheck that is a list", with_config(config_text '"config":{"Healthcheck":["CMD"]}'),
    "'Healthcheck': an object expected" },
  { "a history that is text", with_config(config_text '"history":["made"]'),
    "'history': a list of objects expected" },
  { "another kind of rootfs", with_config(([[{"rootfs":{"type":"base","diff_ids":["%s","%s"]}}]])
    :format(tar_id, upper_id)), "rootfs.type 'base'" },
}

describe("lamina load refuses", function()
  after_each(helper.cleanup)

  local function refused(path, pattern)
    local run = helper.store()
    local status, out, err = run("load", path)
    assert.equal("", out)
    assert.matches(pattern, err)
    assert.not_matches("internal error", err)
    assert.equal(1, status)
    assert.equal("", entries(run, "layers") .. entries(run, "blobs/sha256") .. entries(run, "tmp"))
    assert.equal("", select(2, run("images", "-q")))
  end

  for _, case in ipairs(spoiled) do
    it(case[1] .. ", and leaves nothing in the store", function()
      refused(good(case[2]).dir, case[3])
    end)
  end

  it("a wrong layout as a tar just the same", function()
    refused(good(spoiled[1][2]):tar(), spoiled[1][3])
    refused(good(spoiled[2][2]):tar(), spoiled[2][3])
    refused(good(spoiled[5][2]):tar("gzip"), spoiled[5][3])
  end)

  it("wrong documents of a layout", function()
    local it_, of = good()
    local function spoil(name, content, pattern)
      local before = helper.read(it_.dir .. "/" .. name)
      it_:file(name, content)
      refused(it_.dir, pattern)
      it_:file(name, before)
    end
    spoil("oci-layout", "{}", "imageLayoutVersion")
    spoil("oci-layout", '{"imageLayoutVersion":"2.0.0"}', "imageLayoutVersion")
    spoil("index.json", "", "index.json: json: ")
    spoil("index.json", '{"schemaVersion":2,"manifests":[]}', "it holds no image")
    spoil("index.json", '{"schemaVersion":2,"schemaVersion":2,"manifests":[]}', "duplicate")
    spoil("index.json", '{"schemaVersion":1,"manifests":[]}', "schemaVersion 2 expected")
    spoil("index.json", '{"schemaVersion":2,"manifests":[],"layers":[]}', "both a manifest and")
    spoil("index.json", (" "):rep((4 << 20) + 1), "over the limit of 4194304 bytes")
    of.size = of.size + 1
    spoil("index.json", { schemaVersion = 2, manifests = { of } }, "has %d+ bytes, not %d+")
    of.size = 5 << 20
    spoil("index.json", { schemaVersion = 2, manifests = { of } }, "over the limit")
    of.size, of.mediaType = of.size, "application/json"
    of.annotations = { ["io.containerd.image.name"] = "../../etc" }
    spoil("index.json", { schemaVersion = 2, manifests = { of } }, "invalid image name")
  end)

  it("indexes that nest without end", function()
    local made, of = good()
    for _ = 1, 5 do
      of = made:blob({ schemaVersion = 2, manifests = { of }, mediaType = media_type.index },
        media_type.index)
    end
    made:index { of }
    refused(made.dir, "indexes nested deeper than 4")
  end)

  it("a layout whose index.json or folder of blobs is a link or a FIFO (ST-16)", function()
    local made = good()
    os.execute(("cd %s && mv index.json i && ln -s i index.json"):format(made.dir))
    refused(made.dir, "'index.json' is a link")
    os.execute(("cd %s && rm index.json && mkfifo index.json"):format(made.dir))
    refused(made.dir, "'index.json' is not a regular file")
    os.execute(("cd %s && rm index.json && mkdir index.json"):format(made.dir))
    refused(made.dir, "'index.json' is a directory")
  end)

  local function docker_archive(entry, files)
    local made = layout.new()
    local config = json.encode(layout.config { tar_id })
    made:file("layer.tar", tar)
    made:file("config.json", config)
    for name, content in pairs(files or {}) do made:file(name, content) end
    local whole = { Config = "config.json", Layers = json.array { "layer.tar" } }
    for key, value in pairs(entry) do whole[key] = value end
    made:file("manifest.json", json.array { whole })
    return made
  end

  it("wrong docker archives", function()
    local function wrong(entry, pattern, files)
      refused(docker_archive(entry, files):tar(), pattern)
    end
    wrong({ Config = "/etc/passwd" }, "no file name: '/etc/passwd'")
    wrong({ Config = "../config.json" }, "no file name")
    wrong({ Config = "none.json" }, "'none.json' is missing")
    wrong({ Config = 5 }, "objects with Config and Layers")
    wrong({ Config = ("0"):rep(64) .. ".json" }, "is damaged: its digest is sha256:",
      { [("0"):rep(64) .. ".json"] = json.encode(layout.config { tar_id }) })
    wrong({ Layers = json.array {} }, "0 layers, where the configuration has 1 diff IDs")
    wrong({ Layers = "layer.tar" }, "Layers: a list expected")
    wrong({ Layers = json.array { 1 } }, "Layers: a list of strings")
    wrong({ Layers = json.array { "../../../etc/passwd" } }, "no file name")
    wrong({ Layers = json.array { "none.tar" } }, "'none.tar' is missing")
    wrong({ Layers = json.array { "config.json" } }, "not a tar archive")
    wrong({ RepoTags = json.array { "UPPER" } }, "invalid image name 'UPPER'")
    wrong({ RepoTags = { a = "b" } }, "RepoTags: a list expected")
    local made = layout.new()
    made:file("manifest.json", "[]")
    refused(made.dir, "a list of images expected")
    made:file("manifest.json", '[{"Config":"a","Config":"b"}]')
    refused(made.dir, "duplicate")
    made:file("manifest.json", '{"schemaVersion":2}')
    refused(made.dir, "a list of images expected")
  end)

  it("links in a docker archive that lead out of it (nothing outside is read)", function()
    local made = docker_archive {}
    os.execute(("cd %s && rm layer.tar && ln -s %s/outside layer.tar"):format(made.dir,
      helper.tmpdir()))
    refused(made.dir, "'layer.tar' is missing")
    os.execute(("cd %s && ln -sf /etc/passwd layer.tar"):format(made.dir))
    refused(made:tar(), "'layer.tar' is missing")
    os.execute(("cd %s && ln -sf layer.tar layer.tar"):format(made.dir))
    refused(made:tar(), "'layer.tar' is a link")
  end)

  it("all images of an archive when one is wrong", function()
    local made, of = good()
    local other = made:manifest { diff_ids = { "sha256:" .. ("1"):rep(64) },
      layers = { made:blob(tar, media_type.layer) } }
    made:index { of, other }
    refused(made.dir, "the diff ID is")
  end)

  it("a blob that lies about a layer which is in the store (UNP-05)", function()
    local run = helper.store()
    loads(run, good().dir)
    local made = good(function(it_, parts)
      parts.layers[1] = it_:blob(upper, media_type.layer)
    end)
    local status, _, err = run("load", made.dir)
    assert.equal(1, status)
    assert.matches("layer 1 of 2 .*the diff ID is", err)
  end)
end)
