local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina prune", function()
  local lamina, id

  before_each(function()
    lamina, id = fixtures.busybox_store()
  end)

  after_each(helper.cleanup)

  local function pruned(...)
    local status, out, err = lamina("prune", "--force", "--json", ...)
    assert.equal("", err)
    assert.equal(0, status)
    return assert(json.decode(out))
  end

  it("removes stopped containers and images without a name", function()
    lamina("run", "--name", "one", "busybox", "sh", "-c", "echo 123 >/file")
    lamina("import", "--message", "new", fixtures.busybox_tar(), "busybox") -- takes the name
    local status, out = lamina("prune", "--force")
    assert.equal(0, status)
    assert.matches("^Deleted containers:\n%x+\n\nDeleted images:\ndeleted: " .. id .. "\n\n", out)
    assert.matches("Total reclaimed space: %d", out)
    local _, left = lamina("ps", "-aq")
    assert.equal("", left)
    _, left = lamina("images", "-q")
    assert.equal(13, #left)
    assert.equal(0, (lamina("run", "--rm", "busybox", "true")))
  end)

  it("keeps running containers with what they need", function()
    lamina("run", "--detach", "--name", "alive", "busybox", "sleep", "1000")
    local report = pruned("--all")
    local _, out = lamina("exec", "alive", "echo", "here")
    lamina("rm", "--force", "alive")
    assert.same({}, report.containers)
    assert.same({}, report.images)
    assert.equal("here\n", out)
  end)

  it("removes named images that no container uses only with --all", function()
    assert.same({}, pruned().images)
    local report = pruned("--all")
    assert.equal(id, report.images[1].id)
    assert.equal(1, report.layers)
    assert.equal(2, report.blobs)
    assert.is_true(report.bytes > 1000000)
    assert.equal(0, pruned("--all").bytes)
  end)

  it("says beforehand what would be removed, and removes nothing", function()
    lamina("run", "--name", "one", "busybox", "true")
    local status, out = lamina("prune", "--all", "--dry-run")
    assert.equal(0, status)
    assert.matches("^Containers to delete:\n%x+\n\nImages to delete:\nuntagged: busybox:latest\n",
      out)
    assert.matches("Also to delete: 1 layer, 2 blobs\nSpace to reclaim: %d", out)
    assert.equal(0, (lamina("start", "--attach", "one")))
    local would, did = pruned("--all", "--dry-run"), pruned("--all")
    would.dry_run = did.dry_run
    assert.same(did, would)
  end)

  it("keeps what is newer than --filter until=", function()
    lamina("run", "--name", "one", "busybox", "true")
    assert.same({}, pruned("--all", "--filter", "until=1h").containers)
    assert.same({}, pruned("--all", "--filter", "until=2020-01-01").images)
    local report = pruned("--all", "--filter", "until=2999-01-01T00:00:00Z")
    assert.equal(1, #report.containers)
    assert.equal(1, #report.images)
    local status, _, err = lamina("prune", "--force", "--filter", "until=yesterday")
    assert.equal(2, status)
    assert.matches("a duration or a time, not 'yesterday'", err, 1, true)
  end)

  it("wants --force where nobody can be asked", function()
    lamina("run", "--name", "one", "busybox", "true")
    local status, out, err = lamina("prune")
    assert.equal(2, status)
    assert.equal("", out)
    assert.equal("lamina: prune: nobody can be asked whether to go on\n"
      .. "hint: --force doesn't ask\n", err)
    assert.equal(0, (lamina("start", "--attach", "one")))
  end)

  it("asks on a terminal", function()
    lamina("run", "--name", "one", "busybox", "true")
    local environment = { LAMINA_ROOT = lamina.root }
    local no <close> = expect.start(helper.lamina_path .. " prune", environment)
    no:wait_for("all containers that don't run")
    no:wait_for("[y/N] ")
    no:type("n\n")
    no:wait_for("nothing was removed")
    assert.equal(1, no:status())
    local yes <close> = expect.start(helper.lamina_path .. " prune", environment)
    yes:wait_for("[y/N] ")
    yes:type("y\n")
    yes:wait_for("Total reclaimed space")
    assert.equal(0, yes:status())
    local _, out = lamina("ps", "-aq")
    assert.equal("", out)
  end)

  it("waits while something is getting its name, and still hears a signal", function()
    local line = ("flock --shared %s/gc.lock timeout -k 10 0.5 %s"):format(lamina.root,
      lamina:line("prune", "--force", "--all"))
    assert.equal(124, (helper.sh(line))) -- 137 had it to be killed
    assert.equal(1, pruned("--all").layers)
  end)

  it("has nothing to do where a killed process left a container: any command does", function()
    local left = lamina.root .. "/containers/" .. ("a"):rep(64)
    helper.sh(("mkdir -p %s/upper && echo x >%s/upper/file"):format(left, left))
    assert.equal(0, (lamina("images")))
    assert.equal(1, (helper.sh("[ -e " .. left .. " ]")))
  end)

  it("empties the whole store with --everything", function()
    lamina("run", "busybox", "true")
    helper.write(lamina.root .. "/mine", "stays")
    assert.equal(0, (lamina("prune", "--everything", "--force")))
    local _, out = helper.sh("ls -A " .. lamina.root)
    assert.equal("mine\n", out)
    os.remove(lamina.root .. "/mine")
    assert.equal(0, (lamina("prune", "--everything", "--force")))
    assert.equal(1, (helper.sh("[ -e " .. lamina.root .. " ]")))
  end)

  it("doesn't empty a store where an option asks for less", function()
    for word, option in pairs { ["--filter type=cache"] = "--filter", ["--json"] = "--json",
      ["--keep-storage 10GB"] = "--keep-storage", ["--all"] = "--all",
      ["--dry-run"] = "--dry-run" } do
      local first, second = word:match("^(%S+) ?(.*)$")
      local status, _, err = lamina("prune", "--everything", "--force", first,
        second ~= "" and second or nil)
      assert.equal(2, status)
      assert.matches("--everything and " .. option .. " don't go together", err, 1, true)
    end
    assert.equal(0, (lamina("run", "--rm", "busybox", "true")))
  end)

  it("doesn't empty a store that is in use", function()
    lamina("run", "--detach", "--name", "alive", "busybox", "sleep", "1000")
    local status, _, err = lamina("prune", "--everything", "--force")
    lamina("rm", "--force", "alive")
    assert.equal(1, status)
    assert.matches("container alive is running", err, 1, true)
    assert.equal(0, (lamina("run", "--rm", "busybox", "true")))
  end)

  it("touches no directory that isn't a store", function()
    local dir = helper.tmpdir()
    helper.sh(("mkdir %s/tmp %s/cache; echo x >%s/tmp/letter; touch %s/thesis"):format(dir, dir,
      dir, dir))
    local status, _, err = lamina("prune", "--everything", "--force", "--root", dir)
    assert.equal(1, status)
    assert.matches("is no store, and there is 'thesis' in it", err, 1, true)
    assert.equal("x\n", helper.read(dir .. "/tmp/letter"))
  end)

  it("has an example that works", function()
    local status, out = lamina:example("prune")
    assert.equal(0, status)
    assert.equal("Space to reclaim: 0B\n", out)
  end)
end)
