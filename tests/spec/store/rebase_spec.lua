local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- A claimed container with a sealed upper, and what a commit would do with it; `cut(name)` makes a
-- step raise, as if lamina had been killed there.
local prelude = [=[
  local core = require "lamina.core.layer"
  local rebase = require "lamina.store.rebase"
  local record = store.containers:create { name = "work", layers = { busybox } }
  local upper = record.dir .. "/upper"
  assert(fs.write(upper .. "/file", "mine"))
  local info = assert(core.pack(upper, { form = "overlay" }))
  local path = store.layers:path(info.diff_id)
  local function state()
    local now = store.containers:get "work"
    return #now.layers, store.layers:has(info.diff_id), fs.read(path .. "/file"),
      fs.stat(upper) and fs.read(upper .. "/file") or (fs.stat(upper) and "empty") or "no upper"
  end
  local function show(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    print(table.concat(words, " "))
  end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.rebase", function()
  after_each(helper.cleanup)

  it("gives the upper away and puts an empty one in its place, with the root's mode", function()
    assert.equal("2 true mine empty\n448\ttrue\n", output [=[
      assert(fs.chmod(upper, 448))
      rebase.run(store, record, info)
      show(state())
      print(fs.stat(upper).mode, store.layers:get(info.diff_id).boot == nil)]=])
  end)

  it("drops the upper when the layer is there already", function()
    assert.equal("2 true mine empty\n", output [=[
      local other = folder "other"
      assert(fs.write(other .. "/file", "mine"))
      store.layers:adopt(other, info)
      rebase.run(store, record, info)
      show(state())]=])
  end)

  -- Each is what a kill leaves at one point, and what the next command makes of it.
  local moments = {
    { "after the container's row", "1 false nil mine", [=[
      store.containers:rebase(record.id, { busybox, info.diff_id })]=] },
    { "after the layer's directory has its name", "1 false nil mine", [=[
      store.containers:rebase(record.id, { busybox, info.diff_id })
      assert(fs.rename(upper, path))]=] },
    { "before the new upper is made", "2 true mine empty", [=[
      store.containers:rebase(record.id, { busybox, info.diff_id })
      assert(fs.rename(upper, path))
      store.layers:remember(info)]=] },
    { "with a power loss that took the name and left the row", "2 true mine empty", [=[
      store.containers:rebase(record.id, { busybox, info.diff_id })
      store.layers:remember(info)]=] },
  }

  for _, moment in ipairs(moments) do
    it("is settled when it is interrupted " .. moment[1], function()
      assert.equal(moment[2] .. "\n", output(moment[3] .. "\nrebase.settle(store)\nshow(state())"))
    end)
  end

  it("isn't touched while somebody holds the container", function()
    assert.equal("2 false mine no upper\n1 false nil mine\n", output [=[
      local claim = store.containers:claim(record.id)
      store.containers:rebase(record.id, { busybox, info.diff_id })
      assert(fs.rename(upper, path))
      rebase.settle(store)
      show(state())
      claim:release()
      rebase.settle(store)
      show(state())]=])
  end)
end)
