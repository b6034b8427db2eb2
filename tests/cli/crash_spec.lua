-- A SIGKILL at any moment leaves no process, no mount, and a store that works (ST-01, ST-02).
--
--   LAMINA_TEST_KILLS=200    random kills a command      LAMINA_TEST_STEPS=400   calls a kind
--   LAMINA_TEST_SEED=1       another sequence
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local killer = require "support.killer"

local kills = tonumber(os.getenv "LAMINA_TEST_KILLS") or 10
local steps = tonumber(os.getenv "LAMINA_TEST_STEPS") or 0.5
math.randomseed(tonumber(os.getenv "LAMINA_TEST_SEED") or 7)

local calls = { "renameat2", "pwrite64", "fsync", "syncfs", "unlinkat", "mkdir", "flock",
  "clone", "fsmount", "write" }

local epoch = { SOURCE_DATE_EPOCH = "1700000000" }

local run, box, context

local function id_of(name)
  return run:ok("images", "-q", "--no-trunc", name)
end

--- What must hold after every kill; the first command that comes is the one that clears up.
local function check_store(moment)
  local status, out, err = run("fsck")
  assert.equal("", err, moment)
  assert.equal(0, status, moment .. ": " .. out)
  assert.not_matches("leftover", out, 1, true, moment)
  local _, left = helper.sh("ls -A " .. helper.quote(run.root .. "/tmp"))
  assert.equal("", left, moment)
end

local function check_machine(moment)
  assert.same({}, killer.survivors(), moment)
  local status = helper.sh(("grep -F %s /proc/self/mountinfo"):format(helper.quote(run.root)))
  assert.equal(1, status, moment)
end

-- What is killed: `before` makes a store in which the command has work to do, `after` checks that
-- the same command, undisturbed, does what it always does.
local victims = {
  { name = "import", words = function()
      return "import", "-c", "CMD true", box, "again"
    end,
    after = function(self)
      run:ok(self.words())
      return id_of "again"
    end },
  { name = "run", words = function()
      return "run", "--rm", "--network", "none", "-e", killer.mark, "box", "sh", "-c",
        "echo x >/x; mkdir /d; rm -r /root"
    end,
    after = function(self)
      run:ok(self.words())
      run:ok("prune", "--force")
      return run:ok("ps", "-aq")
    end },
  { name = "commit", words = function() return "commit", "work", "made" end,
    before = function() -- times are a part of the layer
      run("rm", "--force", "work")
      run:ok("run", "--network", "none", "--name", "work", "box", "sh", "-c",
        "echo x >/x; mkdir /d; rm /etc/group; touch -d @1700000000 /x /d /etc /")
    end,
    after = function(self)
      run:ok(self.words())
      assert.equal("x\n", run:ok("run", "--rm", "--network", "none", "made", "cat", "/x"))
      assert.equal("", run:ok("run", "--rm", "--network", "none", "made", "ls", "/d"))
      run:ok("diff", "work")
      return id_of "made"
    end },
  { name = "build", words = function()
      return "build", "--network", "none", "-t", "built", context
    end,
    before = function()
      run("rmi", "built")
      run("prune", "--force")
    end,
    after = function(self)
      assert.equal(0, (run(self.words())))
      assert.equal("x\n", run:ok("run", "--rm", "--network", "none", "built", "cat", "/x"))
      return id_of "built"
    end },
  { name = "rmi", words = function() return "rmi", "other" end,
    before = function()
      run("rmi", "other")
      run:ok("import", "-c", "CMD other", box, "other")
    end,
    after = function(self)
      run(self.words())
      return run:ok("images", "--format", "{{.Repository}}", "other")
    end },
  { name = "prune", words = function() return "prune", "--force" end,
    before = function()
      run:ok("run", "--network", "none", "box", "sh", "-c", "echo x >/x")
      run:ok("import", "-c", "CMD other", box, "named")
      run:ok("import", "-c", "CMD new", box, "named")
    end,
    after = function(self)
      run:ok(self.words())
      run:ok("rmi", "named")
      return run:ok("ps", "-aq") .. run:ok("images", "--format", "{{.Repository}}", "box")
    end },
}

local function prepare(victim)
  if victim.before then victim.before() end
end

local function undisturbed(victim)
  prepare(victim)
  return victim:after()
end

local function make_context()
  local dir = helper.tmpdir()
  helper.write(dir .. "/recipe.lua", [[
    local stage = from "box"
      :run "echo x >/x && touch -d @1700000000 /x /"
      :run "mkdir /y && touch -d @1700000000 /y /"
    return image(stage, { cmd = { "cat", "/x" } })]])
  return dir
end

describe("a killed lamina", function()
  setup(function()
    box, context = fixtures.busybox_tar(), make_context()
    run = helper.store(epoch)
    run:ok("import", "-c", "CMD true", box, "box")
  end)

  teardown(helper.cleanup)

  for _, victim in ipairs(victims) do
    it(("leaves a store that works, wherever `%s` is hit"):format(victim.name), function()
      local expected = undisturbed(victim)
      prepare(victim)
      local seconds, hits = killer.time(run:line(victim.words())), 0
      for n = 1, kills do
        prepare(victim)
        local at, whom = math.random() * seconds, n % 2 == 0 and "leader" or "group"
        local moment = ("%s: kill %d (%s) after %.4f s"):format(victim.name, n, whom, at)
        if killer.kill_after(run:line(victim.words()), at, whom) then hits = hits + 1 end
        check_machine(moment)
        check_store(moment)
        assert.equal(expected, victim:after(), moment)
      end
      assert.is_true(hits > 0, "every kill came too late")
      assert.matches("no damage", run:ok("fsck", "--deep"), 1, true)
    end)
  end

  for _, victim in ipairs(victims) do
    it(("leaves a store that works, at whatever call of `%s`"):format(victim.name), function()
      if helper.sh("strace -o /dev/null true") ~= 0 then return pending("strace can't trace") end
      local expected, tried = undisturbed(victim), 0
      for _, call in ipairs(calls) do
        prepare(victim)
        local count = killer.count_calls(run:line(victim.words()), call)
        for _, n in ipairs(killer.some_of(count, steps)) do
          prepare(victim)
          local moment = ("%s: at %s %d of %d"):format(victim.name, call, n, count)
          killer.kill_at(run:line(victim.words()), call, n)
          tried = tried + 1
          check_machine(moment)
          check_store(moment)
          assert.equal(expected, victim:after(), moment)
        end
      end
      assert.is_true(tried > 0, "there was nothing to kill")
      assert.matches("no damage", run:ok("fsck", "--deep"), 1, true)
    end)
  end

  it("leaves no mount points of its own in a container's files (SEMANTICS 94)", function()
    local volume = helper.tmpdir()
    helper.write(volume .. "/ready", "")
    local command = run:line("run", "--network", "none", "--name", "hit", "-e", killer.mark, "-v",
      volume .. ":/deep/down", "box", "sh", "-c", "rm /deep/down/ready; exec sleep 1000")
    killer.kill_when(command, ("[ ! -e %s/ready ]"):format(volume))
    check_machine("hit")
    assert.equal("", run:ok("diff", "hit"))
    run:ok("commit", "hit", "committed")
    assert.equal(run:ok("inspect", "--format", "{{json .RootFS.Layers}}", "box"),
      run:ok("inspect", "--format", "{{json .RootFS.Layers}}", "committed"))
    run:ok("rm", "hit")
    run:ok("rmi", "committed")
  end)

  it("takes its network's helper and everything in the container with it", function()
    local open = io.open("/dev/net/tun", "r+")
    if not open then return pending("this machine lets only root open /dev/net/tun") end
    open:close()
    local volume = helper.tmpdir()
    local command = run:line("run", "--rm", "-e", killer.mark, "-v", volume .. ":/v", "box", "sh",
      "-c", "(trap '' TERM HUP; setsid sleep 1000) & touch /v/ready; exec sleep 1000")
    killer.kill_when(command, ("[ -e %s/ready ]"):format(volume))
    check_machine("with a network")
    check_store("with a network")
  end)

  it("leaves nothing that a store can't begin with, when it was the first command", function()
    local shared, hits = run, 0
    for n = 1, kills do
      run = helper.store(epoch)
      local moment, at = ("kill %d"):format(n), math.random() * 0.04
      local command = run:line("import", "-c", "CMD true", box, "box")
      if killer.kill_after(command, at, "leader") then hits = hits + 1 end
      check_machine(moment)
      run:ok("import", "-c", "CMD true", box, "box")
      check_store(moment)
    end
    run = shared
    assert.is_true(hits > 0, "every kill came too late")
  end)
end)
