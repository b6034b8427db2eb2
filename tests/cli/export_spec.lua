local expect = require "support.expect"
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina export", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
    run:ok("run", "--name", "box", "-v", "/vol", "busybox", "sh", "-c", [[
      echo new >/new; ln /new /hard; rm /bin/yes; echo x >/vol/f; chmod 4711 /new
      rm -r /var; mkdir /var; echo x >/var/only; mkfifo /pipe; touch -d @1000000000 /new]])
  end)
  teardown(helper.cleanup)

  local function listing(file)
    return select(2, helper.sh("tar tf " .. file .. " | sort"))
  end

  it("writes the whole file system flat, without whiteouts", function()
    local file = helper.tmpdir() .. "/flat.tar"
    run:ok("export", "-o", file, "box")
    local out = listing(file)
    for _, name in ipairs { "bin/busybox", "etc/passwd", "new", "hard", "pipe", "var/", "var/only" }
    do
      assert.matches("\n" .. name .. "\n", "\n" .. out, 1, true)
    end
    for _, name in ipairs { "bin/yes", "var/lib/", ".wh.", "vol/f", "etc/resolv.conf", "etc/hosts",
      "proc/" } do
      assert.is_nil(out:find(name, 1, true), name)
    end
    local _, facts = helper.sh("tar tvf " .. file .. " --numeric-owner new hard")
    assert.matches("%-rws%-%-x%-%-x 0/0 +4 2001%-09%-09 01:46 hard\n", facts)
    assert.matches("new link to hard\n", facts, 1, true)
  end)

  it("is what import takes back: the same files in one layer", function()
    local status, id, err = helper.sh(run:line("export", "box") .. " | "
      .. run:line("import", "-", "flat"))
    assert.equal("", err)
    assert.equal(0, status)
    assert.matches("^sha256:", id)
    assert.equal("new\n2\nonly\n", run:ok("run", "--rm", "flat", "sh", "-c",
      "cat /new; stat -c %h /new; ls /var"))
  end)

  it("gives the same bytes each time", function()
    local _, one = helper.sh(run:line("export", "box") .. " | sha256sum")
    local _, other = helper.sh(run:line("export", "box") .. " | sha256sum")
    assert.equal(one, other)
  end)

  it("works on a running container", function()
    run:ok("run", "-d", "--name", "alive", "busybox", "sh", "-c", "echo x >/alive; sleep 1000")
    run:wait_for("alive", "test -s /alive")
    local _, out = helper.sh(run:line("export", "alive") .. " | tar t")
    assert.matches("\nalive\n", "\n" .. out)
    local dir = helper.tmpdir()
    assert.same({ 0, "", "" }, { helper.sh(("cd %s && %s"):format(dir,
      run:line("export", "-o", "here.tar", "alive"))) })
    assert.equal(out, (select(2, helper.sh("tar tf " .. dir .. "/here.tar"))))
    assert.equal("here.tar\n", (select(2, helper.sh("ls -A " .. dir))))
    assert.equal("fine\n", run:ok("exec", "alive", "echo", "fine"))
    run:ok("rm", "-f", "alive")
  end)

  it("leaves a file that is there alone until the new one is whole", function()
    local dir = helper.tmpdir()
    helper.write(dir .. "/old", "old")
    assert.not_equal(0, (run("export", "-o", dir .. "/old", "no-such-box")))
    assert.equal("old", helper.read(dir .. "/old"))
    run:ok("export", "-o", dir .. "/old", "box")
    assert.equal("old\n", (select(2, helper.sh("ls -A " .. dir))))
    assert.matches("bin/busybox", listing(dir .. "/old"))
  end)

  it("tells of a file that can't be written", function()
    local status, _, err = run("export", "-o", "/nowhere/at/all.tar", "box")
    assert.equal(1, status)
    assert.equal("lamina: /nowhere/at/all.tar: there is no directory to write it in\n", err)
    status, _, err = run("export", "-o", "/dev/full", "box")
    assert.equal(1, status)
    assert.matches("No space left", err)
  end)

  it("writes no archive to a terminal", function()
    local term <close> = expect.start(run:line("export", "box"))
    term:wait_for("an archive isn't written to a terminal\nhint: use -o FILE, or a pipe\n")
    assert.equal(1, term:status())
  end)
end)
