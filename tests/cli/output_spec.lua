-- lamina build -o: what becomes of the result.
local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

local recipe = [[
  local s = from "busybox":run "echo hi >/hi; chmod 4755 /hi; ln -s hi /link; ln /hi /hard"
  return image(s, { name = "x/y:1", cmd = { "cat", "/hi" } })]]

local function sh(line, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = helper.quote(word) end
  local status, out, err = helper.sh(line:format(table.unpack(words)))
  if status ~= 0 then error(("status %d: %s%s"):format(status, out, err), 2) end
  return out
end

describe("lamina build --output", function()
  local run, dir

  setup(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    sh("mkdir %s/c", dir)
    helper.write(dir .. "/c/recipe.lua", recipe)
  end)
  teardown(helper.cleanup)

  local function build(...)
    local words = { "build", ... }
    words[#words + 1] = dir .. "/c"
    return run:ok(table.unpack(words))
  end

  local function fails(pattern, ...)
    local words = { "build", ... }
    words[#words + 1] = dir .. "/c"
    run:fails(2, pattern, table.unpack(words))
  end

  it("writes several outputs of one build, and tells their digests", function()
    local id = build("-o", "type=oci,dest=" .. dir .. "/o.tar", "-o",
      "type=docker,name=also:2,dest=" .. dir .. "/d.tar", "-o", "type=store", "--iidfile",
      dir .. "/iid", "--metadata-file", dir .. "/meta"):match("%S+")
    assert.equal(id, helper.read(dir .. "/iid"))
    local meta = assert(json.decode(helper.read(dir .. "/meta")))
    assert.equal(id, meta["containerimage.config.digest"])
    assert.equal("docker.io/x/y:1", meta["image.name"])
    local index = assert(json.decode(sh("tar -xOf %s/o.tar index.json", dir)))
    assert.equal(index.manifests[1].digest, meta["containerimage.digest"])
    assert.same({ "also:2", "x/y:1" }, (function()
      local list = json.decode(sh("tar -xOf %s/d.tar manifest.json", dir))[1].RepoTags
      table.sort(list)
      return list
    end)())
    assert.equal(id, run:ok("inspect", "--format", "{{.Id}}", "x/y:1"):match("%S+"))
    for _, file in ipairs { "o.tar", "d.tar" } do
      local other = helper.store()
      other:ok("load", "-i", dir .. "/" .. file)
      assert.equal("hi\n", other:ok("run", "--rm", "x/y:1"))
    end
  end)

  it("leaves no id of an earlier build where one fails, and nothing but that is removed", function()
    helper.write(dir .. "/stale", "sha256:old")
    helper.write(dir .. "/wrong.lua", 'return from "busybox":run "exit 1"')
    helper.sh(("mkdir %s/folder; touch %s/folder/x"):format(dir, dir))
    local function status_with(...)
      return (run("build", "-q", "-f", dir .. "/wrong.lua", dir .. "/c", "--iidfile", ...))
    end
    assert.equal(0, status_with(dir .. "/stale", "--dry-run"))
    assert.equal("sha256:old", helper.read(dir .. "/stale"))
    assert.equal(1, status_with(dir .. "/stale"))
    assert.is_nil(io.open(dir .. "/stale"))
    assert.equal(1, status_with(dir .. "/folder"))
    assert.equal("", helper.read(dir .. "/folder/x"))
  end)

  it("stores nothing where the store isn't among the outputs", function()
    local other = fixtures.busybox_store()
    local id = other:ok("build", "-o", "type=oci,dest=" .. dir .. "/only.tar", dir .. "/c")
    assert.matches("^sha256:%x+\n$", id)
    assert.equal(1, select(2, other:ok("images", "-q"):gsub("\n", "")))
    assert.equal("", other:ok("build", "-o", "type=none", dir .. "/c"))
    assert.equal(1, select(2, other:ok("images", "-q"):gsub("\n", "")))
    assert.equal(0, (other("fsck")))
  end)

  it("writes an archive to standard output alone, with progress on standard error", function()
    local status, _, err = helper.sh(run:line("build", "--progress=plain", "-o", "type=docker",
      dir .. "/c") .. " >" .. dir .. "/s.tar")
    assert.equal(0, status)
    assert.matches("#2 CACHED\n", err)
    assert.matches("manifest.json\n", sh("tar -tf %s/s.tar", dir))
    for _, words in ipairs { { "-o", "-" }, { "-o", "type=tar" }, { "-o", "type=tar,dest=-" } } do
      local list = sh(run:line("build", words[1], words[2], dir .. "/c") .. " | tar -tvf -")
      assert.matches("%-rwsr%-xr%-x 0/0 +3 [^\n]* hard\n", list)
      assert.matches(" link %-> hi\n", list)
      assert.matches("bin/busybox\n", list)
    end
  end)

  it("refuses to write an archive to a terminal, before anything is built", function()
    local other = fixtures.busybox_store()
    local session <close> = expect.start(other:line("build", "-o", "-", dir .. "/c"))
    session:wait_for("an archive isn't written to a terminal")
    assert.equal(1, session:status())
    assert.is_nil(session:shown():find("echo hi", 1, true))
  end)

  it("gives the files of the stage as a directory, which belong to an ordinary user", function()
    assert.equal("", build("-o", dir .. "/files"))
    assert.equal("hi\n", helper.read(dir .. "/files/hi"))
    assert.equal("hi", sh("readlink %s/files/link", dir):match("%S+"))
    assert.equal("2\n2\n", sh("stat -c %%h %s/files/hi %s/files/hard", dir, dir))
    local me = sh("id -u"):match("%d+")
    local mode = helper.is_root and "4755" or "755"
    assert.equal(mode .. " " .. me .. "\n", sh("stat -c '%%a %%u' %s/files/hi", dir))
    assert.equal("1777\n", sh("stat -c %%a %s/files/tmp", dir))
    sh("echo own >%s/files/own; echo old >%s/files/hi", dir, dir)
    build("-o", "type=local,dest=" .. dir .. "/files")
    assert.equal("own\n", helper.read(dir .. "/files/own"))
    assert.equal("hi\n", helper.read(dir .. "/files/hi"))
  end)

  it("gives an empty stage as an empty directory and an empty tar", function()
    helper.write(dir .. "/empty.lua", 'return from "scratch"')
    run:ok("build", "-f", dir .. "/empty.lua", "-o", dir .. "/nothing", dir .. "/c")
    assert.equal("", sh("ls -A %s/nothing", dir))
    assert.equal("", sh(run:line("build", "-f", dir .. "/empty.lua", "-o", "-", dir .. "/c")
      .. " | tar -tf -"))
  end)

  it("writes a layout, in the compression that is asked for", function()
    build("-o", "type=oci,tar=false,compression=zstd,dest=" .. dir .. "/layout")
    assert.matches("tar%+zstd", sh("cat %s/layout/blobs/sha256/*", dir))
    local other = helper.store()
    other:ok("load", dir .. "/layout")
    assert.equal("hi\n", other:ok("run", "--rm", "x/y:1"))
    run:fails(1, "layout is not empty", "build", "-o", "type=oci,tar=false,dest=" .. dir
      .. "/layout", dir .. "/c")
  end)

  it("gives the same bytes every time", function()
    local line = run:line("build", "-q", "-o", "type=oci", dir .. "/c") .. " | sha256sum"
    assert.equal(sh(line), sh(line))
  end)

  it("is read by skopeo as oci and docker", function()
    if helper.sh("command -v skopeo") ~= 0 then pending "skopeo isn't installed" end
    local id = build("-o", "type=oci,dest=" .. dir .. "/so.tar", "-o",
      "type=docker,compression=gzip,dest=" .. dir .. "/sd.tar"):match("%S+")
    for _, from in ipairs { "oci-archive:" .. dir .. "/so.tar",
      "docker-archive:" .. dir .. "/sd.tar" } do
      assert.equal(id, "sha256:" .. sh("skopeo inspect --raw --config %s | sha256sum", from)
        :match("%x+"))
      sh("rm -rf %s/copy; skopeo copy -q --insecure-policy %s dir:%s/copy", dir, from, dir)
    end
  end)

  it("refuses what it doesn't know, before anything is built", function()
    fails("unknown type 'ocy'\nhint: did you mean 'oci'?", "-o", "type=ocy")
    fails("type=oci: unknown key 'dst'\nhint: did you mean 'dest'?", "-o", "type=oci,dst=x")
    fails("'type' is missing", "-o", "dest=x")
    fails("'dest' comes twice", "-o", "type=oci,dest=x,dest=y")
    fails("KEY=VALUE expected", "-o", "type=oci,x")
    fails("a quote without its end", "-o", '"type=oci')
    fails("only one output can be standard output", "-o", "-", "-o", "type=oci")
    fails("a directory is needed", "-o", "type=local")
    fails("'tar' is true or false, not 'maybe'", "-o", "type=oci,tar=maybe,dest=x")
    fails("unknown compression 'xz'", "-o", "type=oci,compression=xz,dest=x")
    fails("compression%-level is 1 to 3", "-o", "type=docker,compression-level=4,dest=x")
    run:fails(1, "/c is a directory, and an archive is a file", "build", "-o",
      "type=oci,dest=" .. dir .. "/c", dir .. "/c")
    run:fails(1, "there is no directory to write it in", "build", "-o",
      "type=oci,dest=" .. dir .. "/no/x.tar", dir .. "/c")
    run:fails(1, "recipe.lua is not a directory", "build", "-o", dir .. "/c/recipe.lua/x",
      dir .. "/c")
  end)

  it("takes a name with commas in quotes", function()
    build("-o", ('type=local,"dest=%s/a,b"'):format(dir))
    assert.equal("hi\n", helper.read(dir .. "/a,b/hi"))
  end)
end)
