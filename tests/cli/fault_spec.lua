-- A call that fails is an error or doesn't matter, never damage (ST-05); and what a command reports
-- as done is on the disk.
--
--   LAMINA_TEST_STEPS=400    so many calls of each kind
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local killer = require "support.killer"

local steps = tonumber(os.getenv "LAMINA_TEST_STEPS") or 0.4
math.randomseed(tonumber(os.getenv "LAMINA_TEST_SEED") or 5)

-- Not write, pipe2, read and mmap: libuv aborts when it can't make and wake its own loop, and what
-- the dynamic linker does before main isn't ours.
local faults = {
  { "openat", "EIO" }, { "openat", "EMFILE" }, { "pwrite64", "EIO" }, { "fsync", "EIO" },
  { "fdatasync", "EIO" }, { "syncfs", "EIO" }, { "renameat2", "EIO" }, { "mkdir", "EDQUOT" },
  { "mkdirat", "ENOSPC" }, { "flock", "ENOLCK" }, { "ftruncate", "ENOSPC" },
  { "getdents64", "EIO" }, { "unlinkat", "EIO" }, { "fchmod", "EIO" }, { "clone", "EAGAIN" },
  { "fsmount", "ENOMEM" },
}

local epoch = { SOURCE_DATE_EPOCH = "1700000000" }

local run, box

local victims = {
  { name = "import", words = function() return "import", "-c", "CMD true", box, "again" end,
    before = function() run("rmi", "again", "box") end },
  { name = "run",
    words = function() return "run", "--rm", "--network", "none", "base", "true" end },
  { name = "commit", words = function() return "commit", "work", "made" end,
    before = function()
      run("rm", "--force", "work")
      run:ok("run", "--network", "none", "--name", "work", "base", "sh", "-c",
        "echo x >/x; touch -d @1700000000 /x /")
    end },
}

local can_trace = helper.sh("strace -o /dev/null true") == 0

describe("a call that fails", function()
  setup(function()
    box = fixtures.busybox_tar()
    run = helper.store(epoch)
    run:ok("import", "-c", "CMD base", box, "base")
  end)

  teardown(helper.cleanup)

  --- The command says that it failed, or it has done all it should; the store is whole either way.
  local function check(victim, fault, n, expected)
    local call, errno = fault[1], fault[2]
    local what = ("%s: %s number %d fails with %s"):format(victim.name, call, n, errno)
    if victim.before then victim.before() end
    local status, out, err = killer.fail_at(run:line(victim.words()), call, n, errno)
    if not err:find "module '?luv'?" then -- the dynamic linker's own failures
      assert.not_matches("internal error", err, 1, true, what)
    end
    if status == 0 then
      assert.equal(expected, out, what)
    else
      assert.matches("^[^\n]*lamina", err, 1, false, what)
    end
    local clean, found = run("fsck")
    assert.equal(0, clean, what .. ": " .. found)
    if victim.before then victim.before() end
    assert.equal(expected, run:ok(victim.words()), what)
  end

  for _, victim in ipairs(victims) do
    it(("is an error of `%s`, or doesn't matter"):format(victim.name), function()
      if not can_trace then return pending("strace can't trace") end
      if victim.before then victim.before() end
      local expected, tried = run:ok(victim.words()), 0
      for _, fault in ipairs(faults) do
        if victim.before then victim.before() end
        local count = killer.count_calls(run:line(victim.words()), fault[1])
        for _, n in ipairs(killer.some_of(count, steps)) do
          check(victim, fault, n, expected)
          tried = tried + 1
        end
      end
      assert.is_true(tried > 0, "there was nothing to let fail")
      assert.matches("no damage", run:ok("fsck", "--deep"), 1, true)
    end)
  end
end)

describe("what a command reports as done", function()
  setup(function()
    box = fixtures.busybox_tar()
    run = helper.store(epoch)
  end)

  teardown(helper.cleanup)

  local calls = "renameat2,rename,fsync,syncfs,pwrite64,write"

  --- The numbers of the lines that a pattern matches.
  local function find(lines, pattern)
    local found = {}
    for i, text in ipairs(lines) do
      if text:find(pattern) then found[#found + 1] = i end
    end
    return found
  end

  local function is_any(list, first, last)
    for _, n in ipairs(list) do
      if n > first and n < last then return true end
    end
    return false
  end

  --- Files are synced before their rows, rows before the id is printed.
  local function check_order(lines)
    local syncs = find(lines, "syncfs%(")
    local names = find(lines, "renameat2%(.*/store/[lb][al][yo][eb].*%) = 0")
    local log = find(lines, "pwrite64%(%d+<[^>]*lamina.db%-wal>")
    local told = find(lines, "write%(1<[^>]*>, \"sha256:")
    assert.is_true(#syncs >= 2 and #names >= 1 and #log >= 1 and #told == 1)
    assert.is_true(names[#names] < syncs[#syncs - 1], "a name was given after the sync of files")
    assert.is_true(is_any(log, names[#names], syncs[#syncs]), "the rows weren't covered by a sync")
    assert.is_true(syncs[#syncs] < told[1], "the id was told before all was on the disk")
    for _, at in ipairs(find(lines, "renameat2%(.*blobs/sha256")) do
      local before = find(table.move(lines, 1, at, 1, {}), "fsync%([^)]*/blob")
      assert.is_true(#before > 0, "a blob had its name before its bytes were on the disk")
    end
  end

  it("is on the disk, with import", function()
    if not can_trace then return pending("strace can't trace") end
    check_order(killer.trace(run:line("import", "-c", "CMD true", box, "box"), calls))
  end)

  it("is on the disk, with commit", function()
    if not can_trace then return pending("strace can't trace") end
    run:ok("run", "--network", "none", "--name", "work", "box", "sh", "-c", "echo x >/x")
    check_order(killer.trace(run:line("commit", "work", "made"), calls))
  end)

  it("is nothing, when the sync fails", function()
    if not can_trace then return pending("strace can't trace") end
    local command = run:line("import", "-c", "CMD two", box, "two")
    local status, out, err = killer.fail_at(command, "syncfs", 1, "EIO")
    assert.equal(1, status)
    assert.equal("", out)
    assert.matches("Input/output error", err, 1, true)
  end)
end)
