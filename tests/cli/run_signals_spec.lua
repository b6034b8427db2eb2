-- `lamina run`: signals, the terminal, and what is left when it ends.
local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- Prints a line that a test waits for, then waits itself for signals.
local waiting = "; echo ready; while :; do sleep 0.01; done"

describe("lamina run", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
  end)
  teardown(helper.cleanup)

  --- Starts a container, waits until it is ready, runs the shell text with its lamina as $pid, and
  -- waits for the end: status, output.
  local function interrupted(text, ...)
    local file = helper.tmpdir() .. "/out"
    local status, out = helper.sh(([[exec bash -mc '
      %s >%s & pid=$!
      until grep -qs ready %s; do sleep 0.01; done
      %s
      wait $pid; status=$?; cat %s; exit $status' 2>/dev/null]]):format(
        run:line("run", ...):gsub("'", "'\\''"), file, file, text, file))
    return status, out
  end

  local function leftovers()
    return select(2, helper.sh("ls -A " .. helper.quote(run.root .. "/tmp")))
  end

  --- Whether a process has this word on its command line (and not our own grep).
  local function is_running(word)
    return helper.sh(("grep -qsz '[%s]%s' /proc/[0-9]*/cmdline"):format(word:sub(1, 1),
      word:sub(2))) == 0
  end

  local function wait_for_end(word)
    for _ = 1, 500 do
      if not is_running(word) then return end
    end
    error(word .. " still runs", 2)
  end

  for _, signal in ipairs { "TERM", "INT", "HUP", "QUIT", "USR1", "USR2" } do
    it("forwards " .. signal, function()
      local status, out = interrupted("kill -" .. signal .. " $pid", "--rm", "busybox", "sh", "-c",
        ("trap 'echo got it; exit 9' %s"):format(signal) .. waiting)
      assert.equal("ready\ngot it\n", out)
      assert.equal(9, status)
      assert.equal("", leftovers())
    end)
  end

  it("ends with 128 and the signal's number when a forwarded signal ends the command", function()
    local status = interrupted("kill -TERM $pid", "--rm", "--init", "busybox", "sh", "-c",
      "echo ready; exec sleep 1000")
    assert.equal(143, status)
  end)

  it("kills a command that ignores the third INT or TERM", function()
    local three = "kill -INT $pid; sleep 0.1; kill -TERM $pid; sleep 0.1; kill -INT $pid"
    local status = interrupted(three, "--rm", "busybox", "sh", "-c", "trap '' INT TERM" .. waiting)
    assert.equal(137, status)
    assert.equal("", leftovers())
  end)

  it("is ended by Ctrl-C, too, and leaves nothing behind", function()
    local term <close> = expect.start(run:line("run", "--rm", "--name", "brief", "busybox", "sh",
      "-c", "trap 'echo caught; exit 5' INT" .. waiting))
    term:wait_for("ready")
    term:type("\3")
    term:wait_for("caught")
    assert.equal(5, term:status())
    assert.equal("", leftovers())
    assert.equal("", run:ok("ps", "-aq", "--filter", "name=brief"))
  end)

  it("ends in silence when nobody reads what its terminal shows", function()
    local status, out, err = helper.sh("bash -c " .. helper.quote("set -o pipefail; "
      .. run:line("run", "--rm", "-t", "busybox", "yes") .. " | head -1"))
    assert.equal("y\r\n", out)
    assert.equal("", err)
    assert.equal(141, status)
    assert.equal("", leftovers())
  end)

  it("reads as hung up when its terminal is closed", function()
    local term <close> = expect.start(run:line("run", "-it", "--name", "hung", "busybox", "sh"))
    term:wait_for("# ")
    assert.equal(0, (helper.sh("kill -KILL $(ps -o ppid= -p $(cat " .. term.dir .. "/pid))")))
    local function state()
      return run:ok("ps", "-a", "--filter", "name=hung", "--format", "{{.State}} {{.Status}}")
    end
    for _ = 1, 500 do
      if state():find("^exited") then break end
    end
    assert.matches("^exited Exited %(129%)", state())
    assert.equal("", leftovers())
  end)

  it("takes the container with it when it is killed itself", function()
    local status = interrupted("kill -KILL $pid", "--name", "killed", "busybox", "sh", "-c",
      "echo ready; exec sleep 7531")
    assert.equal(137, status)
    wait_for_end("7531")
    assert.matches("container killed is not running", select(3, run("exec", "killed", "true")))
    assert.equal("", run:ok("diff", "killed"))
    assert.equal("", leftovers())
  end)

  it("68: leaves no process of the container behind", function()
    assert.equal("", run:ok("run", "--rm", "busybox", "sh", "-c", "sleep 7532 & exit 0"))
    assert.is_false(is_running("7532"))
  end)

  it("reaps what the command leaves behind with --init", function()
    local out = run:ok("run", "--rm", "--init", "busybox", "sh", "-c",
      "(true & true) ; sleep 0.1; ps -o stat,args | grep -c '^Z'; exit 0")
    assert.equal("0\n", out)
  end)

  it("68: what runs on with -d is killed by rm --force", function()
    local id = run:ok("run", "-d", "--name", "back", "busybox", "sleep", "7533")
    assert.matches("^%x+\n$", id)
    assert.equal(65, #id)
    assert.equal("back\n", run:ok("rm", "-f", "back"))
    wait_for_end("7533")
    assert.equal("", leftovers())
  end)

  describe("with a terminal", function()
    local function session(...)
      return expect.start(run:line("run", "--rm", "-it", ...))
    end

    it("gives the command one of its own with the caller's size, and the status", function()
      local term <close> = session("busybox", "sh")
      term:wait_for("# ")
      assert.matches("/dev/pts/0\n", term:command("busybox tty"))
      assert.matches("40 120\n", term:command("busybox stty size"))
      term:type("exit 4\n")
      assert.equal(4, term:status())
    end)

    it("follows the size of the caller's terminal (WINCH)", function()
      local term <close> = session("busybox", "sh", "-c",
        "trap 'busybox stty size' WINCH; trap 'exit 3' QUIT" .. waiting)
      term:wait_for("ready")
      term:resize(50, 101)
      term:wait_for("50 101")
      term:type("\28") -- Ctrl-\
      assert.equal(3, term:status())
    end)

    it("passes Ctrl-C on to what runs inside, and goes on", function()
      local term <close> = session("busybox", "sh")
      term:wait_for("# ")
      term:type("trap 'echo caught' INT; echo re''ady; sleep 1000\n")
      term:wait_for("ready\n")
      term:type("\3")
      assert.matches("fine\n", term:command("echo fine"))
      term:type("exit 0\n")
      assert.equal(0, term:status())
    end)

    it("passes the end of the input on (Ctrl-D)", function()
      local term <close> = session("busybox", "sh")
      term:wait_for("# ")
      term:type("\4")
      assert.equal(0, term:status())
    end)

    it("puts the caller's terminal back as it was", function()
      local line = run:line("run", "--rm", "-it", "busybox", "true")
      local term <close> = expect.start("sh -c " .. helper.quote(
        "stty -g; " .. line .. "; stty -g; read -r line"))
      local before = term:wait_for("\n")
      local after = term:wait_for("\n")
      assert.equal(before, after)
      term:type("\n")
      assert.equal(0, term:status())
    end)
  end)
end)
