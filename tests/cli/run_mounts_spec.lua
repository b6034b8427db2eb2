-- `lamina run`: volumes and what else is mounted, and that none of it becomes part of the files.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina run", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
  end)
  teardown(helper.cleanup)

  local function fails(status, pattern, ...) run:fails(status, pattern, "run", ...) end

  describe("--volume", function()
    it("mounts a directory of the host, writable", function()
      local dir = helper.tmpdir()
      helper.write(dir .. "/given", "text\n")
      local text = "cat /data/given; echo made >/data/made"
      assert.equal("text\n", run:shell(text, "-v", dir .. ":/data"))
      assert.equal("made\n", helper.read(dir .. "/made"))
    end)

    it("takes a path relative to where it is called", function()
      local dir = helper.tmpdir()
      helper.write(dir .. "/given", "text\n")
      local _, out, err = helper.sh("cd " .. dir .. " && "
        .. run:line("run", "--rm", "-v", "./given:/x", "busybox", "cat", "/x"))
      assert.equal("", err)
      assert.equal("text\n", out)
    end)

    it("forbids writing with ro", function()
      local dir = helper.tmpdir()
      assert.equal("1\n", run:shell("touch /data/x 2>/dev/null; echo $?", "-v", dir .. ":/data:ro"))
    end)

    it("mounts one file, also over one of the image", function()
      local file = helper.write(helper.tmpdir() .. "/f", "mine\n")
      assert.equal("mine\n", run:shell("cat /etc/passwd", "-v", file .. ":/etc/passwd"))
    end)

    it("keeps a named volume, which others see too", function()
      run:shell("echo one >/data/f", "-v", "named:/data")
      assert.equal("one\n", run:shell("cat /other/f", "-v", "named:/other"))
    end)

    it("99: seeds a new one with the image's content, owners and modes; nocopy leaves it empty",
      function()
        local text = "ls -A %s | head -1; stat -c %%a %s"
        assert.equal("busybox\n755\n", run:shell(text:format("/bin", "/bin"), "-v", "/bin"))
        assert.equal("1777\n", run:shell("stat -c %a /tmp", "-v", "seeded:/tmp"))
        local count = "ls -A /etc | grep -c passwd; true"
        assert.equal("0\n", run:shell(count, "-v", "empty:/etc:nocopy"))
      end)

    it("makes what is missing in the image, and takes it away again (63)", function()
      run:ok("run", "--name", "deep", "-v", "/a/b/c", "busybox", "touch", "/a/b/c/f")
      assert.equal("", run:ok("diff", "deep"))
    end)

    it("follows the image's links beneath the root only", function()
      local outside = helper.tmpdir()
      run:ok("run", "--name", "linked", "busybox", "ln", "-s", outside, "/link")
      run:ok("commit", "linked", "linked")
      run:ok("run", "--rm", "-v", "/link/inner", "linked", "touch", "/link/inner/f")
      assert.equal("", (select(2, helper.sh("ls -A " .. outside))))
    end)

    it("mounts one in another, whatever the order they are given in", function()
      local out = run:shell("echo f >/outer/in/f; ls -A /outer; cat /outer/in/f",
        "-v", "inner:/outer/in", "-v", "outer:/outer")
      assert.equal("in\nf\n", out)
      local dir = helper.tmpdir()
      helper.write(dir .. "/f", "file\n")
      assert.equal("file\n", run:shell("cat /o/f", "-v", dir .. "/f:/o/f", "-v", "outer:/o"))
    end)

    it("says what is wrong with what it is given", function()
      fails(2, "the place in the container is an absolute path", "-v", "name:relative", "busybox")
      fails(2, "nothing can be mounted on /", "-v", "/tmp:/", "busybox")
      fails(2, "unknown option 'rx'", "-v", "/tmp:/x:rx", "busybox")
      fails(2, "/nowhere/at/all: there is no such file", "-v", "/nowhere/at/all:/x", "busybox")
      fails(2, "neither a path nor a volume's name\nhint: a path begins", "-v", "a/b:/x", "busybox")
      fails(2, "something is mounted there already", "-v", "/x", "-v", "aa:/x/", "busybox")
    end)
  end)

  describe("VOLUME of an image (SEMANTICS 37)", function()
    setup(function()
      run:ok("run", "--name", "base", "busybox", "sh", "-c", "mkdir /vol; echo seeded >/vol/f")
      run:ok("commit", "-c", "VOLUME /vol", "base", "with-volume")
    end)

    it("is an anonymous volume seeded with the image's content", function()
      assert.equal("seeded\n", run:ok("run", "--rm", "with-volume", "cat", "/vol/f"))
    end)

    it("stays with its container, is gone with it, and never in a commit", function()
      run:ok("run", "--name", "vol", "with-volume", "sh", "-c", "echo new >/vol/f; echo a >/vol/g")
      assert.equal("new\n", run:ok("run", "--rm", "with-volume", "cat", "/vol/f") == "seeded\n"
        and helper.read(select(2, helper.sh("find " .. run.root
          .. "/containers -path '*/volumes/*/f' | xargs grep -l new")):match("[^\n]+")))
      assert.equal("", run:ok("diff", "vol"))
      run:ok("commit", "vol", "after")
      assert.equal("seeded\n", run:ok("run", "--rm", "after", "cat", "/vol/f"))
    end)

    it("can be replaced by --volume", function()
      local dir = helper.tmpdir()
      assert.equal("0\n", run:ok("run", "--rm", "-v", dir .. ":/vol", "with-volume", "sh", "-c",
        "ls -A /vol | wc -l"))
    end)
  end)

  describe("what a command finds (SEMANTICS 65)", function()
    it("is proc, sysfs, a minimal dev, terminals, shared memory and message queues", function()
      local out = run:shell("grep -E ' /(proc|sys|dev|dev/shm|dev/pts|dev/mqueue) ' /proc/mounts "
        .. "| cut -d' ' -f2,3 | sort")
      assert.equal("/dev tmpfs\n/dev/mqueue mqueue\n/dev/pts devpts\n/dev/shm tmpfs\n"
        .. "/proc proc\n/sys sysfs\n", out)
    end)

    it("is a dev that works", function()
      assert.equal("0\nx\n", run:shell("head -c0 /dev/urandom; cat /dev/null | wc -c; "
        .. "echo x >/dev/shm/x; cat /dev/shm/x; echo y >/dev/null"))
    end)

    it("is a root that can't be written with --read-only, save what is mounted", function()
      local dir = helper.tmpdir()
      assert.equal("1\n0\n0\n", run:shell([[for at in / /dev/shm /data; do
        touch $at/x 2>/dev/null; echo $?; done]], "--read-only", "-v", dir .. ":/data"))
    end)
  end)

  it("63: leaves nothing of its own behind: no stub, no changed time", function()
    run:ok("run", "--name", "plain", "busybox", "true")
    assert.equal("", run:ok("diff", "plain"))
    local _, out = helper.sh("find " .. run.root .. "/containers/*/upper ! -type d")
    assert.equal("", out)
  end)

  it("keeps what the command writes into hosts and resolv.conf out of its files", function()
    run:ok("run", "--name", "stubs", "busybox", "sh", "-c",
      "echo x >>/etc/hosts && echo x >>/etc/resolv.conf && echo x >>/etc/hostname")
    assert.equal("", run:ok("diff", "stubs"))
  end)
end)
