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
