-- `lamina run`: capabilities, privileges, labels, the first process, the background.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina run", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
  end)
  teardown(helper.cleanup)

  local function fails(status, pattern, ...) run:fails(status, pattern, "run", ...) end

  --- The effective capabilities as a number.
  local function capabilities(...)
    return tonumber(run:shell("grep CapEff /proc/self/status", ...):match("(%x+)%s*$"), 16)
  end

  local CHOWN, NET_RAW, SYS_ADMIN = 1 << 0, 1 << 13, 1 << 21

  it("gives the default capabilities, which are not all", function()
    local set = capabilities()
    assert.not_equal(0, set & CHOWN)
    assert.equal(0, set & SYS_ADMIN)
  end)

  it("adds and drops capabilities by name, in any case and with or without CAP_", function()
    assert.equal(0, capabilities("--cap-drop", "chown") & CHOWN)
    assert.not_equal(0, capabilities("--cap-add", "CAP_SYS_ADMIN") & SYS_ADMIN)
    assert.equal(NET_RAW, capabilities("--cap-drop", "all", "--cap-add", "net_raw"))
    assert.equal(0, capabilities("--cap-drop", "ALL"))
    assert.equal(0, capabilities("--cap-add", "ALL", "--cap-drop", "SYS_ADMIN") & SYS_ADMIN)
  end)

  it("refuses a capability that isn't one", function()
    fails(2, "%-%-cap%-add 'NET_RAWW': there is no such capability", "--cap-add", "NET_RAWW",
      "busybox")
    fails(2, "%-%-cap%-drop '': there is no such capability", "--cap-drop=", "busybox")
  end)

  it("forbids new privileges with --security-opt", function()
    local text = "grep NoNewPrivs /proc/self/status"
    assert.equal("NoNewPrivs:\t0\n", run:shell(text))
    assert.equal("NoNewPrivs:\t1\n", run:shell(text, "--security-opt", "no-new-privileges"))
    assert.equal("NoNewPrivs:\t1\n", run:shell(text, "--security-opt", "no-new-privileges:true"))
    assert.equal("NoNewPrivs:\t0\n", run:shell(text, "--security-opt", "no-new-privileges=false"))
    fails(2, "%-%-security%-opt 'seccomp=unconfined': no%-new%-privileges is what is known",
      "--security-opt", "seccomp=unconfined", "busybox")
    fails(2, "%-%-security%-opt 'no%-new%-privilegesx'", "--security-opt", "no-new-privilegesx",
      "busybox")
  end)

  it("makes the command process 1, or a child of ours with --init", function()
    assert.equal("1\n", run:shell("echo $$"))
    assert.equal("2\n", run:shell("echo $$", "--init"))
  end)

  it("takes a name for the machine, short as Docker does", function()
    assert.equal("there\n", run:shell("hostname", "-h", "there"))
    assert.equal("there\n", run:shell("hostname", "--hostname=there"))
  end)

  it("keeps labels with the container", function()
    run:ok("run", "--name", "labelled", "-l", "a=b=c", "--label", "empty", "busybox", "true")
    assert.equal("labelled\n", run:ok("ps", "-a", "--filter", "label=a=b=c", "--format",
      "{{.Names}}"))
    assert.equal("labelled\n", run:ok("ps", "-a", "--filter", "label=empty", "--format",
      "{{.Names}}"))
    fails(2, "%-%-label '=x': NAME=VALUE is meant", "-l", "=x", "busybox")
  end)

  it("sets the hostname, and refuses one that can't be", function()
    assert.equal("box.example\n", run:shell("hostname", "--hostname", "box.example"))
    for _, name in ipairs { "", "a b", "a\nb", ("x"):rep(65), "a/b" } do
      fails(2, "%-%-hostname '.*'", "--hostname", name, "busybox", "true")
    end
  end)

  it("makes a name up that nobody has", function()
    run:ok("run", "busybox", "true")
    run:ok("run", "busybox", "true")
    local names = run:ok("ps", "-a", "--format", "{{.Names}}")
    local seen = {}
    for name in names:gmatch("[^\n]+") do
      assert.is_nil(seen[name])
      seen[name] = true
    end
  end)

  describe("-d", function()
    it("prints the id once the command runs, and keeps what it writes", function()
      local id = run:ok("run", "-d", "--name", "back", "busybox", "sh", "-c",
        "echo out; echo err >&2; exit 3"):match("^(%x+)\n$")
      assert.equal(64, #id)
      for _ = 1, 500 do
        if run:ok("ps", "-q", "--filter", "name=back") == "" then break end
      end
      assert.matches("Exited %(3%)", run:ok("ps", "-a", "--filter", "name=back"))
      assert.equal("out\nerr\n", helper.read(run.root .. "/containers/" .. id .. "/log"))
    end)

    it("tells at once when the command can't be run", function()
      fails(127, "nothing: No such file", "-d", "busybox", "nothing")
    end)

    it("removes it with --rm when it has ended", function()
      run:ok("run", "-d", "--rm", "--name", "brief", "busybox", "true")
      for _ = 1, 500 do
        if run:ok("ps", "-aq", "--filter", "name=brief") == "" then return end
      end
      error("it is still there")
    end)

    it("goes with -t, where a terminal stands in for the streams", function()
      local id = run:ok("run", "-dt", "--name", "tty", "busybox", "sh", "-c",
        "test -t 1 && echo terminal"):match("%x+")
      for _ = 1, 500 do
        if run:ok("ps", "-q", "--filter", "name=tty") == "" then break end
      end
      assert.equal("terminal\r\n", helper.read(run.root .. "/containers/" .. id .. "/log"))
    end)
  end)
end)
