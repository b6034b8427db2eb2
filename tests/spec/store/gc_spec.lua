local fixtures = require "support.fixtures"
local helper = require "support.helper"

local prelude = [=[
  local gc = require "lamina.store.gc"
  local function layer(digit)
    local dir = folder "layer"
    assert(fs.write(dir .. "/file", digit))
    local info = { diff_id = "sha256:" .. digit:rep(64), tar_size = 1, entries = 1, bytes = 7 }
    return store.layers:adopt(dir, info)
  end
  local function drop_leases() assert(store.db:run "delete from leases") end
  local function left()
    local names = {}
    for i, hex in ipairs(fs.list(store.layers.dir)) do names[i] = hex:sub(1, 1) end
    return table.concat(names, " ")
  end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.gc", function()
  after_each(helper.cleanup)

  it("keeps what an image, a container, a cache record or a lease needs", function()
    assert.equal("1 2 3\n1\n", output [=[
      layer "1"; layer "2"; layer "3"; layer "4"
      drop_leases()
      store.containers:create { name = "work", layers = { "sha256:" .. ("1"):rep(64) } }
      store.cache:put("key", { diff_id = "sha256:" .. ("2"):rep(64), created = 1 })
      store:lease("layer", "sha256:" .. ("3"):rep(64))
      gc.sweep(store)
      print(left())
      drop_leases()
      assert(store.db:run "delete from cache")
      gc.sweep(store)
      print(left())]=])
  end)

  it("counts on a dry run what it would take, and takes nothing", function()
    assert.equal("1\t1\t1 b\n", output [=[
      layer "1"
      drop_leases()
      store:lease("layer", busybox)
      store.blobs:put("bytes", "x/y")
      local report = gc.sweep(store, { dry_run = true })
      print(report.layers, report.blobs, left())
      assert(store.layers:has("sha256:" .. ("1"):rep(64)))]=])
  end)

  it("takes directories and files without a row", function()
    assert.equal("b\t0\n", output [=[
      assert(fs.mkdir(store.layers.dir .. "/" .. ("c"):rep(64)))
      assert(fs.write(store.blobs.dir .. "/" .. ("d"):rep(64), "x"))
      gc.sweep(store)
      print(left(), #fs.list(store.blobs.dir))]=])
  end)

  it("lets leases of dead processes fall", function()
    assert.equal("b\t1\n", output [=[
      layer "1"
      assert(store.db:run("update leases set workspace = 'dead' where digest <> ?", busybox))
      gc.sweep(store)
      print(left(), #assert(store.db:rows "select * from leases"))]=])
  end)

  it("waits for nobody's layer to get its name", function()
    assert.equal("EAGAIN\n", output [=[
      local held = store:hold()
      print(select(2, fs.lock(store.root .. "/gc.lock", "exclusive", { wait = false })).errno)]=])
  end)
end)
