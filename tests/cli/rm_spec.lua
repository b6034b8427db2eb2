local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina rm", function()
  local lamina

  setup(function()
    lamina = fixtures.busybox_store()
  end)

  teardown(helper.cleanup)

  local function make(name)
    lamina:ok("run", "--name", name, "busybox", "true")
    return lamina:ok("inspect", "-f", "{{.Id}}", name):match("%S+")
  end

  local function names()
    return lamina:ok("ps", "-a", "--format", "{{.Names}}")
  end

  it("removes several by name, id and shortened id, with their files", function()
    make("one")
    local two, three = make("two"), make("three")
    local status, out = lamina("rm", "one", two, three:sub(1, 12))
    assert.equal(0, status)
    assert.equal(("one\n%s\n%s\n"):format(two, three:sub(1, 12)), out)
    assert.equal("", names())
    local _, left = helper.sh("ls " .. lamina.root .. "/containers")
    assert.equal("", left)
  end)

  it("goes on after one that isn't there", function()
    make("one")
    local status, out, err = lamina("rm", "onee", "one")
    assert.equal(1, status)
    assert.equal("one\n", out)
    assert.equal("lamina: no container 'onee'\nhint: did you mean 'one'?\n", err)
  end)

  it("doesn't mind one that isn't there with --force", function()
    local status, out, err = lamina("rm", "--force", "nobody")
    assert.equal(0, status)
    assert.equal("", out .. err)
  end)

  it("removes a running one only with --force, and kills it", function()
    lamina:ok("run", "--detach", "--name", "alive", "busybox", "sleep", "1000")
    local status, _, err = lamina("rm", "alive")
    assert.equal(1, status)
    assert.matches("container alive is running\nhint: `lamina stop` ends it; --force kills it",
      err, 1, true)
    local pid = lamina:ok("inspect", "-f", "{{.State.Pid}}", "alive"):match("%d+")
    assert.equal("alive\n", lamina:ok("rm", "-f", "alive"))
    assert.equal("", names())
    assert.equal(1, (helper.sh("[ -e /proc/" .. pid .. " ]")))
  end)

  it("removes a running one that removes itself", function()
    for i = 1, 3 do
      lamina:ok("run", "--detach", "--rm", "--name", "brief" .. i, "busybox", "sleep", "1000")
      assert.equal(0, (lamina("rm", "--force", "brief" .. i)))
    end
    assert.equal("", names())
  end)

  it("frees the name", function()
    make("one")
    local status, _, err = lamina("run", "--name", "one", "busybox", "true")
    assert.equal(125, status)
    assert.matches("the name 'one' belongs to container %x+\nhint: `lamina rm one`", err)
    lamina:ok("rm", "one")
    make("one")
    lamina:ok("rm", "one")
  end)

  it("wants at least one container", function()
    local status, _, err = lamina("rm")
    assert.equal(2, status)
    assert.matches("rm: argument missing: CONTAINER", err, 1, true)
  end)

  it("kills one that runs as another user of the image", function()
    lamina:ok("run", "-d", "--name", "guest", "-u", "guest", "busybox", "sleep", "1000")
    local status, out = helper.sh("timeout 60 " .. lamina:line("rm", "-f", "guest"))
    assert.equal(0, status)
    assert.equal("guest\n", out)
    assert.equal("", names())
  end)

  it("has an example that works", function()
    make("git")
    local status, out = lamina:example("rm")
    assert.equal(0, status)
    assert.equal("git\n", out)
  end)
end)
