local fixtures = require "support.fixtures"
local helper = require "support.helper"

--- Opens a store as a command does, in a process of its own; answers the failure's words or "".
local function open(root, environment)
  local status, _, err = helper.sh(("env LAMINA_ROOT=%s %s %s images"):format(helper.quote(root),
    environment or "", helper.quote(helper.lamina_path)))
  return status, err
end

describe("lamina.store.store", function()
  after_each(helper.cleanup)

  it("makes a store that is ours alone, whatever the umask (ST-20)", function()
    local root = helper.tmpdir() .. "/deep/store"
    local status, _, err = helper.sh(("umask 0; LAMINA_ROOT=%s %s images"):format(root,
      helper.quote(helper.lamina_path)))
    assert.equal("", err)
    assert.equal(0, status)
    local _, open_ones = helper.sh(("find %s -perm /077"):format(root))
    assert.equal("", open_ones)
  end)

  it("refuses one that is open to others, a link, a file (ST-20)", function()
    local dir = helper.tmpdir()
    helper.sh("cd " .. dir .. "; mkdir -m 755 open; mkdir -m 700 real; ln -s real link; touch file")
    for name, words in pairs { open = "is open to others (mode 755)", link = "is not a directory",
      ["link/"] = "is not a directory", file = "is not a directory" } do
      local status, err = open(dir .. "/" .. name)
      assert.equal(1, status, name)
      assert.matches(words, err, 1, true)
      assert.matches("hint: chmod 700 it, or choose another", err, 1, true)
    end
    assert.equal(1, (helper.sh(("[ -e %s/real/lamina.db ]"):format(dir))))
  end)

  it("refuses one that belongs to somebody else (ST-20)", function()
    local root = helper.tmpdir() .. "/store"
    if helper.is_root then
      helper.sh(("mkdir -m 700 %s; chown 12345 %s"):format(root, root))
      local status, err = open(root)
      assert.equal(1, status)
      return assert.matches("belongs to user 12345\nhint: a store is one user's", err, 1, true)
    end
    local status, err = open("/root")
    assert.equal(1, status)
    assert.not_matches("internal error", err, 1, true)
  end)

  it("refuses a link in the place of one of its folders", function()
    local dir = helper.tmpdir()
    local root = dir .. "/store"
    assert.equal(0, (open(root)))
    helper.sh(("mkdir %s/victim; rmdir %s/layers; ln -s %s/victim %s/layers"):format(dir, root, dir,
      root))
    local status, err = open(root)
    assert.equal(1, status)
    assert.matches("layers is a link where the store has a directory", err, 1, true)
  end)

  it("can be read, and not written, on a read-only file system (ST-11)", function()
    local enter = helper.is_root and "unshare -m" or "unshare -U --map-current-user --keep-caps -m"
    if helper.sh(enter .. " mount -t tmpfs none /mnt") ~= 0 then
      return pending("nothing can be mounted here")
    end
    local run = fixtures.busybox_store()
    local script = helper.write(helper.tmpdir() .. "/script", ([[
      export LAMINA_ROOT=%s
      mount --bind $LAMINA_ROOT $LAMINA_ROOT && mount -o remount,bind,ro $LAMINA_ROOT || exit 99
      lamina=%s
      $lamina images -q && $lamina history -q busybox && $lamina fsck --deep || exit 98
      $lamina tag busybox other && exit 97
      $lamina import %s other && exit 96
      $lamina run --network none busybox true && exit 95
      $lamina rmi busybox && exit 94
      exit 0]]):format(run.root, helper.quote(helper.lamina_path),
      helper.quote(fixtures.busybox_tar())))
    local status, out, err = helper.sh(enter .. " sh " .. script)
    assert.equal(0, status, err)
    assert.matches("no damage", out, 1, true)
    assert.equal(5, select(2, err:gsub("Read%-only file system", "")), err) -- rmi: name and files
    assert.equal(5, select(2, err:gsub("hint: what is mounted read%-only", "")), err)
  end)

  it("drops what a process held when it closes, and when that is done twice", function()
    assert.equal("1\t1\n0\t0\n", fixtures.output [=[
      local function count()
        return #fs.list(store.root .. "/tmp"), #assert(store.db:rows "select * from leases")
      end
      print(count())
      local again = require("lamina.store.store").open { root = store.root, home = store.home }
      store:close()
      print(#fs.list(again.root .. "/tmp"), #assert(again.db:rows "select * from leases"))
      again:close()]=])
  end)

  it("covers by a sync what was there before it, and nothing younger", function()
    assert.equal("nil\ttrue\n", fixtures.output [=[
      local syncfs, young = fs.syncfs, "sha256:" .. ("2"):rep(64)
      local function adopt_one() -- another process, as it were, while the disk works
        fs.syncfs = syncfs
        local info = { diff_id = young, tar_size = 0, entries = 0, bytes = 0 }
        store.layers:adopt(folder "young", info)
        return syncfs(store.root)
      end
      rawset(fs, "syncfs", adopt_one)
      store:sync()
      print(store.layers:get(busybox).boot, store.layers:get(young).boot == store.boot)]=])
  end)

  it("doesn't take an empty database beside blobs for a new store", function()
    local run = fixtures.busybox_store()
    helper.write(run.root .. "/lamina.db", "")
    local status, err = open(run.root)
    assert.equal(1, status)
    assert.matches("lamina.db is empty, and the store isn't empty", err, 1, true)
    assert.matches("lamina fsck --repair", err, 1, true)
  end)
end)
