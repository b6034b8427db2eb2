-- How two directories differ, as `explain` and `build --verify` tell it.
local compare = require "lamina.build.compare"
local helper = require "support.helper"
local sched = require "lamina.util.sched"

describe("lamina.build.compare", function()
  local dir

  setup(function() dir = helper.tmpdir() end)
  teardown(helper.cleanup)

  --- The differences of two directories that two shell texts fill: "path what a b" each.
  local function differences(first, second, options)
    for name, text in pairs { a = first, b = second } do
      assert.equal(0, helper.sh(("rm -rf %s/%s; mkdir %s/%s; cd %s/%s\n%s"):format(dir, name, dir,
        name, dir, name, text)))
    end
    local list = {}
    for i, one in ipairs(compare.trees(dir .. "/a", dir .. "/b", options)) do
      list[i] = table.concat({ one.path, one.what, one.a, one.b }, " ")
    end
    return list
  end

  it("tells the first attribute of each path, by name", function()
    assert.same({ "d/x missing", "d/y new", "f size 1 2", "g content", "l target x y",
      "m mode 644 755", "t type file dir" },
      differences([[umask 022; mkdir d; touch d/x t m; printf 1 >f; printf 1 >g; ln -s x l]],
        [[umask 022; mkdir d t; touch d/y m; printf 11 >f; printf 2 >g; ln -s y l; chmod 755 m]]))
  end)

  it("tells times where they are asked for", function()
    local first, second = "touch -d @1 f", "touch -d @2 f"
    assert.same({}, differences(first, second))
    assert.same({ "f mtime 1 2" }, differences("touch -d @5 .;" .. first,
      "touch -d @5 .;" .. second, { times = true }))
  end)

  it("tells no more than it is asked for", function()
    assert.same({ "a new" }, differences("", "touch a b c", { limit = 1 }))
  end)

  it("gives others their turn", function()
    assert.equal(0, helper.sh(([[rm -rf %s/a %s/b; mkdir %s/a; cd %s/a; touch $(seq 300)
      truncate -s 8M large; cp -r . ../b]]):format(dir, dir, dir, dir)))
    local turns = 0
    sched.run(function()
      local _other <close> = sched.spawn(function()
        while true do
          sched.sleep(0)
          turns = turns + 1
        end
      end)
      assert.same({}, compare.trees(dir .. "/a", dir .. "/b"))
    end)
    assert.is_true(turns > 3, turns)
  end)

  it("tells devices by their numbers", function()
    if not helper.is_root then return pending "an ordinary user makes no devices" end
    assert.same({ "n device 1:3 1:5" }, differences("mknod n c 1 3", "mknod n c 1 5"))
    assert.same({ "n device 259:300 1:3" }, differences("mknod n c 259 300", "mknod n c 1 3"))
  end)
end)
