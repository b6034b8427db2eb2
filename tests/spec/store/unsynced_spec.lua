local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- Two images, each on a layer of its own, made in an earlier boot that never synced.
local prelude = [=[
  local core, json = require "lamina.core.layer", require "lamina.core.json"
  local function layer(text)
    local dir = folder "layer"
    assert(fs.write(dir .. "/file", text))
    local info = assert(core.pack(dir, { form = "overlay" }))
    return store.layers:adopt(dir, info)
  end
  local function image(name, diff_id)
    return store.images:put { names = { name }, created = 1, config = json.encode {
      architecture = "amd64", os = "linux", name = name,
      rootfs = { type = "layers", diff_ids = json.array { diff_id } } } }
  end
  assert(store.db:run("delete from layers where diff_id = ?", busybox))
  local good, bad = layer "good", layer "bad"
  local first, second = image("first", good), image("second", bad)
  store.cache:put("good", { diff_id = good, created = 1 })
  store.cache:put("bad", { diff_id = bad, created = 1 })
  assert(store.db:run "update layers set boot = 'earlier'")
  assert(store.db:run "update images set boot = 'earlier'")
  local function reopen()
    local again <close> = require("lamina.store.store").open { root = store.root,
      home = store.home }
  end
  local function show()
    local names = {}
    for i, one in ipairs(store.images:list()) do names[i] = one.names[1]:match("(%l+):") end
    table.sort(names)
    local unsure = #assert(store.db:rows [[select boot from layers where boot is not null
      union all select boot from images where boot is not null]])
    print(table.concat(names, " "), store.layers:has(good), store.layers:has(bad),
      store.cache:get "good" ~= nil, store.cache:get "bad" ~= nil, unsure)
  end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.unsynced", function()
  after_each(helper.cleanup)

  it("believes what is whole after all: a clean shutdown loses nothing", function()
    assert.equal("first second\ttrue\ttrue\ttrue\ttrue\t0\n", output "reopen() show()")
  end)

  it("forgets a layer that the disk didn't get whole, and what stands on it", function()
    assert.equal("first\ttrue\tfalse\ttrue\tfalse\t0\nnil\n", output [=[
      assert(fs.write(store.layers:path(bad) .. "/file", ""))
      reopen()
      show()
      print((fs.stat(store.layers:path(bad))))]=])
  end)

  -- The layer "bad" with the gzip blob that it came as.
  local with_blob = [=[
    local packed = folder "packed" .. "/blob"
    local info = assert(core.pack(store.layers:path(bad), { output = packed,
      compression = "gzip" }))
    store.layers:adopt_blob(bad, packed, { digest = info.digest, size = info.size,
      mediaType = "application/vnd.oci.image.layer.v1.tar+gzip" })
    assert(store.db:run "update layers set boot = 'earlier'")
  ]=]

  it("makes a layer again from the blob it came as", function()
    assert.equal("first second\ttrue\ttrue\ttrue\ttrue\t1\nbad\t755\n", output(with_blob .. [=[
      assert(fs.write(store.layers:path(bad) .. "/file", ""))
      reopen()
      show()
      print(fs.read(store.layers:path(bad) .. "/file"), ("%o"):format(
        fs.stat(store.layers:path(bad)).mode))]=]))
  end)

  it("drops a blob that the disk didn't get whole, so that nobody sends it", function()
    assert.equal("first second\ttrue\ttrue\ttrue\ttrue\t0\nnil\tfalse\n", output(with_blob .. [=[
      assert(fs.write(store.blobs:path(info.digest), ""))
      reopen()
      show()
      print(store.layers:blob_of(bad), store.blobs:has(info.digest))]=]))
  end)

  it("forgets a layer whose directory never got its name", function()
    assert.equal("first\ttrue\tfalse\ttrue\tfalse\t0\n", output [=[
      fs.remove(store.layers:path(bad))
      reopen()
      show()]=])
  end)

  it("forgets an image whose configuration is empty, so that it can be made again", function()
    assert.equal("first\ttrue\ttrue\ttrue\ttrue\t0\nfirst second\ttrue\ttrue\ttrue\ttrue\t1\n",
      output [=[
      assert(fs.write(store.blobs:path(second), ""))
      reopen()
      show()
      assert(image("second", bad) == second)
      show()]=])
  end)

  it("leaves alone what this boot has made", function()
    assert.equal("first second\ttrue\ttrue\ttrue\ttrue\t4\n", output [=[
      assert(store.db:run("update layers set boot = ?", store.boot))
      assert(store.db:run("update images set boot = ?", store.boot))
      assert(fs.write(store.layers:path(bad) .. "/file", ""))
      reopen()
      show()]=])
  end)
end)
