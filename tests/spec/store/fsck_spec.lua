local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- An image on a layer that packs to its diff ID, and what looks at the store's lock.
local prelude = [=[
  local core, json = require "lamina.core.layer", require "lamina.core.json"
  local fsck = require "lamina.store.fsck"
  local place = { root = store.root, home = store.home }
  local dir = folder "layer"
  local function write(folder, text)
    assert(fs.write(folder .. "/file", text))
    for _, path in ipairs { folder .. "/file", folder } do assert(fs.utime(path, 1)) end
  end
  write(dir, "good")
  local diff_id = store.layers:adopt(dir, assert(core.pack(dir, { form = "overlay" })))
  local layer = store.layers:path(diff_id)
  local id = store.images:put { names = { "first" }, created = 1, config = json.encode {
    architecture = "amd64", os = "linux",
    rootfs = { type = "layers", diff_ids = json.array { diff_id } } } }
  local function lock_state()
    local held <close>, err = fs.lock(store.root .. "/gc.lock", "shared", { wait = false })
    return held and "free" or err.errno
  end
  --- Calls look() before each call of t[name].
  local function watch(t, name, look)
    local real = t[name]
    t[name] = function(...)
      look()
      return real(...)
    end
  end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.fsck", function()
  after_each(helper.cleanup)

  it("repairs what it has found before it lets anybody else in", function()
    assert.equal("EAGAIN\nrepaired\n", output [=[
      assert(fs.chmod(store.layers.dir, 493))
      watch(fs, "chmod", function() print(lock_state()) end)
      watch(require "lamina.store.fsck.blobs", "hash", function()
        print(fs.stat(store.layers.dir).mode & 63 == 0 and "repaired" or "still open")
      end)
      fsck.run(place, { repair = true })]=])
  end)

  -- run(mend): the damage is mended by somebody else between the finding and the repair.
  local meanwhile = [=[
    local function run(mend)
      local found = require("lamina.store.fsck.findings").new()
      local repairs = 0
      require("lamina.store.fsck.findings").new = function() return found end
      watch(found, "repair", function()
        repairs = repairs + 1
        if repairs == 2 then mend() end -- it follows what took its time
      end)
      fsck.run(place, { deep = true, repair = true })
      for _, one in ipairs(found.list) do
        if one.level == "damage" then print(one.kind, one.repaired) end
      end
    end
  ]=]

  it("leaves a layer alone that somebody has made again meanwhile", function()
    assert.equal("changed-layer\ttrue\ngood\ttrue\tnil\n", output(meanwhile .. [=[
      assert(store.db:run("delete from layers where diff_id = ?", busybox))
      assert(fs.remove(store.layers:path(busybox)))
      write(layer, "bad")
      run(function() write(layer, "good") end)
      print(fs.read(layer .. "/file"), store.layers:get(diff_id) ~= nil,
        (fs.stat(store.root .. "/damaged")))]=]))
  end)

  it("keeps the row of a layer that an image has begun to use meanwhile", function()
    assert.equal("changed-layer\tfalse\ntrue\n", output(meanwhile .. [=[
      store.images:remove(id)
      assert(store.db:run("delete from layers where diff_id = ?", busybox))
      assert(fs.remove(store.layers:path(busybox)))
      write(layer, "bad")
      run(function()
        assert(store.db:run("insert into images values ('x', 'y', 0, 0, 0, ?, null)",
          diff_id:sub(8)))
      end)
      print(store.layers:get(diff_id) ~= nil)]=]))
  end)

  it("leaves a blob and a log alone that somebody has made again meanwhile", function()
    assert.equal("damaged-blob\ttrue\ndamaged-log\ttrue\ntrue\ttrue\tnil\n", output(meanwhile .. [=[
      local log = require("lamina.core.digest").sha256 "words"
      local blob, bytes = store.blobs:path(id), store.blobs:get(id)
      assert(store.db:run("delete from layers where diff_id = ?", busybox))
      assert(fs.remove(store.layers:path(busybox)))
      assert(fs.write(blob, "bad"))
      assert(fs.write(store.logs:path(log), "bad"))
      run(function()
        assert(fs.write(blob, bytes))
        assert(fs.write(store.logs:path(log), "words"))
      end)
      print(fs.read(blob) == bytes, fs.read(store.logs:path(log)) == "words",
        (fs.stat(store.root .. "/damaged")))]=]))
  end)
end)

describe("lamina.store.fsck.rebuild", function()
  after_each(helper.cleanup)

  local damage = [=[
    store:sync()
    local path = store.root .. "/lamina.db"
    local old = folder "old" .. "/lamina.db"
    store.db:close()
    local bytes = assert(fs.read(path))
    -- the root page of an index is none any more: rows can be read, and no longer be trusted
    local function spoil()
      local db = assert(require("lamina.core.database").open(path))
      local page = assert(db:row [[select rootpage from sqlite_schema
        where name = 'names_image']]).rootpage
      db:close()
      local size = bytes:byte(17) * 256 + bytes:byte(18)
      local at = (page - 1) * size
      assert(fs.write(path, bytes:sub(1, at) .. ("x"):rep(size) .. bytes:sub(at + size + 1)))
    end
    spoil()
    local function show()
      local again <close> = require("lamina.store.store").open(place)
      print(again.images:resolve("first").id == id, again.layers:has(diff_id))
    end
  ]=]

  it("holds the lock alone, and the old database its name, until all is there again", function()
    assert.equal("EAGAIN\told\nEAGAIN\told\nfree\ntrue\ttrue\n", output(damage .. [=[
      local spoilt = fs.stat(path).ino
      watch(sched, "job", function()
        if fs.stat(path).ino == spoilt then print(lock_state(), "old") end
      end)
      assert(fsck.run(place, { repair = true }):is_clean())
      assert(fs.stat(path).ino ~= spoilt)
      print(lock_state())
      show()]=]))
  end)

  it("leaves a database that somebody else has made again meanwhile", function()
    assert.equal("true\ttrue\tnil\n", output(damage .. [=[
      local lock = require "lamina.store.lock"
      local is_first, made = true, nil
      watch(lock, "wait", function() -- before the second one has the lock
        if not is_first then return end
        is_first = false
        fsck.run(place, { repair = true })
        made = fs.stat(path).ino
        assert(fs.remove(store.root .. "/damaged"))
      end)
      assert(fsck.run(place, { repair = true }):is_clean())
      print(made ~= nil, fs.stat(path).ino == made, (fs.stat(store.root .. "/damaged")))]=]))
  end)

  it("keeps what is said of images", function()
    assert.equal("true\tstatement\tnil\n", output([=[
      store.attestations:put(id, { { config = "{}", blobs = { "statement" }, manifest = "said",
        subject = store.images:resolve(id).manifest, is_own = true } })
    ]=] .. damage .. [=[
      assert(fsck.run(place, { repair = true }):is_clean())
      local again <close> = require("lamina.store.store").open(place)
      local one, more = table.unpack(again.attestations:of(id))
      print(one.is_own, one.blobs[1], more)]=]))
  end)

  it("loses nothing when it is killed on the way", function()
    assert.equal("killed\ntrue\ntrue\ttrue\n", output(damage .. [=[
      local rebuild, spoilt = require "lamina.store.fsck.rebuild", fs.read(path)
      local run = rebuild.run
      rebuild.run = function(root, open)
        return run(root, function(at)
          local made = open(at)
          made.sync = function() error("killed", 0) end -- all is there, but not in its place
          return made
        end)
      end
      print(select(2, pcall(fsck.run, place, { repair = true })))
      print(fs.read(path) == spoilt)
      rebuild.run = run
      assert(fsck.run(place, { repair = true }):is_clean())
      show()]=]))
  end)
end)
