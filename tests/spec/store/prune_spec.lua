local fixtures = require "support.fixtures"
local helper = require "support.helper"

local prelude = [=[
  local prune = require "lamina.store.prune"
  local function layer(letter)
    local dir = folder("layer")
    assert(fs.write(dir .. "/file", letter))
    return store.layers:adopt(dir, { diff_id = "sha256:" .. letter:rep(64), tar_size = 0,
      entries = 1, bytes = 1 })
  end
  --- This process' leases would keep its layers.
  local function forget_leases() assert(store.db:run "delete from leases") end
  local function exists(diff_id)
    local is_there = fs.stat(store.layers:path(diff_id)) ~= nil
    assert(is_there == (store.layers:get(diff_id) ~= nil), "row and folder agree")
    return is_there
  end
]=]

local function run(text)
  assert.equal("", fixtures.output(prelude .. text))
end

describe("lamina.store.prune", function()
  teardown(helper.cleanup)

  it("forgets cache records that weren't used since, with their layers", function()
    run [=[
      local old, new = layer "1", layer "2"
      store.cache:put("old", { diff_id = old })
      store.cache:put("new", { diff_id = new })
      assert(store.db:run "update cache set used = 1000 where key = 'old'")
      forget_leases()
      local report = prune.run(store, { cache = true, before = 2000 })
      assert(report.cache == 1 and not exists(old) and exists(new))
      assert(prune.run(store, { cache = true }).cache == 1 and not exists(new))
    ]=]
  end)

  it("removes cache mounts that no step uses, and leaves their locks", function()
    run [=[
      local dir = store.root .. "/cache/"
      local used, free = ("a"):rep(32), ("b"):rep(32)
      for _, name in ipairs { used, free } do
        assert(fs.mkdir(dir .. name))
        assert(fs.write(dir .. name .. "/file", "12345"))
      end
      local held = assert(fs.lock(dir .. used .. ".lock", "shared"))
      local report = prune.run(store, { mounts = true })
      assert(report.mounts == 1)
      assert(fs.stat(dir .. used .. "/file") and not fs.stat(dir .. free))
      assert(fs.stat(dir .. free .. ".lock"))
      held:release()
    ]=]
  end)

  it("leaves downloads and the records of builds where the cache may have a size", function()
    run [=[
      local dir = store.root .. "/cache/"
      local file = dir .. "file-" .. ("a"):rep(64) .. "-1"
      assert(fs.write(file, "12345"))
      assert(store.db:run "insert into builds values ('build', 1, '{}')")
      local function left()
        return fs.stat(file) ~= nil and #assert(store.db:rows "select id from builds") == 1
      end
      prune.run(store, { cache = true, keep_bytes = 1 << 30 })
      assert(left())
      prune.run(store, { cache = true })
      assert(not left())
    ]=]
  end)

  -- In cache/: a tree, a file and a record that were downloaded, a cache mount; none has a lock.
  local downloads = [=[
    local dir = store.root .. "/cache/"
    local tree, mount = dir .. "git-" .. ("a"):rep(32), dir .. ("b"):rep(32)
    local file, url = dir .. "file-" .. ("c"):rep(64) .. "-1", dir .. "url-" .. ("d"):rep(32)
    for _, path in ipairs { tree, mount } do
      assert(fs.mkdir(path))
      assert(fs.write(path .. "/file", "12345"))
    end
    for _, path in ipairs { file, url } do assert(fs.write(path, "12345")) end
    local function left() return table.concat(assert(fs.list(dir)), " ") end
  ]=]

  it("makes no file on a dry run", function()
    run(downloads .. [=[
      local before = left()
      local report = prune.run(store, { cache = true, mounts = true, dry_run = true })
      assert(report.bytes == 20 and report.mounts == 1)
      assert(left() == before)
    ]=])
  end)

  it("removes downloads with nothing beside them, but no tree that a build reads", function()
    run(downloads .. [=[
      local held = assert(fs.lock(tree .. ".lock", "shared"))
      assert(prune.run(store, { cache = true }).bytes == 10)
      assert(not fs.stat(file) and not fs.stat(file .. ".lock"))
      assert(not fs.stat(url) and not fs.stat(url .. ".lock"))
      assert(fs.stat(tree .. "/file") and fs.stat(mount .. "/file"))
      held:release()
      assert(prune.run(store, { cache = true }).bytes == 5 and not fs.stat(tree))
    ]=])
  end)

  it("leaves a cache mount that somebody has just removed", function()
    run(downloads .. [=[
      local mounts = require "lamina.store.mount"
      local one = mounts.list(store)[1]
      assert(mounts.remove(store, one) and not mounts.remove(store, one))
    ]=])
  end)

  it("leaves no hint at a layer whose results are gone: it would keep the layer", function()
    run [=[
      local first, second = layer "1", layer "2"
      for i, diff_id in ipairs { first, second } do
        store.cache:put("key" .. i, { kind = "copy", diff_id = diff_id })
        store.cache:put("previous:" .. i, { kind = "previous", diff_id = diff_id })
      end
      assert(store.db:run "update cache set used = 1000 where key = 'key1'")
      forget_leases()
      store:lease("layer", busybox)
      local function count()
        return #assert(store.db:rows "select 1 from cache where key glob 'previous:*'")
      end
      assert(prune.run(store, { cache = true, keep_bytes = 1, dry_run = true }).layers == 1)
      assert(prune.run(store, { cache = true, keep_bytes = 1 }).cache == 1)
      assert(not exists(first) and exists(second) and count() == 1)
    ]=]
  end)

  it("writes once however many records there are", function()
    run [=[
      store:transaction(function()
        for n = 1, 300 do
          local diff_id = ("sha256:%064x"):format(n)
          assert(store.db:run([[insert into layers (diff_id, tar_size, bytes, entries, created)
            values (?, 0, 0, 0, 0)]], diff_id))
          store.cache:put("key" .. n, { diff_id = diff_id })
          assert(store.db:run("insert into builds values (?, 1, '{}')", "b" .. n))
        end
        return true
      end)
      local log = store.root .. "/lamina.db-wal"
      assert(store.db:row "pragma wal_checkpoint(truncate)")
      assert(fs.stat(log).size == 0)
      assert(prune.run(store, { cache = true }).cache == 300)
      assert(#store.builds:list() == 0 and #store.layers:list() == 1)
      assert(fs.stat(log).size < 300 * 4096, "a page for each row")
    ]=]
  end)

  it("doesn't take a container that somebody is starting", function()
    run [=[
      local one = store.containers:create { name = "one", layers = {} }
      local claim = store.containers:claim(one.id)
      assert(#prune.run(store, { containers = true }).containers == 0)
      assert(store.containers:get("one"))
      claim:release()
      assert(#prune.run(store, { containers = true }).containers == 1)
      assert(not fs.stat(one.dir))
    ]=]
  end)

  -- What happens between the list that prune reads and what it does: after(t, fn) runs fn once.
  local images = [=[
    local json = require "lamina.core.json"
    local function image(text)
      return { created = 1, platform = "linux/amd64", config = json.encode { architecture = "amd64",
        os = "linux", author = text,
        rootfs = { type = "layers", diff_ids = json.array { busybox } } } }
    end
    local function after(t, fn)
      t.list = function(self)
        local list = getmetatable(t).__index.list(self)
        fn()
        return list
      end
    end
  ]=]

  it("doesn't take an image that somebody is naming or using", function()
    run(images .. [=[
      local named, used, gone = store.images:put(image "1"), store.images:put(image "2"),
        store.images:put(image "3")
      after(store.images, function()
        store.images:tag(named, "named")
        store.containers:create { image = used, layers = {} }
      end)
      local report = prune.run(store, { images = true })
      assert(#report.images == 1 and report.images[1].id == gone)
      assert(store.images:resolve("named").id == named and store.images:resolve(used))
    ]=])
  end)

  it("doesn't take an image that somebody has stored again", function()
    run(images .. [=[
      local id = store.images:put(image "1")
      after(store.images, function()
        assert(store.db:run("update images set stored = stored + 1"))
      end)
      assert(#prune.run(store, { images = true }).images == 0)
      assert(store.images:resolve(id))
    ]=])
  end)

  it("doesn't take an index that somebody is naming or using", function()
    run(images .. [=[
      local named = store.indexes:put { images = { image "1" } }
      local used = store.indexes:put { images = { image "2" } }
      local gone = store.indexes:put { images = { image "3" } }
      after(store.indexes, function()
        store.images:tag(store.indexes:members(named)[1].image, "named", named)
        store.containers:create { image = store.indexes:members(used)[1].image, layers = {} }
      end)
      local report = prune.run(store, { images = true })
      assert(#report.images == 1 and report.images[1].id == gone)
      assert(store.images:resolve("named").index == named and store.indexes:has(used))
    ]=])
  end)
end)
