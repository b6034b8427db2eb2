local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina start", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
  end)
  teardown(helper.cleanup)

  it("runs the command again on the files it left, and answers its status with -a", function()
    run("run", "--name", "again", "busybox", "sh", "-c", "echo x >>/log; wc -l </log; exit 3")
    local status, out = run("start", "-a", "again")
    assert.equal(3, status)
    assert.equal("2\n", out)
  end)

  it("keeps what run was told: variables, directory, user, volumes, hostname", function()
    run:ok("run", "--name", "told", "-e", "A=1", "-w", "/tmp", "--hostname", "h", "-v", "/vol",
      "busybox", "sh", "-c", "echo $A $(pwd) $(hostname); echo x >>/vol/f; wc -l </vol/f")
    assert.equal("1 /tmp h\n2\n", run:ok("start", "-a", "told"))
  end)

  it("passes the input on with -ai to a container made with -i", function()
    helper.sh(run:line("run", "-i", "--name", "input", "busybox", "cat"), "first")
    local _, out = helper.sh(run:line("start", "-ai", "input"), "second")
    assert.equal("second", out)
    _, out = helper.sh(run:line("start", "-a", "input"), "third")
    assert.equal("", out)
  end)

  it("gives a terminal again", function()
    do
      local term <close> = expect.start(run:line("run", "-it", "--name", "term", "busybox", "sh"))
      term:wait_for("# ")
      term:command("echo kept >/file")
      term:type("exit\n")
      assert.equal(0, term:status())
    end
    local term <close> = expect.start(run:line("start", "-a", "-i", "term"))
    term:wait_for("# ")
    assert.matches("kept\n", term:command("cat /file"))
    assert.matches("/dev/pts/0\n", term:command("busybox tty"))
    term:type("exit 6\n")
    assert.equal(6, term:status())
  end)

  it("runs in the background without -a, and prints the name it was given", function()
    run:ok("run", "--name", "back", "busybox", "sh", "-c", "test -e /go || exit 0; sleep 1000")
    run:ok("cp", helper.write(helper.tmpdir() .. "/go", ""), "back:/go")
    assert.equal("back\n", run:ok("start", "back"))
    assert.equal("fine\n", run:ok("exec", "back", "echo", "fine"))
    assert.equal("back\n", run:ok("start", "back")) -- it runs: nothing to do
    local status, _, err = run("start", "-a", "back")
    assert.equal(125, status)
    assert.matches("container %x+ is running", err)
    run:ok("rm", "-f", "back")
  end)

  it("tells of a failure in the background as in the foreground", function()
    run("run", "--name", "broken", "busybox", "nothing")
    local status, out, err = run("start", "broken")
    assert.equal(127, status)
    assert.equal("", out)
    assert.matches("lamina: .*nothing", err)
  end)

  it("works after its lamina was killed", function()
    run:ok("run", "-d", "--name", "killed", "busybox", "sh", "-c", "echo x >>/log; sleep 7541")
    helper.sh("kill -KILL $(grep -lz '[7]541' /proc/[0-9]*/cmdline | cut -d/ -f3)")
    local deadline = 500
    while run("exec", "killed", "true") == 0 and deadline > 0 do deadline = deadline - 1 end
    assert.equal("killed\n", run:ok("start", "killed"))
    assert.equal("2\n", run:ok("exec", "killed", "sh", "-c",
      "until test $(wc -l </log) = 2; do :; done; wc -l </log"))
    run:ok("rm", "-f", "killed")
  end)

  it("is for one at a time", function()
    run:ok("run", "-d", "--name", "held", "busybox", "sleep", "1000")
    local status, _, err = run("rm", "held")
    assert.equal(1, status)
    assert.matches("container held is running\nhint: ", err)
    run:ok("rm", "-f", "held")
  end)

  it("names the nearest container for one that isn't there", function()
    local status, _, err = run("start", "agian")
    assert.equal(1, status)
    assert.equal("lamina: no container 'agian'\nhint: did you mean 'again'?\n", err)
  end)
end)
