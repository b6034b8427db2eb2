local ending = require "lamina.build.step.ending"
local memory = require "lamina.exec.memory"

describe("lamina.build.step.ending", function()
  local kills = memory.kills
  after_each(function() memory.kills = kills end)

  --- The failure of a status: message, hints. `before` and `after` are the counts of kills.
  local function judged(status, before, after, how)
    memory.kills = function() return after or before end
    how = how or {}
    how.kills, how.lines, how.id = before, how.lines or {}, 7
    local ok, err = pcall(ending.judge, status, how)
    assert.is_false(ok)
    return err.message, table.concat(err.hint or {}, "; "), err.detail
  end

  it("is content with status 0, in time", function()
    ending.judge({ exited = 0 }, { kills = {}, lines = {} })
    assert.equal("killed after 3s, its timeout", (judged({ exited = 0 }, {}, nil,
      { timeout = "3s" })))
  end)

  it("tells want of memory apart, also where the killed one lies below", function()
    local before = { cgroup = 1, machine = 1 }
    local limited, full = { cgroup = 2, machine = 2 }, { cgroup = 1, machine = 2 }
    for _, status in ipairs { { name = "SIGKILL", signal = 9 }, { exited = 137 },
      { exited = 2 } } do
      assert.matches("^out of memory: the limit", (select(2, judged(status, before, limited))))
      assert.matches("of this machine for want of memory",
        (select(2, judged(status, before, full))), 1, true)
    end
    local killed = { name = "SIGKILL", signal = 9 }
    assert.matches("it wasn't memory", (select(2, judged(killed, before))), 1, true)
    assert.matches("memory may have run out", (select(2, judged(killed, {}))), 1, true)
    assert.equal("", (select(2, judged({ exited = 2 }, before))))
    assert.equal("killed by signal SIGKILL", (judged(killed, before)))
  end)

  it("shows the last lines, and where all of them are", function()
    local message, hint, detail = judged({ exited = 127 }, {}, nil,
      { lines = { "a", "b" }, are_more = true })
    assert.equal("exit status 127", message)
    assert.equal("a\nb", detail)
    assert.matches("isn't in this stage; `lamina logs 7` shows all it wrote", hint, 1, true)
  end)
end)
