-- Many processes on one store (ST-07), locks that die with their owners (ST-08), and readers that
-- see the old or the new (ST-15).
--
--   LAMINA_TEST_ROUNDS=100   more of the same
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local rounds = tonumber(os.getenv "LAMINA_TEST_ROUNDS") or 3
local lamina = helper.store { SOURCE_DATE_EPOCH = "1700000000" }
local program = lamina:line()

--- Runs lines of shell all at once; answers what failed: { line, status, stderr }.
local function all_at_once(lines)
  local dir, script = helper.tmpdir(), {}
  for i, line in ipairs(lines) do
    script[i] = ("(%s) >%s/out.%d 2>%s/err.%d; echo $? >%s/status.%d"):format(line, dir, i, dir, i,
      dir, i)
  end
  helper.sh("(" .. table.concat(script, ") & (") .. ") & wait")
  local failed = {}
  for i, line in ipairs(lines) do
    local status = helper.read(("%s/status.%d"):format(dir, i))
    if status ~= "0\n" then
      failed[#failed + 1] = { line, status, helper.read(("%s/err.%d"):format(dir, i)) }
    end
  end
  return failed
end

describe("many processes on one store", function()
  local box

  setup(function()
    box = helper.quote(fixtures.busybox_tar())
    assert.equal(0, (lamina("import", "-c", "CMD true", fixtures.busybox_tar(), "box")))
  end)

  teardown(helper.cleanup)

  it("work side by side: imports, runs, commits, a collector, readers", function()
    for round = 1, rounds do
      local lines = {}
      for i = 1, 3 do
        lines[#lines + 1] = ("%s import -c 'CMD same' %s same%d"):format(program, box, i)
        lines[#lines + 1] = program .. " run --rm --network none box sh -c 'echo x >/x'"
        lines[#lines + 1] = ([[%s run --network none --name work%d-%d box sh -c \
          'echo same >/x; touch -d @1700000000 /x /' && %s commit work%d-%d made%d \
          || %s images made%d]]):format(program, round, i, program, round, i, i, program, i)
      end
      for _, words in ipairs { "prune --force", "images" } do
        lines[#lines + 1] = ("for i in 1 2 3 4 5; do %s %s || exit 1; done"):format(program, words)
      end
      assert.same({}, all_at_once(lines))
      local status, out = lamina("fsck", "--deep")
      assert.equal(0, status, out)
    end
    local _, ids = lamina("images", "-q", "--no-trunc", "--filter", "reference=same*")
    local first = ids:match("[^\n]+")
    assert.equal((first .. "\n"):rep(3), ids)
  end)

  it("build eight overlapping recipes at once, with the cache pruned all the while", function()
    local dir = helper.tmpdir()
    helper.sh(("mkdir -p %s/c/d; head -c 1200000 /dev/urandom >%s/c/d/big; echo a >%s/c/d/a")
      :format(dir, dir, dir))
    for i = 1, 8 do
      helper.write(("%s/%d.lua"):format(dir, i), ([[
        local base = from "box":run("echo base >/base", { network = "none" })
        local tools = base:copy("d", "/d/"):run("cat /d/a >/tools", { network = "none",
          mounts = { cache "/cache" } })
        local own = base:run("echo %d >/own", { network = "none" })
        return image(from "box":copy("/own", "/own", { from = own })
          :copy("/d", "/d/", { from = tools }), { name = "built%d", cmd = { "cat", "/own" } })]])
        :format(i % 4, i))
    end
    for round = 1, rounds do
      helper.sh(("echo %d >%s/c/d/a"):format(round, dir))
      local done, lines = dir .. "/done" .. round, {}
      for i = 1, 8 do
        lines[i] = ("%s build -q -f %s/%d.lua %s/c; s=$?; echo >>%s; exit $s"):format(program, dir,
          i, dir, done)
      end
      for _, how in ipairs { "", "--filter type=cache", "--keep-storage 1MB" } do
        lines[#lines + 1] = ("until [ \"$(wc -l <%s 2>/dev/null)\" = 8 ]; do %s prune --force %s "
          .. "|| exit 1; done"):format(done, program, how)
      end
      assert.same({}, all_at_once(lines))
      local status, out = lamina("fsck", "--deep")
      assert.equal(0, status, out)
      for i = 1, 8 do
        assert.equal(i % 4 .. "\n", lamina:ok("run", "--rm", "--network", "none", "built" .. i))
      end
    end
  end)

  it("see a name as it was or as it is, never without an image", function()
    lamina("import", "-c", "CMD one", fixtures.busybox_tar(), "one")
    lamina("import", "-c", "CMD two", fixtures.busybox_tar(), "two")
    lamina("tag", "one", "swapped")
    local swap = ("for i in $(seq %d); do %s tag two swapped && %s tag one swapped || exit 1; done")
      :format(5 * rounds, program, program)
    local read = ("for i in $(seq %d); do %s history -q swapped || exit 1; done")
      :format(10 * rounds, program)
    assert.same({}, all_at_once { swap, read, read, read, read })
  end)

  it("go on at once when one that holds the store is killed (ST-08)", function()
    local holder = helper.write(helper.tmpdir() .. "/holder.lua", ([[
      local fs = require "lamina.core.fs"
      local lock = assert(fs.lock(%q .. "/gc.lock", "exclusive"))
      local file = assert(io.open(arg[1], "w"))
      file:write("held")
      file:close()
      os.execute("exec sleep 1000")]]):format(lamina.root))
    local mark = helper.tmpdir() .. "/held"
    local status, out = helper.sh(([[
      lua5.4 %s %s & holder=$!
      until [ -s %s ]; do sleep 0.01; done
      %s tag box waits & tag=$!
      %s import -c 'CMD waits' %s waits >/dev/null & import=$!
      wait $tag || exit 3
      kill -0 $import || exit 4
      kill -KILL $holder; pkill -KILL -P $holder
      wait $import]]):format(helper.quote(holder), helper.quote(mark), helper.quote(mark), program,
      program, box))
    assert.equal(0, status, out)
  end)
end)
