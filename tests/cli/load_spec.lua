-- lamina load: archives of others and of our own; what is wrong leaves nothing behind.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"

local good, tar, upper = layout.good, layout.lower, layout.upper
local tar_id, upper_id = layout.lower_id, layout.upper_id

local function compressed(bytes, program)
  local dir = helper.tmpdir()
  helper.write(dir .. "/in", bytes)
  assert(os.execute(program .. " <" .. dir .. "/in >" .. dir .. "/out"))
  return helper.read(dir .. "/out")
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
    assert.equal("", layout.entries(run, "tmp"))
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

  it("loads several images, which share their layers", function()
    local run, it = helper.store(), layout.new()
    local layer, other = it:blob(tar, media_type.layer), it:blob(upper, media_type.layer)
    local one = it:manifest { diff_ids = { tar_id }, layers = { layer } }
    local two = it:manifest { diff_ids = { tar_id, upper_id }, layers = { layer, other } }
    one.annotations = { ["io.containerd.image.name"] = "docker.io/library/one:v" }
    two.annotations = { ["io.containerd.image.name"] = "docker.io/library/two:v" }
    it:index { one, two }
    assert.equal("Loaded image: one:v\nLoaded image: two:v\n", loads(run, it.dir))
    local _, out = helper.sh("ls " .. run.root .. "/layers | wc -l")
    assert.equal("2\n", out)
    local status, _, err = run("load", "--tag", "x", it.dir)
    assert.equal(1, status)
    assert.matches("there are 2 images in it", err)
  end)

  it("takes one layer from blobs of several compressions", function()
    local run, it = helper.store(), layout.new()
    local one = it:manifest { diff_ids = { tar_id }, layers = { it:blob(tar, media_type.layer) } }
    local two = it:manifest { diff_ids = { tar_id }, config = { author = "b" },
      layers = { it:blob(compressed(tar, "gzip"), media_type.layer_gzip) } }
    it:index { one, two }
    loads(run, it.dir)
    local _, out = helper.sh("ls " .. run.root .. "/layers | wc -l")
    assert.equal("1\n", out)
  end)

  it("loads layers that are empty, and images without any", function()
    local run, it = helper.store(), layout.new()
    local zeros = ("\0"):rep(1024)
    local id = "sha256:" .. digest.sha256(zeros)
    local gz = compressed(zeros, "gzip")
    it:index { it:manifest { diff_ids = { id, tar_id, id },
        layers = { it:blob(gz, media_type.docker_layer_gzip), it:blob(tar, media_type.layer),
          it:blob(zeros, media_type.layer) } },
      (it:manifest { diff_ids = {}, layers = {} }) }
    assert.equal(2, select(2, loads(run, it.dir):gsub("Loaded image ID", "")))
  end)

  it("loads the same archive twice at the same time", function()
    local path, run = good():tar(), helper.store()
    local one = ("LAMINA_ROOT=%s %s load -t x %s"):format(run.root, helper.lamina_path, path)
    local status, out, err = helper.sh(("%s & %s & wait $! && wait %%1"):format(one, one))
    assert.equal("", err)
    assert.equal(0, status)
    assert.equal(("Loaded image: x:latest\n"):rep(2), out)
    assert.equal("", layout.entries(run, "tmp"))
  end)

  it("is ended by a signal and leaves nothing; killed, until the next command", function()
    local path = good():tar()
    local dir = helper.tmpdir()
    for signal, expected in pairs { INT = 130, TERM = 143, KILL = 137 } do
      local run = helper.store()
      run "images"
      local _, out = helper.sh(([[mkfifo %s/%s; exec 7<>%s/%s; head -c 3000 %s >&7
        LAMINA_ROOT=%s setsid %s load %s/%s 2>/dev/null & pid=$!
        until find %s/tmp -name 'archive-*' | grep -q .; do sleep 0.01; done
        kill -%s $pid; wait $pid; echo $?]]):format(dir, signal, dir, signal, path, run.root,
        helper.lamina_path, dir, signal, run.root, signal))
      assert.equal(expected .. "\n", out)
      if signal == "KILL" then run "images" end
      assert.equal("", layout.entries(run, "tmp"))
    end
  end)
end)
