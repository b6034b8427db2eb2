-- lamina save: what the archives hold, and that they give the same images again.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"

local function ok(status, out, err)
  assert.equal("", err)
  assert.equal(0, status)
  return out
end

--- A store with busybox under two names, and `lines` of an image made on it.
local function filled()
  local run = helper.store()
  ok(run("import", "--change", 'CMD ["sh"]', fixtures.busybox_tar(), "busybox"))
  ok(run("tag", "busybox", "localhost:5000/a/b:c"))
  ok(run("run", "--name", "made", "busybox", "sh", "-c", "echo new >/new; rm /etc/group"))
  ok(run("commit", "made", "bombo/debian:git01"))
  ok(run("rm", "made"))
  return run
end

local function id_of(run, name)
  return (ok(run("inspect", "--format", "{{.Id}}", name)):gsub("\n", ""))
end

--- Unpacks an archive; answers the directory.
local function unpacked(path)
  local dir = helper.tmpdir()
  assert(os.execute(("tar -C %s -xf %s"):format(dir, path)))
  return dir
end

local function read_json(path)
  return assert(json.decode(helper.read(path)))
end

--- Each blob has the digest that is its name.
local function check_blobs(dir)
  local _, out = helper.sh("ls " .. dir .. "/blobs/sha256")
  for hex in out:gmatch("%S+") do
    assert.equal(hex, (digest.file(dir .. "/blobs/sha256/" .. hex)))
  end
end

describe("lamina save", function()
  local run, file

  setup(function()
    run = filled()
    file = helper.tmpdir() .. "/out.tar"
  end)
  teardown(helper.cleanup)

  it("writes what every Docker loads: manifest.json, repositories and an OCI index", function()
    ok(run("save", "-o", file, "bombo/debian:git01", "localhost:5000/a/b:c"))
    local dir = unpacked(file)
    check_blobs(dir)
    local docker, index = read_json(dir .. "/manifest.json"), read_json(dir .. "/index.json")
    assert.same({ "bombo/debian:git01" }, { table.unpack(docker[1].RepoTags) })
    assert.same({ "localhost:5000/a/b:c" }, { table.unpack(docker[2].RepoTags) })
    assert.equal(2, #docker[1].Layers)
    assert.equal("blobs/sha256/" .. id_of(run, "busybox"):sub(8), docker[2].Config)
    assert.equal("docker.io/bombo/debian:git01",
      index.manifests[1].annotations["io.containerd.image.name"])
    local old = read_json(dir .. "/repositories")
    assert.equal(docker[1].Layers[2], "blobs/sha256/" .. old["bombo/debian"].git01)
    assert.equal('{"imageLayoutVersion":"1.0.0"}', helper.read(dir .. "/oci-layout"))
  end)

  it("gives the same bytes each time", function()
    for _, format in ipairs { "docker", "oci" } do
      ok(run("save", "--format", format, "-o", file, "bombo/debian:git01"))
      local first = digest.file(file)
      ok(run("save", "--format", format, "-o", file, "bombo/debian:git01"))
      assert.equal(first, (digest.file(file)))
    end
  end)

  it("gives the same image and files in another store, whatever the format", function()
    local id = id_of(run, "bombo/debian:git01")
    for _, words in ipairs { {}, { "--format", "oci" }, { "--compress", "gzip" },
      { "--format", "oci", "--compress", "zstd" }, { "--format", "oci-archive", "--compress",
      "none" } } do
      ok(run("save", "-o", file, "bombo/debian:git01", table.unpack(words)))
      local other = helper.store()
      assert.equal("Loaded image: bombo/debian:git01\n", ok(other("load", "-i", file)))
      assert.equal(id, id_of(other, "bombo/debian:git01"))
      assert.equal("new\nno group\n", ok(other("run", "--rm", "bombo/debian:git01", "sh", "-c",
        "cat /new; test -e /etc/group || echo no group")))
    end
  end)

  it("compresses layers as it is told", function()
    local types = { none = media_type.layer, gzip = media_type.layer_gzip,
      zstd = media_type.layer_zstd }
    for kind, expected in pairs(types) do
      ok(run("save", "--format", "oci", "--compress", kind, "-o", file, "busybox"))
      local dir = unpacked(file)
      check_blobs(dir)
      local of = read_json(dir .. "/index.json").manifests[1]
      local manifest = read_json(dir .. "/blobs/sha256/" .. of.digest:sub(8))
      assert.equal(expected, manifest.layers[1].mediaType)
    end
    assert.equal(2, (run("save", "--compress", "lzma", "-o", file, "busybox")))
  end)

  it("writes a layout into a directory that is empty or new, else nothing", function()
    local dir = helper.tmpdir() .. "/new"
    ok(run("save", "--format", "oci-dir", "-o", dir, "busybox"))
    check_blobs(dir)
    assert.matches("Loaded image: busybox:latest", ok(helper.store()("load", dir)))
    local status, _, err = run("save", "--format", "oci-dir", "-o", dir, "busybox")
    assert.equal(1, status)
    assert.matches("is not empty", err)
    assert.equal(2, (run("save", "--format", "oci-dir", "busybox")))
  end)

  it("goes through a pipe into load", function()
    local status, out, err = helper.sh(
      ("LAMINA_ROOT=%s %s save busybox | LAMINA_ROOT=%s %s load"):format(run.root,
        helper.lamina_path, helper.tmpdir() .. "/store", helper.lamina_path))
    assert.equal("Loaded image: busybox:latest\n", ok(status, out, err))
  end)

  it("writes no archive to a terminal, and load reads none from one", function()
    for _, command in ipairs { "save busybox", "load" } do
      local _, out = helper.sh(("LAMINA_ROOT=%s script -qfec '%s %s' /dev/null </dev/null"):format(
        run.root, helper.lamina_path, command))
      assert.matches("from a terminal\r?\nhint: use %-[oi] FILE", (out:gsub("to a", "from a")))
    end
  end)

  it("saves a name alone by that name, and an id with all names", function()
    local function names(text)
      ok(run("save", "-o", file, text))
      return table.concat(read_json(unpacked(file) .. "/manifest.json")[1].RepoTags, " ")
    end
    assert.equal("busybox:latest", names "busybox")
    assert.equal("busybox:latest localhost:5000/a/b:c", names(id_of(run, "busybox")))
    assert.equal("busybox:latest localhost:5000/a/b:c", names(id_of(run, "busybox"):sub(8, 19)))
  end)

  it("writes nothing when an image isn't there", function()
    os.remove(file)
    local status, _, err = run("save", "-o", file, "busybox", "bysybox")
    assert.equal(1, status)
    assert.matches("no image 'bysybox' in the store\nhint: did you mean 'busybox'", err)
    assert.is_nil(io.open(file))
  end)

  it("keeps foreign layers, configurations and manifests byte for byte", function()
    local tar = layout.layer "echo x >x"
    local it_ = layout.new()
    helper.write(it_.dir .. "/tar", tar)
    assert(os.execute(("gzip -9n <%s/tar >%s/gz"):format(it_.dir, it_.dir)))
    local gzip = it_:blob(helper.read(it_.dir .. "/gz"), media_type.layer_gzip)
    local plain = it_:blob(layout.layer "echo y >y", media_type.layer)
    local of = it_:manifest { layers = { gzip, plain },
      diff_ids = { "sha256:" .. digest.sha256(tar), plain.digest },
      config = ('{ "os":"linux", "architecture":"amd64", "unknown": [1.50, "<&>"],\n"rootfs":'
        .. '{"diff_ids":["sha256:%s","%s"],"type":"layers"}}'):format(digest.sha256(tar),
        plain.digest), more = { annotations = { a = "b" } } }
    it_:index { of }
    local other = helper.store()
    ok(other("load", "-t", "foreign", it_.dir))
    ok(other("save", "--format", "oci", "-o", file, "foreign"))
    local dir = unpacked(file)
    for _, blob in ipairs { gzip, plain, of } do
      assert.equal(helper.read(it_:path(blob)),
        helper.read(dir .. "/blobs/sha256/" .. blob.digest:sub(8)))
    end
    assert.equal(of.digest, read_json(dir .. "/index.json").manifests[1].digest)
  end)

  it("says which layer or blob is damaged, and leaves no file", function()
    local other = filled()
    os.remove(file)
    local id = id_of(other, "busybox")
    local layers = read_json(other.root .. "/blobs/sha256/" .. id:sub(8)).rootfs.diff_ids
    helper.write(other.root .. "/layers/" .. layers[1]:sub(8) .. "/etc/extra", "x")
    local status, _, err = other("save", "-o", file, "busybox")
    assert.equal(1, status)
    assert.matches("layer " .. layers[1] .. " is damaged", err)
    assert.is_nil(io.open(file))
  end)
end)
