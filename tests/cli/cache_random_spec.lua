-- No stale hit: contexts and recipes are changed at random, and what the cache gives is compared
-- with a build that looks nothing up.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local rounds = tonumber(os.getenv "CACHE_ROUNDS") or (helper.is_root and 800 or 200)
local seed = tonumber(os.getenv "CACHE_SEED") or 20261124

--- Numbers that are the same on every machine.
local function generator(state)
  return function(n)
    state = (state * 6364136223846793005 + 1442695040888963407)
    return (state >> 33) % n + 1
  end
end

describe("the cache", function()
  local run, dir, random

  local function pick(list) return list[random(#list)] end

  local names = { "a", "b", "d/a", "d/b", "d/e/f", "x.o", "d/y.o" }

  --- Every way in which a context can change, as shell commands in it.
  local changes = {
    function() return ("mkdir -p $(dirname %s); rm -rf %s; echo %d >%s"):format(pick(names),
      "z" .. random(3), random(9), pick { "a", "b", "x.o" }) end,
    function() return ("[ ! -f d/a ] || printf %d >d/a"):format(random(9)) end,
    function() return ("[ ! -f %s ] || chmod %s %s"):format("a", pick { "600", "644", "755" }, "a")
    end,
    function() return ("chmod %s d"):format(pick { "755", "700", "750" }) end,
    function() return "if [ -e d/a ]; then mv d/a d/moved; else echo back >d/a; fi" end,
    function() return "if [ -e d/moved ]; then mv d/moved d/a; fi" end,
    function() return ("rm -rf l; ln -s %s l"):format(pick { "a", "b", "nowhere" }) end,
    function() return "touch -d @" .. 1600000000 + random(1000) .. " a b" end,
    function() return "mkdir -p d/e; echo " .. random(9) .. " >d/e/f" end,
    function() return "rm -rf d/e" end,
    function() return "rm -f d/h; ln a d/h" end,
    function() return "rm -f b; ln a b" end,
    function() return "[ ! -f d/a ] || ln -f d/a d/b" end,
    function() return "echo 1 >new" .. random(3) end,
    function() return "rm -f new*" end,
    function() return ("printf '%s\\n' >.dockerignore"):format(pick { "", "*.o", "**/*.o", "d/e",
      "*\\\\n!a\\\\n!d", "l" }) end,
  }

  local function options()
    return pick { "", ', { chmod = "640" }', ', { chown = "5:6" }', ', { exclude = "*.o" }',
      ', { exclude = { "**/a", "!d/a" } }' }
  end

  --- A recipe of a few steps, some of which are as they were before.
  local function recipe()
    local steps = {
      (':copy(%s, "/c/"%s)'):format(pick { '"."', '"d"', '{ "a", "b" }', '"[ab]"', '"d/*"' },
        options()),
      (':env { V = "%d" }'):format(random(3)), (':arg("UNUSED", "%d")'):format(random(2)),
      ':copy({ ["inline"] = "' .. random(3) .. '" }, "/c/")',
      ':workdir "/w' .. random(2) .. '"',
      ':run("cat /c/a /c/inline >seen 2>/dev/null; echo $V >>seen; true", { network = "none" })',
      (':copy("%s", "/f%d/", { parents = true })'):format(pick { "a*", "d/a", "b" }, random(2)),
    }
    local text = {}
    for _ = 1, 2 + random(3) do text[#text + 1] = pick(steps) end
    return 'return from "busybox"' .. table.concat(text)
  end

  setup(function()
    run, dir, random = helper.store(), helper.tmpdir(), generator(seed)
    assert(run("import", fixtures.busybox_tar(), "busybox") == 0)
    helper.sh("umask 022; mkdir -p " .. dir .. "/c/d; cd " .. dir
      .. "/c; echo a >a; echo b >b; echo d >d/a; echo o >x.o")
  end)

  teardown(helper.cleanup)

  local function build(flag)
    -- times are no part of a key: all that there are here are later than this one
    return run("build", flag, "--source-date-epoch", "1500000000", "-f", dir .. "/recipe.lua",
      dir .. "/c")
  end

  it(("gives what a build without it gives, %d times"):format(rounds), function()
    local text, built, hits = recipe(), 0, 0
    for round = 1, rounds do
      if random(3) == 1 then text = recipe() end
      helper.write(dir .. "/recipe.lua", text)
      local change = pick(changes)()
      helper.sh("cd " .. dir .. "/c; umask 022\n" .. change)
      local status, cached, progress = build "--progress=plain"
      local fresh_status, fresh, err = build "--no-cache"
      local where = ("round %d of seed %d: %s\n%s"):format(round, seed, change, text)
      assert.equal(fresh_status, status, where .. "\n" .. progress .. err)
      if status == 0 then
        assert.equal(fresh, cached, where)
        built = built + 1
        hits = hits + select(2, progress:gsub(" CACHED", ""))
      end
    end
    assert.is_true(built > rounds // 2, "most rounds should build: " .. built)
    assert.is_true(hits > rounds // 2, "most rounds should find something: " .. hits)
    assert.equal(0, (run("fsck")))
  end)
end)
