local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina.store.cache", function()
  after_each(helper.cleanup)

  it("keeps a record under its key, and the last one counts", function()
    assert.equal("nil\nsecond\t2\t1\n", fixtures.output [=[
      print(store.cache:get "key")
      store.cache:put("key", { diff_id = busybox, note = "first", created = 1 })
      store.cache:put("key", { diff_id = busybox, note = "second", created = 2 })
      local record, list = store.cache:get "key", store.cache:list()
      print(record.note, record.created, #list)]=])
  end)

  it("lists the newest first", function()
    assert.equal("c b a\n", fixtures.output [=[
      for i, key in ipairs { "a", "b", "c" } do store.cache:put(key, { created = i }) end
      local keys = {}
      for i, row in ipairs(store.cache:list()) do keys[i] = row.key end
      print(table.concat(keys, " "))]=])
  end)

  it("takes keys for what they are, not for SQL", function()
    assert.equal("1\tnil\n", fixtures.output [=[
      store.cache:put("x' or '1'='1", { created = 1 })
      print(store.cache:get("x' or '1'='1").created, store.cache:get "x")]=])
  end)
end)
