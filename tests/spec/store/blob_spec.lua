local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina.store.blob", function()
  after_each(helper.cleanup)

  it("keeps bytes under their digest, once", function()
    assert.equal("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\t5\tx/y\n"
      .. "hello\t1\ttrue\n", fixtures.output [=[
      local of = store.blobs:put("hello", "x/y")
      print(of.digest, of.size, of.mediaType)
      store.blobs:put("hello", "x/y")
      print(store.blobs:get(of.digest), #fs.list(store.blobs.dir), store.blobs:has(of.digest))]=])
  end)

  it("says which one isn't there, and which is damaged", function()
    assert.equal("not-found\ttrue\ncorrupt\ttrue\n", fixtures.output [=[
      local of = "sha256:" .. ("a"):rep(64)
      local function try()
        local ok, err = pcall(store.blobs.get, store.blobs, of)
        print(err.kind, err.message:find(of, 1, true) ~= nil)
      end
      try()
      assert(fs.write(store.blobs:path(of), "something else"))
      try()]=])
  end)

  it("takes nothing but a file for a blob, and never waits on what was planted (ST-16)", function()
    assert.equal("link\tfalse\tfalse\nfifo\tfalse\tfalse\ndir\tfalse\tfalse\nhello\thello\n",
      fixtures.output [=[
      local of = store.blobs:put("hello", "x/y").digest
      local path = store.blobs:path(of)
      local plants = {
        { "link", "ln -s /etc/passwd " .. path }, { "fifo", "mkfifo " .. path },
        { "dir", "mkdir " .. path },
      }
      for _, plant in ipairs(plants) do
        fs.remove(path)
        assert(os.execute(plant[2]))
        print(plant[1], store.blobs:has(of), (pcall(store.blobs.get, store.blobs, of)))
        assert(store.blobs:put("hello", "x/y").digest == of)
        assert(store.blobs:get(of) == "hello")
      end
      print(store.blobs:get(of), fs.read(path))]=])
  end)

  it("replaces what is damaged when the bytes come again", function()
    assert.equal("hello\n", fixtures.output [=[
      local of = store.blobs:put("hello", "x/y").digest
      for _, bytes in ipairs { "", "jello", "hello and more" } do
        assert(fs.write(store.blobs:path(of), bytes))
        store.blobs:put("hello", "x/y")
        assert(store.blobs:get(of) == "hello")
      end
      print(store.blobs:get(of))]=])
  end)

  it("makes no path of what is no digest", function()
    assert.equal("invalid-input\ninvalid-input\ninvalid-input\n", fixtures.output [=[
      for _, of in ipairs { "sha256:../../etc/passwd", "md5:" .. ("a"):rep(64),
        "sha256:" .. ("A"):rep(64) } do
        print(select(2, pcall(store.blobs.path, store.blobs, of)).kind)
      end]=])
  end)

  it("gives a finished file its name, and drops it when the blob is there", function()
    assert.equal("true\ttrue\n", fixtures.output [=[
      local of = store.blobs:put("hello", "x/y").digest
      local temp = store:temp() .. "/blob"
      assert(fs.write(temp, "hello"))
      store.blobs:adopt(temp, of)
      local gone = fs.stat(temp) == nil
      fs.remove(store.blobs:path(of))
      assert(fs.write(temp, "hello"))
      store.blobs:adopt(temp, of)
      print(gone, store.blobs:get(of) == "hello")]=])
  end)
end)
