local fixtures = require "support.fixtures"
local helper = require "support.helper"

local prelude = [=[
  local containers, stray = store.containers, require "lamina.store.stray"
  local function create(name)
    return containers:create { name = name, layers = { busybox }, config = { A = 1 } }
  end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.stray", function()
  after_each(helper.cleanup)

  it("is swept when it was never finished, and kept when only its row was lost", function()
    assert.equal("1\tlost\twork\t1\t1\n", output [=[
      local one = create "work"
      assert(fs.write(one.dir .. "/upper/file", "lost"))
      assert(store.db:run "delete from containers")
      assert(fs.mkdir(containers.dir .. "/" .. ("a"):rep(64)))
      stray.sweep(store)
      local left = #fs.list(containers.dir)
      assert(stray.restore(store, one.id))
      local back = containers:get "work"
      print(left, fs.read(back.dir .. "/upper/file"), back.name, #back.layers, back.config.A)
      assert(stray.list(store)[1] == nil)]=])
  end)

  it("isn't swept while somebody may be making one", function()
    assert.equal("1\t0\n", output [=[
      assert(fs.mkdir(containers.dir .. "/" .. ("a"):rep(64)))
      local held = store:hold()
      stray.sweep(store)
      local before = #fs.list(containers.dir)
      held:release()
      stray.sweep(store)
      print(before, #fs.list(containers.dir))]=])
  end)

  it("isn't made again from a record that tells too little", function()
    assert.equal("false\tfalse\tfalse\n", output [=[
      local one = create "work"
      assert(store.db:run "delete from containers")
      local answers = {}
      for i, text in ipairs { "{}", "no json", '{"name":"work","layers":"","config":"{"}' } do
        assert(fs.write(one.dir .. "/record.json", text))
        answers[i] = tostring(stray.restore(store, one.id))
      end
      print(table.concat(answers, "\t"))]=])
  end)
end)
