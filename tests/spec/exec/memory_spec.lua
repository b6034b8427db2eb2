local helper = require "support.helper"
local memory = require "lamina.exec.memory"

describe("lamina.exec.memory", function()
  after_each(helper.cleanup)

  --- A machine's files below a folder.
  local function machine(files)
    local root = helper.tmpdir()
    for path, text in pairs(files) do
      helper.sh("mkdir -p " .. root .. path:match("^(.*)/"))
      helper.write(root .. path, text)
    end
    return root
  end

  it("counts in the cgroup that lamina runs in, of either version", function()
    assert.same({ machine = 7, cgroup = 3 }, memory.kills(machine {
      ["/proc/self/cgroup"] = "0::/user/x\n", ["/proc/vmstat"] = "pgfault 1\noom_kill 7\n",
      ["/sys/fs/cgroup/user/x/memory.events"] = "oom 9\noom_kill 3\noom_group_kill 0\n",
    }))
    assert.same({ machine = 0, cgroup = 2 }, memory.kills(machine {
      ["/proc/self/cgroup"] = "9:name=systemd:/\n4:memory,x:/a\n0::/\n",
      ["/proc/vmstat"] = "oom_kill 0\n",
      ["/sys/fs/cgroup/memory/a/memory.oom_control"] = "oom_kill_disable 0\noom_kill 2\n",
    }))
    assert.same({}, memory.kills(machine {}))
  end)

  it("says where a process was killed between two counts", function()
    local compare = memory.compare
    assert.equal("cgroup", compare({ cgroup = 1, machine = 1 }, { cgroup = 2, machine = 2 }))
    assert.equal("machine", compare({ cgroup = 1, machine = 1 }, { cgroup = 1, machine = 2 }))
    assert.equal("machine", compare({ machine = 1 }, { machine = 2 }))
    assert.is_false(compare({ cgroup = 1, machine = 1 }, { cgroup = 1, machine = 1 }))
    assert.is_nil(compare({}, {}))
  end)

  it("reads this machine", function()
    assert.is_truthy(math.type(memory.kills().machine or 0) == "integer")
  end)
end)
