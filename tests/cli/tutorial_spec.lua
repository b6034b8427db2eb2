-- The tutorial word for word, on a real Debian: git by hand and committed, git by a recipe.
local expect = require "support.expect"
local helper = require "support.helper"

local minutes = 60
local debian = helper.top .. "/" .. helper.build .. "/fixtures/debian.tar"

--- Why the tutorial can't be done here, or nil: its packages come from the mirror that the Debian
-- root names.
local function obstacle()
  local uri = select(2, helper.sh("tar -xOf " .. helper.quote(debian)
    .. " ./etc/apt/sources.list")):match("(https?://%S+)")
  if not uri then return "there is no Debian root: tests/support/debian.sh makes one" end
  local file = helper.tmpdir() .. "/Release"
  local status = helper.sh(("/usr/lib/apt/apt-helper download-file %s/dists/bookworm/Release %s")
    :format(uri, file))
  if status ~= 0 then return "the Debian mirror can't be reached" end
  if not helper.has_ids then return "apt needs more than one id, and this user has no sub-ids" end
end

describe("the tutorial", function()
  local run, why

  setup(function()
    why = obstacle()
    if why then return end
    run = helper.store()
    run:ok("import", debian, "debian")
  end)
  teardown(helper.cleanup)

  local function step(text, work)
    it(text, function()
      if why then return pending(why) end
      work()
    end)
  end

  --- A row of `lamina images` as words; CREATED has several.
  local function row(out, repository, tag)
    for line in out:gmatch("[^\n]+") do
      local id, created, size =
        line:match("^" .. repository .. " +" .. tag .. " +(%x+) +(.-) +([%d.]+)MB$")
      if id then return { id = id, created = created, megabytes = tonumber(size) } end
    end
  end

  --- Docker's words for an age of some minutes at most.
  local function is_recent(text)
    return text == "Less than a second ago" or text:find("^%d+ seconds? ago$")
      or text == "About a minute ago" or text:find("^%d+ minutes ago$") or false
  end

  step("1: lamina run -it --name git debian bash: apt-get installs git", function()
    local term <close> = expect.start(run:line("run", "-it", "--name", "git", "debian", "bash"))
    term:wait_for("root@")
    term:wait_for(":/# ")
    local out, status = term:command("git")
    assert.matches("bash: git: command not found\n", out)
    assert.equal(127, status)
    out, status = term:command("apt-get update", 5 * minutes)
    assert.equal(0, status, out)
    assert.matches("Reading package lists...", out, 1, true)
    out, status = term:command("apt-get install -y git", 10 * minutes)
    assert.equal(0, status, out)
    out, status = term:command("git --version")
    assert.matches("git version %d", out)
    assert.equal(0, status)
    term:type("exit\n")
    assert.equal(0, term:status())
  end)

  step("2: lamina commit git debian:git prints the image's id", function()
    local id = run:ok("commit", "git", "debian:git")
    assert.matches("^sha256:" .. ("%x"):rep(64) .. "\n$", id)
    assert.equal(id, run:ok("images", "-q", "--no-trunc", "debian:git"))
  end)

  step("3: lamina images shows both, the new one bigger", function()
    local out = run:ok("images")
    assert.matches("^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n", out)
    local git, latest = row(out, "debian", "git"), row(out, "debian", "latest")
    assert.equal(12, #git.id)
    assert.not_equal(git.id, latest.id)
    assert.truthy(is_recent(git.created), git.created)
    assert.truthy(is_recent(latest.created), latest.created)
    assert.is_true(git.megabytes > latest.megabytes + 20)
  end)

  step("4: lamina run -it --name git2 debian:git bash has git at once", function()
    local line = run:line("run", "-it", "--name", "git2", "debian:git", "bash")
    local term <close> = expect.start(line)
    term:wait_for(":/# ")
    assert.matches("git version %d", (term:command("git --version")))
    term:type("exit\n")
    assert.equal(0, term:status())
    assert.equal(127, (run("run", "--rm", "debian", "git", "--version")))
  end)

  step("5: lamina build -t bombo/debian:git01 -f recipes/git.lua . does the same", function()
    local words = { "build", "-t", "bombo/debian:git01", "-f", "recipes/git.lua", "." }
    local status, id, log = run(table.unpack(words))
    assert.equal(0, status, log)
    assert.matches("^sha256:%x+\n$", id)
    assert.is_nil(log:find("CACHED", 1, true))
    assert.matches("git version %d", run:ok("run", "--rm", "bombo/debian:git01"))
    assert.truthy(row(run:ok("images"), "bombo/debian", "git01"))
    local again
    status, again, log = run(table.unpack(words))
    assert.equal(0, status)
    assert.equal(id, again)
    assert.equal(2, select(2, log:gsub("CACHED", "")))
    assert.is_nil(log:find("DONE", 1, true), "something ran the second time")
  end)

  step("leaves containers that can be seen and removed", function()
    assert.equal("git2\ngit\n", run:ok("ps", "-a", "--format", "{{.Names}}"))
    assert.equal("git\ngit2\n", run:ok("rm", "git", "git2"))
    assert.equal("", run:ok("ps", "-aq"))
  end)
end)
