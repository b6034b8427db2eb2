local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina.store.builds", function()
  after_each(helper.cleanup)

  it("answers records the newest first, by the beginning of their ids", function()
    assert.equal("3 2 1\n3\ttrue\t1\nnot-found\tnot-found\n", fixtures.output [[
      local builds, ids = store.builds, {}
      for i = 1, 3 do
        ids[i] = builds:add { started = 100 + i, status = "done", target = tostring(i),
          steps = {} }
        assert(ids[i]:find("^b%x+$") and #ids[i] == 12)
      end
      local names = {}
      for i, record in ipairs(builds:list()) do names[i] = record.target end
      print(table.concat(names, " "))
      print(builds:get().target, builds:get(ids[2]).id == ids[2], builds:get(ids[1]).target)
      local _, err = pcall(builds.get, builds, "b0123456789ab")
      assert(store.db:run "delete from builds")
      local _, none = pcall(builds.get, builds)
      print(err.kind, none.kind)]])
  end)

  it("refuses a beginning that several ids have", function()
    assert.equal("invalid-input\tseveral builds begin with 'b'\n", fixtures.output [[
      for i = 1, 2 do store.builds:add { started = i, status = "done", steps = {} } end
      local _, err = pcall(store.builds.get, store.builds, "b")
      print(err.kind, err.message)]])
  end)

  it("keeps the last two hundred", function()
    assert.equal("200\t205\t6\n", fixtures.output [[
      for i = 1, 205 do store.builds:add { started = i, status = "done", steps = {} } end
      local list = store.builds:list()
      print(#list, list[1].started, list[#list].started)]])
  end)
end)
