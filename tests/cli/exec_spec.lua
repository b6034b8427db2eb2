local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina exec", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
    run:ok("run", "-d", "--name", "box", "-e", "A=container", "-w", "/tmp", "--hostname", "inside",
      "-v", "/vol", "busybox", "sh", "-c",
      "echo v >/vol/f; trap 'exit 7' TERM; while :; do sleep 0.05; done")
    run:ok("run", "--name", "stopped", "busybox", "true")
  end)
  teardown(function()
    run("rm", "-f", "box")
    helper.cleanup()
  end)

  local function shell(text, ...)
    local words = { "exec", ... }
    return run:ok(table.unpack(table.move({ "box", "sh", "-c", text }, 1, 4, #words + 1, words)))
  end

  it("runs a command among the container's files, processes and names", function()
    assert.equal("v\ninside\n", shell("until test -s /vol/f; do :; done; cat /vol/f; hostname"))
    assert.matches("trap 'exit 7' TERM", shell("tr '\\0' ' ' </proc/1/cmdline"))
    shell("echo made >/made")
    assert.matches("A /made\n", run:ok("diff", "box"))
  end)

  it("has the container's working directory and variables, and -w and -e over them", function()
    assert.equal("/tmp container inside /root\n", shell("echo $(pwd) $A $HOSTNAME $HOME"))
    assert.equal("/etc mine\n", shell("echo $(pwd) $A", "-w", "/etc", "-e", "A=mine"))
    local file = helper.write(helper.tmpdir() .. "/env", "A=file\n")
    assert.equal("file\n", shell("echo $A", "--env-file", file))
    local _, out = helper.sh(("cd %s && %s"):format(file:match "(.*)/",
      run:line("exec", "--env-file", "env", "box", "sh", "-c", "echo $A")))
    assert.equal("file\n", out)
  end)

  it("runs as another user (35)", function()
    if not helper.has_ids then return pending("this user has one id only") end
    assert.equal("1000 1000 /home/guest\n", shell("echo $(id -u) $(id -g) $HOME", "-u", "guest"))
    local status, _, err = run("exec", "-u", "nobody-here", "box", "true")
    assert.equal(1, status)
    assert.matches("nobody%-here", err)
  end)

  it("answers the command's status, 126 and 127 as a shell", function()
    assert.equal(9, (run("exec", "box", "sh", "-c", "exit 9")))
    assert.equal(143, (run("exec", "box", "sh", "-c", "kill -TERM $$")))
    assert.equal(127, (run("exec", "box", "no-such-command")))
    assert.equal(126, (run("exec", "box", "/etc/passwd")))
  end)

  it("keeps its streams apart, and passes the input on with -i only", function()
    local _, out, err = run("exec", "box", "sh", "-c", "echo out; echo err >&2")
    assert.equal("out\n", out)
    assert.equal("err\n", err)
    assert.equal("0\n", (select(2, helper.sh(run:line("exec", "box", "wc", "-c"), "12345"))))
    assert.equal("5\n", (select(2, helper.sh(run:line("exec", "-i", "box", "wc", "-c"), "12345"))))
  end)

  it("passes words behind the container on as they are", function()
    assert.equal("-i --rm\n", run:ok("exec", "box", "echo", "-i", "--rm"))
  end)

  it("gives a terminal of the container with -it", function()
    local term <close> = expect.start(run:line("exec", "-it", "box", "sh"))
    term:wait_for("# ")
    assert.matches("/dev/pts/%d+\n", term:command("busybox tty"))
    assert.matches("40 120\n", term:command("busybox stty size"))
    assert.matches("xterm\n", term:command("echo $TERM"))
    term:resize(30, 90)
    assert.matches("30 90\n", term:command(
      "until busybox stty size | grep -q 30; do :; done; busybox stty size"))
    term:type("exit 5\n")
    assert.equal(5, term:status())
  end)

  it("forwards signals to its command alone", function()
    local file = helper.tmpdir() .. "/out"
    local status = helper.sh(([[%s >%s & pid=$!
      until grep -qs ready %s; do sleep 0.01; done; kill -TERM $pid; wait $pid]]):format(
      run:line("exec", "box", "sh", "-c",
        "trap 'exit 4' TERM; echo ready; while :; do sleep 0.01; done"), file, file))
    assert.equal(4, status)
    assert.equal("fine\n", shell("echo fine"))
  end)

  it("ends with the container", function()
    run:ok("run", "-d", "--name", "short", "busybox", "sh", "-c", "until test -e /end; do :; done")
    assert.equal(137, (run("exec", "short", "sh", "-c", "touch /end; sleep 1000")))
  end)

  it("refuses a container that doesn't run, or isn't there", function()
    local status, _, err = run("exec", "stopped", "true")
    assert.equal(1, status)
    assert.equal("lamina: container stopped is not running\nhint: `lamina start stopped` runs it\n",
      err)
    assert.matches("no container 'boks'\nhint: did you mean 'box'%?", (select(3,
      run("exec", "boks", "true"))))
    assert.equal(2, (run("exec", "box")))
  end)
end)
