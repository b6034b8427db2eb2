local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina run", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
  end)
  teardown(helper.cleanup)

  local function fails(status, pattern, ...) run:fails(status, pattern, "run", ...) end

  describe("the exit status", function()
    it("is the command's own", function()
      assert.equal(0, (run("run", "--rm", "busybox", "true")))
      assert.equal(7, (run("run", "--rm", "busybox", "sh", "-c", "exit 7")))
    end)

    it("is 128 and the signal's number for a command that a signal ends", function()
      -- with --init, since the first process is ended by no signal from inside
      assert.equal(143, (run("run", "--rm", "--init", "busybox", "sh", "-c", "kill -TERM $$")))
      assert.equal(139, (run("run", "--rm", "--init", "busybox", "sh", "-c", "kill -SEGV $$")))
    end)

    it("is 127 for a command that isn't there, 126 for one that can't be executed", function()
      fails(127, "no%-such%-command", "--rm", "busybox", "no-such-command")
      fails(126, "/etc/passwd: Permission denied", "--rm", "busybox", "/etc/passwd")
    end)

    it("is 125 for what lamina itself fails at", function()
      fails(125, "no image 'nothing%-like%-it'", "nothing-like-it")
      fails(125, "no%-such%-user", "--rm", "-u", "no-such-user", "busybox", "true")
    end)

    it("is 2 for wrong usage", function()
      fails(2, "unknown option '%-%-nmae'\nhint: did you mean '%-%-name'%?", "--nmae", "x")
      fails(2, "argument missing: IMAGE", "--rm")
      fails(2, "invalid container name '%.%.'", "--name", "..", "busybox")
    end)
  end)

  it("names the nearest image for one that isn't there", function()
    fails(125, "no image 'bussybox' in the store\nhint: did you mean 'busybox'%?", "bussybox")
    run:ok("tag", "busybox", "box1000:latest")
    run:ok("tag", "busybox", "box1:other")
    fails(125, "no image 'box1' in the store\nhint: did you mean 'box1:other'%?", "box1")
  end)

  it("refuses a name in use and says what to do", function()
    run:ok("run", "--name", "taken", "busybox", "true")
    fails(125, "the name 'taken' belongs to container %x+\nhint: `lamina rm taken` removes it",
      "--name", "taken", "busybox", "true")
  end)

  it("keeps the container, and removes it with --rm whatever its status", function()
    run:ok("run", "--name", "kept", "busybox", "touch", "/new")
    assert.matches("A /new\n", run:ok("diff", "kept"))
    assert.equal(3, (run("run", "--rm", "--name", "gone", "busybox", "sh", "-c", "exit 3")))
    assert.matches("no container 'gone'", select(3, run("diff", "gone")))
    assert.equal(127, (run("run", "--rm", "--name", "gone", "busybox", "nothing")))
    assert.matches("no container 'gone'", select(3, run("diff", "gone")))
  end)

  it("passes words behind the image on as they are", function()
    assert.equal("--rm -i\n", run:ok("run", "--rm", "busybox", "echo", "--rm", "-i"))
  end)

  describe("the command (SEMANTICS 99)", function()
    setup(function()
      run:ok("run", "--name", "seed", "busybox", "true")
      run:ok("commit", "-c", 'ENTRYPOINT ["echo", "entry"]', "-c", 'CMD ["default"]', "seed",
        "entry")
    end)

    it("is the image's entry point and its command", function()
      assert.equal("entry default\n", run:ok("run", "--rm", "entry"))
    end)

    it("99: user args replace Cmd only", function()
      assert.equal("entry mine\n", run:ok("run", "--rm", "entry", "mine"))
    end)

    it("99: --entrypoint clears Cmd", function()
      assert.equal("\n", run:ok("run", "--rm", "--entrypoint", "echo", "entry"))
      assert.equal("a\n", run:ok("run", "--rm", "--entrypoint", "echo", "entry", "a"))
    end)

    it("--entrypoint '' takes the image's away", function()
      assert.equal("a\n", run:ok("run", "--rm", "--entrypoint", "", "entry", "echo", "a"))
      fails(125, "no command, and none was given", "--entrypoint", "", "entry")
    end)
  end)

  describe("the environment", function()
    it("99: has PATH, HOSTNAME and HOME by default, TERM with a terminal only", function()
      local out = run:shell("env | grep -v -e PWD -e SHLVL | sort", "--hostname", "box")
      assert.equal("HOME=/root\nHOSTNAME=box\n"
        .. "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", out)
      assert.equal("xterm\r\n", run:shell("echo $TERM", "-t"))
    end)

    it("has nothing of the caller's", function()
      local text = "echo ${LEAK-unset} ${LAMINA_ROOT-unset}"
      local _, out = helper.sh("export LEAK=1; "
        .. run:line("run", "--rm", "busybox", "sh", "-c", text))
      assert.equal("unset unset\n", out)
    end)

    it("99: -e goes over the image's, and --env-file below -e", function()
      run:ok("run", "--name", "envs", "busybox", "true")
      run:ok("commit", "-c", "ENV A=image B=image C=image", "envs", "envs")
      local file = helper.write(helper.tmpdir() .. "/env",
        "# a comment\n\nB=file\n  C=file with blanks = and signs\nFROM_CALLER\nNOWHERE\n")
      local _, out = helper.sh("export FROM_CALLER=caller; unset NOWHERE; "
        .. run:line("run", "--rm", "--env-file", file, "-e", "B=option", "-e", "EMPTY=", "envs",
        "sh", "-c", "echo $A,$B,$C,$FROM_CALLER,${NOWHERE-unset},${EMPTY-unset}"))
      assert.equal("image,option,file with blanks = and signs,caller,unset,\n", out)
    end)

    it("takes a variable without a value from the caller, and leaves out what he hasn't", function()
      local text = "echo ${MINE-unset} ${OTHER-unset}"
      local _, out = helper.sh("export MINE=m; unset OTHER; "
        .. run:line("run", "--rm", "-e", "MINE", "-e", "OTHER", "busybox", "sh", "-c", text))
      assert.equal("m unset\n", out)
    end)

    it("says which file can't be read and which entry has no name", function()
      fails(125, "%-%-env%-file: .*/nowhere: No such file", "--env-file", "/nowhere", "busybox")
      fails(2, "variable '=x' has no name", "-e", "=x", "busybox")
    end)
  end)

  describe("the user (SEMANTICS 35)", function()
    it("is looked up in the image, with all groups unless one is given", function()
      if not helper.has_ids then return pending("this user has one id only") end
      assert.equal("1000:1000:1000 1001:/home/guest\n",
        run:shell("echo $(id -u):$(id -g):$(id -G):$HOME", "-u", "guest"))
      local ids = "echo $(id -u):$(id -g):$(id -G)"
      assert.equal("1000:1001:1001\n", run:shell(ids, "-u", "guest:extra"))
      assert.equal("1000:0:0\n", run:shell(ids, "-u", "1000:0"))
    end)

    it("is group 0 for an unknown number, an error for an unknown name", function()
      if not helper.has_ids then return pending("this user has one id only") end
      assert.equal("4242:0\n", run:shell("echo $(id -u):$(id -g)", "-u", "4242"))
      fails(125, "nobody%-here", "--rm", "-u", "nobody-here", "busybox", "true")
      fails(125, "no%-group", "--rm", "-u", "guest:no-group", "busybox", "true")
    end)
  end)

  describe("the working directory (SEMANTICS 34, 99)", function()
    it("is made when it is missing, 0755, owned by the user", function()
      if not helper.has_ids then return pending("this user has one id only") end
      assert.equal("/srv/app\n755 guest\n755 guest\n",
        run:shell("pwd; stat -c '%a %U' /srv /srv/app", "-w", "/srv/app", "-u", "guest"))
    end)

    it("stays as it is when it is there", function()
      assert.equal("/tmp\n1777 root\n", run:shell("pwd; stat -c '%a %U' .", "-w", "/tmp/"))
    end)

    it("must be absolute and no file", function()
      fails(2, "%-%-workdir 'a/b': an absolute path is meant", "-w", "a/b", "busybox", "true")
      fails(125, "/etc/passwd", "--rm", "-w", "/etc/passwd", "busybox", "true")
    end)
  end)

  describe("its streams", function()
    it("has nothing to read without -i, and the caller's input with it (65)", function()
      local _, out = helper.sh(run:line("run", "--rm", "busybox", "wc", "-c"), "12345")
      assert.equal("0\n", out)
      _, out = helper.sh(run:line("run", "--rm", "-i", "busybox", "wc", "-c"), "12345")
      assert.equal("5\n", out)
    end)

    it("keeps standard output and errors apart", function()
      local _, out, err = run("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")
      assert.equal("out\n", out)
      assert.equal("err\n", err)
    end)

    it("passes a mebibyte through in both directions, byte for byte", function()
      local file = helper.write(helper.tmpdir() .. "/bytes", ("\0\1\2\255abc\n"):rep(131072))
      local status = helper.sh(run:line("run", "--rm", "-i", "busybox", "cat")
        .. (" <%s | cmp - %s"):format(file, file))
      assert.equal(0, status)
    end)

    it("isn't a terminal without -t", function()
      assert.equal(1, (run("run", "--rm", "busybox", "test", "-t", "1")))
    end)

    it("refuses -it when the input is no terminal", function()
      fails(1, "the input device is not a TTY\nhint: leave out %-t", "-it", "busybox")
    end)
  end)

  it("says which layer of its image is missing, and what helps", function()
    local store = fixtures.busybox_store()
    assert(os.execute(("rm -rf %s/layers/*"):format(store.root)))
    local status, out, err = store("run", "--rm", "busybox", "true")
    assert.same({ 125, "" }, { status, out })
    assert.matches("layer sha256:%x+ is missing\nhint: lamina fsck", err)
  end)
end)
