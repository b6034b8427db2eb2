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

  it("counts on a dry run as if something were gone", function()
    assert.equal("1\t1\n", output [=[
      local container = store.containers:create { name = "one", layers = { layer "1" } }
      store.cache:put("key", { diff_id = layer "2" })
      drop_leases()
      store:lease("layer", busybox)
      local function count(gone)
        return gc.sweep(store, { dry_run = true, gone = gone }).layers
      end
      assert(count {} == 0)
      print(count { containers = { [container.id] = true } }, count { cache = { key = true } })]=])
  end)

  it("keeps the blob that a layer came as for as long as the layer", function()
    assert.equal("0\t1\n", output [=[
      local diff_id = layer "1"
      store.layers:remember_blob(diff_id, store.blobs:put("compressed", "application/gzip"))
      local first = gc.sweep(store).blobs
      drop_leases()
      print(first, gc.sweep(store).blobs)]=])
  end)

  it("removes what was planted among layers and blobs, and follows nothing", function()
    local outside = helper.tmpdir()
    helper.write(outside .. "/letter", "mine")
    assert.equal("0\t0\n", output(("local outside = %q"):format(outside) .. [=[

      for _, dir in ipairs { store.layers.dir, store.blobs.dir } do
        assert(fs.symlink(outside, dir .. "/" .. ("e"):rep(64)))
        assert(os.execute("mkfifo " .. dir .. "/" .. ("f"):rep(64)))
        assert(fs.mkdir(dir .. "/no digest"))
      end
      drop_leases()
      gc.sweep(store)
      print(#fs.list(store.layers.dir), #fs.list(store.blobs.dir))]=]))
    assert.equal("mine", helper.read(outside .. "/letter"))
  end)
end)
