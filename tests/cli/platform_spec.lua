-- Images for several platforms, and steps of a foreign one.
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local platform = require "lamina.image.platform"

local recipe = [[
  local s = from("bb:" .. target_platform.arch)
    :arg "TARGETARCH" :arg "TARGETPLATFORM" :arg "BUILDPLATFORM" :arg "TARGETVARIANT"
    :copy({ ["arch"] = target_platform.arch }, "/")
    :env { A = "$TARGETARCH", P = "$TARGETPLATFORM", B = "$BUILDPLATFORM", V = "$TARGETVARIANT" }
  return image(s, { name = "x/y:1", cmd = { "cat", "/arch" } })]]

local host = platform.format(platform.host())
local own = platform.host().architecture

local function sh(line, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = helper.quote(word) end
  local status, out, err = helper.sh(line:format(table.unpack(words)))
  if status ~= 0 then error(("status %d: %s%s"):format(status, out, err), 2) end
  return out
end

--- The architecture of the tests' other platform: one that this machine isn't.
local other = own == "s390x" and "riscv64" or "s390x"
local both = ("linux/%s,%s"):format(other, host)

describe("images for several platforms", function()
  local run, dir, id

  setup(function()
    run, dir = helper.store(), helper.tmpdir()
    for _, arch in ipairs { other, own } do
      run:ok("import", "--platform", "linux/" .. arch, fixtures.busybox_tar(), "bb:" .. arch)
    end
    sh("mkdir %s/c", dir)
    helper.write(dir .. "/c/recipe.lua", recipe)
    id = run:ok("build", "--platform", both, "--iidfile", dir .. "/iid", "--metadata-file",
      dir .. "/meta", dir .. "/c"):match("%S+")
  end)
  teardown(helper.cleanup)

  local function inspect(name, template, wanted)
    local out = run:ok("inspect", "--type", "image", "--format", template, name,
      wanted and "--platform=" .. wanted)
    return (out:gsub("\n$", ""))
  end

  it("are built for each, and are one index", function()
    assert.equal(id, helper.read(dir .. "/iid"))
    local meta = assert(json.decode(helper.read(dir .. "/meta")))
    assert.equal(id, meta["containerimage.digest"])
    assert.is_nil(meta["containerimage.config.digest"])
    assert.equal("application/vnd.oci.image.index.v1+json",
      meta["containerimage.descriptor"].mediaType)
    assert.equal(id, run:ok("build", "--platform", "linux/" .. other, "--platform", host,
      dir .. "/c"):match("%S+"))
  end)

  it("are listed as one row, with their platforms", function()
    local rows = run:ok("images", "--no-trunc", "--format", "{{.Repository}} {{.ID}} {{.Platform}}")
    assert.matches("x/y " .. id .. " " .. both, rows, 1, true)
    assert.equal(3, select(2, rows:gsub("\n", "")))
  end)

  it("have the arguments of their own platform (SEMANTICS 19)", function()
    for _, arch in ipairs { other, own } do
      local env = inspect("x/y:1", "{{json .Config.Env}}", "linux/" .. arch)
      assert.matches('"A=' .. arch .. '"', env, 1, true)
      assert.matches('"P=linux/' .. arch .. '"', env, 1, true)
      assert.matches('"B=' .. host .. '"', env, 1, true)
      assert.matches('"V="', env, 1, true)
      assert.equal(arch, inspect("x/y:1", "{{.Architecture}}", "linux/" .. arch))
    end
    helper.write(dir .. "/v.lua", [[return from "scratch":arg "TARGETVARIANT":arg "TARGETARCH"
      :env { V = "$TARGETVARIANT $TARGETARCH" }]])
    local image = run:ok("build", "-q", "--platform", "armhf", "-f", dir .. "/v.lua", dir .. "/c")
    assert.matches('"V=v7 arm"', inspect(image:match("%S+"), "{{json .Config.Env}}"), 1, true)
  end)

  it("are inspected as an index with the image of this machine", function()
    assert.equal(id, inspect("x/y:1", "{{.Id}}"))
    assert.equal(id, inspect(id:sub(8, 19), "{{.Descriptor.digest}}"))
    assert.equal(own, inspect("x/y:1", "{{.Architecture}}"))
    local list = assert(json.decode(inspect("x/y:1", "{{json .Manifests}}")))
    assert.equal("linux/" .. other, list[1].Platform)
    assert.equal(list[2].ID, inspect(list[2].ID, "{{.Id}}"))
  end)

  it("run as what this machine is", function()
    assert.equal(own, run:ok("run", "--rm", "x/y:1"))
    run:fails(125, "has no image for linux/mips\nhint: it has them for linux/" .. other, "run",
      "--platform", "linux/mips", "x/y:1")
  end)

  it("are chosen from by a recipe", function()
    local function built(text, wanted)
      helper.write(dir .. "/from.lua", text)
      return run("build", "-q", "-o", "type=tar,dest=" .. dir .. "/from.tar", "-f",
        dir .. "/from.lua", dir .. "/c", wanted and "--platform=linux/" .. wanted)
    end
    local function arch() return sh("tar -xOf %s/from.tar arch", dir) end
    assert.equal(0, (built(('return from("x/y:1", { platform = "linux/%s" })'):format(other))))
    assert.equal(other, arch())
    assert.equal(0, (built('return from "x/y:1"')))
    assert.equal(own, arch())
    assert.equal(0, (built('return from "x/y:1"', other)))
    assert.equal(other, arch())
    local status, _, err = built('return from("x/y:1", { platform = "linux/mips" })')
    assert.equal(1, status)
    assert.matches("'x/y:1' has no image for linux/mips\nhint: it has them for", err)
    status, _, err = built(('return from "bb:%s"'):format(own), other)
    assert.equal(1, status)
    assert.matches(("in the store is for %s, not linux/%s"):format(host, other), err, 1, true)
  end)

  it("take the platform of their base where nobody asks for one", function()
    local image = run:ok("build", "-q", "-f", helper.write(dir .. "/base.lua",
      ('return from "bb:%s":env { A = "b" }'):format(other)), dir .. "/c"):match("%S+")
    assert.equal(other, inspect(image, "{{.Architecture}}"))
  end)

  it("are saved with their index, and loaded with all platforms or this machine's", function()
    run:ok("save", "--format", "oci", "-o", dir .. "/x.tar", "x/y:1")
    local far = helper.store()
    far:ok("load", "--all-platforms", "-i", dir .. "/x.tar")
    assert.equal(own, far:ok("run", "--rm", "x/y:1"))
    far:ok("save", "--format", "oci", "-o", dir .. "/y.tar", "x/y:1")
    assert.equal(helper.read(dir .. "/x.tar"), helper.read(dir .. "/y.tar"))
    assert.equal(0, (far("fsck", "--deep")))
    local near = helper.store()
    near:ok("load", "-i", dir .. "/x.tar")
    assert.equal(host .. "\n", near:ok("images", "--format", "{{.Platform}}"))
    run:ok("save", "--platform", "linux/" .. other, "-o", dir .. "/z.tar", "x/y:1")
    near:ok("load", "-i", dir .. "/z.tar", "-t", "only")
    assert.equal("linux/" .. other .. "\n", near:ok("images", "--format", "{{.Platform}}", "only"))
    near:fails(2, "don't go together", "load", "--all-platforms", "--platform", host, "-i",
      dir .. "/x.tar")
  end)

  it("are exported with their index, and files in a folder for each", function()
    run:ok("build", "-q", "--platform", both, "-o", "type=oci,dest=" .. dir .. "/o.tar", "-o",
      dir .. "/files", "-o", "type=tar,dest=" .. dir .. "/t.tar", dir .. "/c")
    for _, arch in ipairs { other, own } do
      assert.equal(arch, helper.read(("%s/files/linux_%s/arch"):format(dir, arch)))
      assert.equal(arch, sh("tar -xOf %s/t.tar " .. ("linux_%s/arch"):format(arch), dir))
    end
    run:fails(2, "an archive for Docker holds one platform", "build", "--platform", both, "-o",
      "type=docker,dest=x", dir .. "/c")
  end)

  it("are read by skopeo as they are exported", function()
    if helper.sh("command -v skopeo") ~= 0 then return pending "there is no skopeo" end
    run:ok("build", "-q", "--platform", both, "-o", ("type=oci,dest=%s/o.tar"):format(dir),
      dir .. "/c")
    for _, arch in ipairs { other, own } do
      local raw = sh("skopeo --override-arch %s inspect --config oci-archive:%s/o.tar", arch, dir)
      assert.equal(arch, assert(json.decode(raw)).architecture)
    end
    sh("skopeo copy -q --insecure-policy --all oci-archive:%s/o.tar oci:%s/all", dir, dir)
  end)

  it("keep their images until their last name goes", function()
    local far = helper.store()
    far:ok("load", "--all-platforms", "-i", dir .. "/x.tar")
    far:ok("tag", "x/y:1", "second")
    far:ok("prune", "--force")
    assert.equal(2, select(2, far:ok("images", "-q"):gsub("\n", "")))
    local member = far:ok("inspect", "--format", "{{range .Manifests}}{{.ID}} {{end}}", "second")
      :match("%S+")
    far:fails(1, "belongs to the index", "rmi", member)
    local index = far:ok("inspect", "--format", "{{.Id}}", "second"):match("sha256:(%x+)")
    far:fails(1, "has several names", "rmi", index:sub(1, 12))
    assert.equal("Untagged: x/y:1\n", far:ok("rmi", "x/y:1"))
    assert.equal(0, (far("inspect", member)))
    far:ok("run", "--name", "user", "second", "true")
    far:fails(1, "is used by container user", "rmi", "second")
    far:ok("rm", "user")
    assert.matches("Deleted: sha256:", far:ok("rmi", "second"))
    assert.equal("", far:ok("images", "-q"))
    far:ok("prune", "--force", "--all")
    assert.equal("0\n", sh("ls %s/layers %s/blobs/sha256 | grep -c '^[0-9a-f]' || true", far.root,
      far.root))
    assert.equal(0, (far("fsck")))
  end)

  it("become dangling when their name moves, and go with prune", function()
    local far = helper.store()
    far:ok("load", "--all-platforms", "-i", dir .. "/x.tar")
    far:ok("import", fixtures.busybox_tar(), "x/y:1")
    assert.equal("<none>\n", far:ok("images", "--filter", "dangling=true", "--format", "{{.Tag}}"))
    local report = json.decode(far:ok("prune", "--force", "--json", "--dry-run"))
    local done = json.decode(far:ok("prune", "--force", "--json"))
    report.dry_run, done.dry_run = nil, nil
    assert.same(report, done)
    assert.equal(1, #done.images)
    assert.equal(1, select(2, far:ok("images", "-q"):gsub("\n", "")))
    assert.equal(0, (far("fsck")))
  end)

  it("survive a lost database, and an index that lost its document", function()
    local far = helper.store()
    far:ok("load", "--all-platforms", "-i", dir .. "/x.tar")
    local index = far:ok("inspect", "--format", "{{.Id}}", "x/y:1"):match("sha256:(%x+)")
    sh("rm %s/blobs/sha256/" .. index, far.root)
    assert.equal(1, (far("fsck")))
    far("fsck", "--repair")
    assert.equal(0, (far("fsck")))
    assert.equal(index, far:ok("inspect", "--format", "{{.Id}}", "x/y:1"):match("sha256:(%x+)"))
    sh("printf x | dd of=%s/lamina.db bs=1 seek=20 conv=notrunc 2>/dev/null", far.root)
    sh("head -c 100 /dev/zero | dd of=%s/lamina.db bs=1 conv=notrunc 2>/dev/null", far.root)
    far("fsck", "--repair")
    assert.equal(0, (far("fsck")))
    assert.matches(both, far:ok("images", "--format", "{{.Platform}}"), 1, true)
  end)
end)

describe("steps of a foreign platform", function()
  after_each(helper.cleanup)

  it("are refused with a hint where the kernel has no handler", function()
    local run, dir = helper.store(), helper.tmpdir()
    if helper.sh("grep -qs s390 /proc/sys/fs/binfmt_misc/*") == 0 or own == "s390x" then
      pending "this machine has a handler for s390x"
    end
    run:ok("import", "--platform", "linux/s390x", fixtures.busybox_tar(), "bb")
    helper.write(dir .. "/recipe.lua", 'return from "bb":run "true"')
    run:fails(1, "recipe.lua:1: this machine runs no programs for linux/s390x\n"
      .. "hint: install qemu%-user%-static", "build", "-q", dir)
    run:fails(125, "this machine runs no programs for linux/s390x\nhint: install", "run", "bb")
    assert.equal("", run:ok("ps", "-aq"))
  end)

  --- Runs a shell line where programs for arm64 run through qemu: a user namespace of its own, so
  -- that nothing of the machine changes.
  local function with_qemu(line)
    local conf = "/usr/lib/binfmt.d/qemu-aarch64.conf"
    if helper.sh("[ -s " .. conf .. " ]") ~= 0 then pending "qemu-user-static isn't installed" end
    local box = "mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && cat " .. conf
      .. " >/proc/sys/fs/binfmt_misc/register"
    if helper.sh("unshare -Urm sh -c " .. helper.quote(box)) ~= 0 then
      pending "this kernel has no binfmt_misc for user namespaces"
    end
    return helper.sh("unshare -Urm sh -c " .. helper.quote(box
      .. " && exec unshare -U --map-user=1000 --map-group=1000 sh -ec " .. helper.quote(line)))
  end

  it("run through qemu-user, in builds and containers", function()
    local tar = helper.top .. "/" .. helper.build .. "/fixtures/busybox-arm64.tar"
    if own == "arm64" then pending "arm64 isn't foreign here" end
    if helper.sh("[ -s " .. helper.quote(tar) .. " ]") ~= 0 then
      pending "no busybox for arm64 (tests/support/foreign.sh)"
    end
    local run, dir = helper.store(), helper.tmpdir()
    helper.write(dir .. "/recipe.lua", [[
      local s = from("bb:" .. target_platform.arch):run "busybox uname -m >/machine"
      return image(s, { name = "made", cmd = { "busybox", "cat", "/machine" } })]])
    local status, out, err = with_qemu(table.concat({
      run:line("import", "--platform", "linux/arm64", tar, "bb:arm64"),
      run:line("import", fixtures.busybox_tar(), "bb:" .. own),
      run:line("build", "-q", "--platform", "linux/arm64," .. host, dir),
      run:line("run", "--rm", "made"),
      run:line("run", "--rm", "--platform", "linux/arm64", "made"),
      run:line("run", "--rm", "bb:arm64", "busybox", "uname", "-m") }, "\n"))
    assert.equal("", err)
    assert.equal(0, status)
    assert.matches("\n" .. sh("uname -m") .. "aarch64\naarch64\n$", out)
  end)
end)
