-- Images to and from other programs: skopeo, umoci, buildah, podman. What lamina saves they accept
-- and run; what they write lamina loads and runs.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local function ok(status, out, err)
  assert(status == 0, ("status %d: %s%s"):format(status, out, err))
  return out
end

--- Runs a shell script that must succeed; %s are the arguments, quoted.
local function sh(script, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = helper.quote(word) end
  return ok(helper.sh("set -e; " .. script:format(table.unpack(words))))
end

local function needs(...)
  for _, program in ipairs { ... } do
    if helper.sh("command -v " .. program) ~= 0 then pending(program .. " isn't installed") end
  end
end

local function needs_root()
  if not helper.is_root then pending("buildah and podman need root or sub-ids here") end
end

-- A tree with everything that a layer can hold; then what a second layer may do to it.
local first = [[mkdir d o keep; echo a >d/a; echo b >d/b; ln d/a d/hard; ln -s a d/link
  echo o >o/old; echo x >keep/x; cp d/a sgid; chmod 2755 sgid; cp d/a suid; chmod 4755 suid
  mkdir sticky; chmod 1777 sticky; mkfifo fifo; echo n >"a name"; echo f >file; mkdir dir
  chmod 0600 d/b; touch -d @1000000000 d/b; mkdir -p a/b/c; : >a/b/c/empty]]
local second = [[rm -r d/a o; mkdir o; echo n >o/new; rm file; mkdir file; echo i >file/in
  rmdir dir; echo d >dir; ln d/b d/bb; echo y >keep/y; chmod 0640 keep/x]]

-- What `find` says of a tree; names and owners of links to elsewhere don't matter.
local listing = [[find . -mindepth 1 -not -path './dev*' -not -path './proc*' -not -path './sys*'
  -not -path './run*' -not -path './etc*' ]] .. [[\( -type d -printf '%%p d %%m\n' -o -printf
  '%%p %%y %%m %%s %%n %%l\n' \) | LC_ALL=C sort]]
listing = listing:gsub("\n%s*", " ")

local function tree(dir)
  return sh("cd %s && " .. listing, dir)
end

--- A listing without link counts: buildah's vfs driver copies what is linked to a lower layer.
local function without_counts(text)
  return (text:gsub("( %l %d+ %d+) %d+ ", "%1 "))
end

--- The files of an image in a store, unpacked from an export.
local function exported(run, image)
  local dir = helper.tmpdir()
  ok(run("run", "--name", "for-export", image, "true"))
  ok(run("export", "-o", dir .. "/x.tar", "for-export"))
  ok(run("rm", "for-export"))
  sh("mkdir %s/root && tar --xattrs --xattrs-include='*' -C %s/root -xpf %s/x.tar", dir, dir, dir)
  return dir .. "/root"
end

--- A store with an image of three layers made by lamina: busybox, and the two scripts.
local function made()
  local run = helper.store()
  ok(run("import", fixtures.busybox_tar(), "busybox"))
  local function step(from, script, to)
    ok(run("run", "--name", "step", from, "sh", "-ec", "cd /srv; " .. script))
    ok(run("commit", "step", to))
    ok(run("rm", "step"))
  end
  ok(run("run", "--name", "step", "busybox", "mkdir", "/srv"))
  ok(run("commit", "-c", 'CMD ["cat","/srv/keep/y"]', "-c", "ENV A=b", "step", "base"))
  ok(run("rm", "step"))
  step("base", first, "one")
  if helper.is_root then step("one", "mknod node c 1 5; mknod block b 7 300", "one") end
  step("one", second, "bombo/made:git01")
  return run
end

local function id_of(run, name)
  return (ok(run("inspect", "--format", "{{.Id}}", name)):gsub("%s", ""))
end

local policy = "--insecure-policy"

describe("images for others", function()
  local run, dir, id

  setup(function()
    run, dir = made(), helper.tmpdir()
    id = id_of(run, "bombo/made:git01")
    ok(run("save", "-o", dir .. "/docker.tar", "bombo/made:git01"))
    ok(run("save", "--format", "oci", "-o", dir .. "/oci.tar", "bombo/made:git01"))
    ok(run("save", "--format", "oci-dir", "-o", dir .. "/oci", "bombo/made:git01"))
    ok(run("save", "--format", "oci", "--compress", "zstd", "-o", dir .. "/zstd.tar",
      "bombo/made:git01"))
  end)
  teardown(helper.cleanup)

  it("are read by skopeo, with the same id", function()
    needs("skopeo")
    local name = "docker.io/bombo/made:git01"
    for _, from in ipairs { "docker-archive:" .. dir .. "/docker.tar",
      "docker-archive:" .. dir .. "/docker.tar:bombo/made:git01",
      "oci-archive:" .. dir .. "/docker.tar", "oci-archive:" .. dir .. "/oci.tar:" .. name,
      "oci-archive:" .. dir .. "/zstd.tar", "oci:" .. dir .. "/oci:" .. name } do
      assert.equal(id, "sha256:" .. sh("skopeo inspect --raw --config %s | sha256sum", from)
        :match("%x+"))
    end
  end)

  it("are copied by skopeo, which verifies every blob, and come back the same", function()
    needs("skopeo")
    local expected = tree(exported(run, "bombo/made:git01") .. "/srv")
    for i, pair in ipairs { { "docker-archive:%s/docker.tar", "oci-archive:%s/c1.tar:made:1" },
      { "oci-archive:%s/oci.tar", "dir:%s/c2" }, { "oci:%s/oci", "oci:%s/c3:localhost/made:3" },
      { "oci-archive:%s/zstd.tar", "oci-archive:%s/c4.tar" },
      { "oci:%s/oci", "docker-archive:%s/c5.tar:made:5" } } do
      sh("skopeo copy -q " .. policy .. " %s %s", pair[1]:format(dir), pair[2]:format(dir))
      local other = helper.store()
      local path = dir .. "/c" .. i
      if not io.open(path) then path = path .. ".tar" end
      ok(other("load", "-t", "back", path))
      assert.equal(expected, tree(exported(other, "back") .. "/srv"))
      -- between docker and OCI skopeo writes the configuration anew
      if i > 1 and i < 5 then assert.equal(id, id_of(other, "back")) end
    end
  end)

  it("are unpacked by umoci to the same files", function()
    needs("umoci")
    local rootless = helper.is_root and "" or "--rootless"
    sh("umoci unpack " .. rootless .. " --image %s %s", dir .. "/oci:docker.io/bombo/made:git01",
      dir .. "/bundle")
    assert.equal(tree(exported(run, "bombo/made:git01") .. "/srv"),
      tree(dir .. "/bundle/rootfs/srv"))
    assert.matches('"A=b"', helper.read(dir .. "/bundle/config.json"))
  end)

  it("run in buildah", function()
    needs("buildah")
    needs_root()
    local buildah = ("buildah --root %s/b --runroot %s/br --storage-driver vfs "):format(dir, dir)
    for _, from in ipairs { "docker-archive:%s/docker.tar", "oci-archive:%s/oci.tar",
      "oci-archive:%s/zstd.tar" } do
      local out = sh("c=$(" .. buildah .. "from -q " .. policy:gsub("%-%-insecure%-policy", "")
        .. " %s); " .. buildah .. "run --isolation chroot $c sh -c 'cat /srv/keep/y; echo $A; "
        .. "ls /srv/o /srv/d; stat -c %%a /srv/suid'; " .. buildah .. "rm $c >&2",
        from:format(dir))
      assert.equal("y\nb\n/srv/d:\nb\nbb\nhard\nlink\n\n/srv/o:\nnew\n4755\n", out)
    end
  end)

  it("are loaded by podman under their names", function()
    needs("podman")
    needs_root()
    local podman = ("podman --root %s/p --runroot %s/pr --storage-driver vfs --events-backend none "
      .. "--cgroup-manager cgroupfs "):format(dir, dir)
    for _, file in ipairs { "docker.tar", "oci.tar" } do
      sh(podman .. "load -q -i %s", dir .. "/" .. file)
      assert.equal("docker.io/bombo/made:git01 " .. id:sub(8) .. "\n",
        sh(podman .. "images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.Id}}'")
          :gsub("sha256:", ""))
      sh(podman .. "rmi -f bombo/made:git01")
    end
  end)
end)

describe("images of others", function()
  after_each(helper.cleanup)

  --- Makes the tree of the two scripts with umoci, a layer each; answers the layout's path.
  local function by_umoci()
    local dir = helper.tmpdir()
    local rootless = helper.is_root and "" or "--rootless"
    sh([[cd %s; umoci init --layout l; umoci new --image l:made
      umoci config --image l:made --config.cmd cat --config.cmd /srv/keep/y --config.env A=b
      umoci unpack ]] .. rootless .. [[ --image l:made b; tar -C b/rootfs -xf %s; mkdir b/rootfs/srv
      (cd b/rootfs/srv; ]] .. first:gsub("%%", "%%%%") .. [[;
      setfattr -n user.kept -v yes a/b/c/empty; [ $(id -u) != 0 ] || mknod node c 1 5)
      umoci repack --refresh-bundle --image l:made b
      (cd b/rootfs/srv; ]] .. second .. [[); umoci repack --refresh-bundle --image l:made b]], dir,
      fixtures.busybox_tar())
    return dir
  end

  it("from umoci are loaded and run: whiteouts, hard links, xattrs, devices and all", function()
    needs("umoci", "setfattr")
    local dir, run = by_umoci(), helper.store()
    ok(run("load", "-t", "made", dir .. "/l"))
    assert.equal("y\n", ok(run("run", "--rm", "made")))
    local root = exported(run, "made")
    assert.equal(tree(dir .. "/b/rootfs/srv"), tree(root .. "/srv"))
    assert.equal("yes", sh("getfattr --only-values -n user.kept %s", root .. "/srv/a/b/c/empty"))
    if helper.is_root then
      assert.equal("1:5 c\n", sh("stat -c '%%t:%%T %%A' %s | cut -c1-5", root .. "/srv/node"))
    end
  end)

  it("from umoci keep their manifest, and are written back byte for byte", function()
    needs("umoci", "setfattr", "skopeo")
    local dir, run = by_umoci(), helper.store()
    ok(run("load", "-t", "made", dir .. "/l"))
    ok(run("save", "--format", "oci", "-o", dir .. "/back.tar", "made"))
    local script = "skopeo inspect --raw %s | sha256sum"
    assert.equal(sh(script, "oci:" .. dir .. "/l:made"), sh(script, "oci-archive:" .. dir
      .. "/back.tar"))
  end)

  it("from buildah and podman are loaded and run in every format", function()
    needs("buildah", "podman")
    needs_root()
    local dir, run = helper.tmpdir(), helper.store()
    local storage = ("--root %s/b --runroot %s/br --storage-driver vfs "):format(dir, dir)
    local buildah, podman = "buildah " .. storage, "podman " .. storage
      .. "--events-backend none --cgroup-manager cgroupfs "
    local script = [[c=$(BUILDAH from scratch); BUILDAH add -q $c %s /; BUILDAH commit -q $c base
      c=$(BUILDAH from base); BUILDAH run --isolation chroot $c sh -ec 'mkdir /srv; cd /srv; FIRST'
      mknod $(BUILDAH mount $c)/srv/node c 1 5; BUILDAH commit -q $c one
      c=$(BUILDAH from one); BUILDAH run --isolation chroot $c sh -ec 'cd /srv; SECOND'
      BUILDAH config --cmd 'cat /srv/keep/y' $c; (cd $(BUILDAH mount $c)/srv; LIST) >%s
      BUILDAH commit -q $c docker.io/bombo/made:git01]]
    local words = { BUILDAH = buildah, FIRST = first, SECOND = second, LIST = listing }
    script = script:gsub("%u%u+", words)
    sh(script, fixtures.busybox_tar(), dir .. "/tree")
    for i, format in ipairs { "docker-archive", "oci-archive", "oci-dir", "docker-dir" } do
      local path = dir .. "/save" .. i
      sh(podman .. "save -q --format " .. format .. " -o %s bombo/made:git01", path)
      local other = helper.store()
      local said = ok(other("load", "-i", path, "-t", "again"))
      if i < 4 then assert.matches("bombo/made:git01", said) end
      assert.equal("y\n", ok(other("run", "--rm", "again")))
      assert.equal(without_counts(helper.read(dir .. "/tree")),
        without_counts(tree(exported(other, "again") .. "/srv")))
    end
    sh(podman .. "save -q bombo/made:git01 base | zstd -q | LAMINA_ROOT=%s %s load", run.root,
      helper.lamina_path)
    assert.equal("y\n", ok(run("run", "--rm", "bombo/made:git01")))
  end)
end)
