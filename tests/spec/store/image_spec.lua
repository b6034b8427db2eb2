local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- put(cmd, name, …) stores an image of busybox; try(fn, …) prints the kind and words of a failure.
local prelude = [=[
  local json = require "lamina.core.json"
  local function config(cmd, layers)
    return json.encode { architecture = "amd64", os = "linux", config = { Cmd = { cmd } },
      rootfs = { type = "layers", diff_ids = json.array(layers or { busybox }) } }
  end
  local function put(cmd, ...)
    return store.images:put { config = config(cmd), names = { ... }, created = 1 }
  end
  local function try(fn, ...)
    local ok, err = pcall(fn, store.images, ...)
    print(ok and "fine" or err.kind, ok and "" or err.message, ok and "" or err.hint)
  end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.image", function()
  after_each(helper.cleanup)

  it("is found by id, beginning of an id, name, and digest", function()
    assert.equal("true\ttrue\ttrue\ttrue\ttrue\ttrue\n", output [=[
      local id = put("a", "box")
      local function is_it(text) return store.images:resolve(text).id == id end
      local full, digest = "docker.io/library/box:latest", store.images:resolve(id).manifest
      print(is_it(id), is_it(id:sub(8)), is_it(id:sub(8, 15)), is_it "box", is_it(full),
        is_it("box@" .. digest))]=])
  end)

  it("keeps the manifest that it has, unless it is put to have another", function()
    assert.equal("nil\tnew\tnew\n", output [=[
      local function put_with(word, renews)
        local id = store.images:put { config = config "a", created = 1, renews = renews,
          annotations = word and { a = word } }
        local bytes = store.images:manifest_bytes(store.images:resolve(id).manifest)
        return (json.decode(bytes).annotations or {}).a
      end
      put_with(nil)
      print(put_with("other"), put_with("new", true), (put_with(nil)))]=])
  end)

  it("has the digest of its configuration's bytes as its id, and one row however often", function()
    assert.equal("true\ttrue\t1\n", output [=[
      local first, second = put("a"), put("a", "box")
      print(first == "sha256:" .. require("lamina.core.digest").sha256(config "a"),
        first == second, #store.images:list())]=])
  end)

  it("has a manifest that names its parts with their sizes", function()
    assert.equal("true\ttrue\t0\n", output [=[
      local image = store.images:resolve(put "a")
      local manifest = json.decode(store.blobs:get(image.manifest))
      print(manifest.config.digest == image.id, manifest.layers[1].digest == busybox,
        manifest.layers[1].size)
      store.images:renew_manifest(image.id)
      assert(store.images:resolve(image.id).manifest == image.manifest)]=])
  end)

  it("loses a name to the image that gets it (SEMANTICS 96)", function()
    assert.equal("0\tdocker.io/library/box:latest\n", output [=[
      local first, second = put("a", "box"), put("b", "box")
      print(#store.images:resolve(first).names, store.images:resolve(second).names[1])]=])
  end)

  it("is refused without its layers, and when its configuration is none", function()
    local out = output [=[
      local strange = "sha256:" .. ("c"):rep(64)
      try(store.images.put, { config = config("a", { strange }) })
      try(store.images.put, { config = "{" })
      try(store.images.put, { config = "[]" })
      try(store.images.put, { config = config("a", { "../../etc" }) })
      print(#store.images:list())]=]
    assert.matches("^not%-found\tlayer sha256:c+ is not in the store", out)
    assert.equal(3, select(2, out:gsub("invalid%-input", "")))
    assert.matches("\n0\n$", out)
  end)

  it("says that a beginning is ambiguous, and what a wrong name may have meant", function()
    local out = output [=[
      local seen
      for n = 1, 40 do
        local id = put(tostring(n), "image" .. n)
        if id:sub(8, 8) == seen then break end
        seen = seen or id:sub(8, 8)
      end
      try(store.images.resolve, seen)
      try(store.images.resolve, "imaeg1")]=]
    assert.matches("^ambiguous\tseveral images have an id that begins with '%x'", out)
    assert.matches("not%-found\tno image 'imaeg1' in the store\tdid you mean 'image1", out)
  end)

  it("isn't removed under a container, unless forced", function()
    local out = output [=[
      local id = put("a", "box")
      store.containers:create { image = id, name = "work", layers = { busybox } }
      try(store.images.remove, id)
      try(store.images.remove, id, { force = true })
      print(#store.images:list())]=]
    assert.matches("^name%-in%-use\timage %x+ is used by container work\t", out)
    assert.matches("fine\t\t\n0\n$", out)
  end)

  it("isn't removed under a container that is made at that moment, nor is its index", function()
    assert.equal("name-in-use\nname-in-use\n", output [=[
      local function remove(things, id, image)
        store.transaction = function(_, ...)
          store.transaction = nil
          store.containers:create { image = image, layers = { busybox } }
          return store:transaction(...)
        end
        print(select(2, pcall(things.remove, things, id)).kind)
      end
      local id = put("a", "box")
      remove(store.images, id, id)
      local index = store.indexes:put { images = { { config = config "b",
        platform = "linux/amd64" } } }
      remove(store.indexes, index, store.indexes:members(index)[1].image)]=])
  end)

  it("is never shown with a configuration that was changed on the disk", function()
    assert.equal("corrupt\n", output [=[
      local id = put "a"
      assert(fs.write(store.blobs:path(id), config "b"))
      local ok, err = pcall(function() return store.images:resolve(id).config end)
      print(err.kind)]=])
  end)

  it("is meant by a whole id before a name, by a name before the beginning of an id", function()
    assert.equal("true\ttrue\ttrue\n", output [=[
      local id, other = put("a", "first"), put("b", "second")
      local hex = id:sub(8)
      store.images:tag(other, hex:sub(1, 20))
      local function resolve(text) return store.images:resolve(text).id end
      print(resolve(hex) == id, resolve(hex:sub(1, 20)) == other, resolve(hex:sub(1, 21)) == id)]=])
  end)

  it("is the newer one of a second that was stored later", function()
    assert.equal("c b a\n", output [=[
      put("a", "a"); put("b", "b"); put("c", "c")
      local names = {}
      for i, image in ipairs(store.images:list()) do
        names[i] = image.names[1]:match("(%a):latest")
      end
      print(table.concat(names, " "))]=])
  end)

  it("gets no name that is a digest", function()
    assert.equal("invalid-reference\n", output [=[
      local id = put "a"
      local ok, err = pcall(store.images.tag, store.images, id, "a@" .. id)
      print(not ok and err.kind)]=])
  end)
end)
