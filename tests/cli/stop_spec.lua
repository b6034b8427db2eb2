-- lamina stop, lamina kill: how a running container ends from outside.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- Hears TERM and USR1, once it is ready.
local program = "trap 'echo term; exit 3' TERM; trap 'echo usr' USR1; trap 'exit 7' USR2; "
  .. "touch /ready; while :; do sleep 0.01; done"

describe("lamina stop", function()
  local run

  setup(function() run = fixtures.busybox_store() end)
  teardown(helper.cleanup)

  local function start(name, ...)
    run:ok("run", "-d", "--name", name, ...)
    run:ok("exec", name, "sh", "-c", "until [ -e /ready -o -e /tmp/ready ]; do :; done")
  end

  local function status_of(name)
    return run:ok("ps", "-a", "--filter", "name=" .. name, "--format", "{{.Status}}")
  end

  it("asks the first process with TERM, and leaves the container", function()
    start("polite", "busybox", "sh", "-c", program)
    assert.equal("polite\n", run:ok("stop", "polite"))
    assert.matches("^Exited %(3%)", status_of("polite"))
    assert.equal("polite\n", run:ok("stop", "polite"))
    assert.equal("polite\n", run:ok("rm", "polite"))
  end)

  it("kills what doesn't end in time, whoever runs it", function()
    start("deaf", "-u", "guest", "busybox", "sh", "-c",
      "trap '' TERM; touch /tmp/ready; exec sleep 1000")
    assert.equal("deaf\n", run:ok("stop", "--time", "0", "deaf"))
    assert.matches("^Exited %(137%)", status_of("deaf"))
  end)

  it("uses the image's signal, or another", function()
    helper.write(run.root .. "/../recipe.lua",
      'return image(from "busybox":stopsignal "SIGUSR2", { name = "quits" })')
    run:ok("build", "-q", "-f", run.root .. "/../recipe.lua", run.root .. "/..")
    start("image", "quits", "sh", "-c", program)
    run:ok("stop", "image")
    assert.matches("^Exited %(7%)", status_of("image"))
    start("mine", "quits", "sh", "-c", program)
    run:ok("stop", "-s", "sigterm", "mine")
    assert.matches("^Exited %(3%)", status_of("mine"))
  end)

  it("removes one that was started with --rm, and goes on after one that isn't there", function()
    start("brief", "--rm", "busybox", "sh", "-c", program)
    local status, out, err = run("stop", "breif", "brief")
    assert.equal(1, status)
    assert.equal("brief\n", out)
    assert.equal("lamina: no container 'breif'\nhint: did you mean 'brief'?\n", err)
    assert.equal("", status_of("brief"))
  end)

  it("refuses what is no signal", function()
    run:ok("run", "--name", "over", "busybox", "true")
    run:fails(2, "'TREM' is no signal", "stop", "-s", "TREM", "over")
    run:fails(1, "container over is not running", "kill", "over")
    run:ok("rm", "over")
  end)

  it("has an example that works", function()
    start("git", "busybox", "sh", "-c", program)
    assert.equal("git\n", select(2, run:example("stop")))
    run:ok("rm", "git")
  end)

  describe("beside it lamina kill", function()
    it("kills at once, so that the container can be started again", function()
      start("again", "busybox", "sh", "-c", program)
      assert.equal("again\n", run:ok("kill", "again"))
      assert.matches("^Exited %(137%)", status_of("again"))
      run:ok("start", "again")
      run:ok("kill", "--signal=9", "again")
      run:ok("rm", "again")
    end)

    it("passes any signal on", function()
      start("told", "busybox", "sh", "-c", program)
      run:ok("kill", "--signal", "USR1", "told")
      run:ok("stop", "told")
      local id = run:ok("inspect", "-f", "{{.Id}}", "told"):match("%S+")
      assert.equal("usr\nterm\n", helper.read(run.root .. "/containers/" .. id .. "/log"))
    end)

    it("has an example that works", function()
      start("git", "busybox", "sh", "-c", "trap 'exit 5' HUP; touch /ready; "
        .. "while :; do sleep 0.01; done")
      assert.equal("git\n", select(2, run:example("kill")))
      run:ok("rm", "-f", "git")
    end)
  end)
end)
