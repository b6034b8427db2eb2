local database = require "lamina.core.database"
local sha256 = require("lamina.core.digest").sha256
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

local function lamina(root, ...)
  local words = { "LAMINA_ROOT=" .. helper.quote(root), helper.quote(helper.lamina_path) }
  for _, word in ipairs { ... } do words[#words + 1] = helper.quote(word) end
  return helper.sh(table.concat(words, " "))
end

local function must(status, out, err)
  assert.equal("", err)
  assert.equal(0, status)
  return out
end

--- A store with an image, one committed from a container, and the container.
local sample
local function make_sample()
  local root = helper.tmpdir() .. "/store"
  must(lamina(root, "import", "-c", "CMD true", fixtures.busybox_tar(), "box"))
  must(lamina(root, "run", "--network", "none", "--name", "work", "box", "sh", "-c",
    "echo made >/made"))
  must(lamina(root, "commit", "work", "made"))
  must(lamina(root, "run", "--network", "none", "--name", "more", "made", "sh", "-c",
    "echo kept >/kept"))
  must(helper.sh(("chmod 700 %s/containers/*/wor*/*"):format(helper.quote(root)))) -- for cp
  return root
end

local function copy_sample()
  sample = sample or make_sample()
  local root = helper.tmpdir() .. "/store"
  must(helper.sh(("cp -a %s %s"):format(helper.quote(sample), helper.quote(root))))
  return root
end

local function query(root, sql, ...)
  local db <close> = assert(database.open(root .. "/lamina.db"))
  assert(db:exec "pragma foreign_keys = off")
  return assert(db:rows(sql, ...))
end

local function image(root, name)
  return query(root, [[select images.* from images join names on image = id where name = ?]],
    ("docker.io/library/%s:latest"):format(name))[1]
end

local function blob(root, digest)
  return root .. "/blobs/sha256/" .. digest:sub(8)
end

local function layer(root, hexes, n)
  local list = {}
  for hex in hexes:gmatch("%x+") do list[#list + 1] = hex end
  return root .. "/layers/" .. list[n], "sha256:" .. list[n]
end

local function container_dir(root, name)
  return root .. "/containers/" .. query(root, "select id from containers where name = ?",
    name)[1].id
end

local function shell(line, ...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = helper.quote(word) end
  must(helper.sh(line:format(table.unpack(words))))
end

--- Changes one byte of a file, whatever its mode.
local function flip(path, offset)
  local text = helper.read(path)
  offset = offset or #text // 2
  helper.write(path, text:sub(1, offset) .. string.char(text:byte(offset + 1) ~ 1)
    .. text:sub(offset + 2))
end

local function check(root, ...)
  local status, out = lamina(root, "fsck", "--json", ...)
  return status, assert(json.decode(out))
end

local function kinds(report, level)
  local list = {}
  for _, problem in ipairs(report.problems) do
    if problem.level == level then list[#list + 1] = problem.kind end
  end
  return list
end

local function clean()
  helper.cleanup()
  sample = nil
end

-- What is planted, what fsck calls it, what --repair makes of it: true, or the kinds that stay.
local faults = {
  { name = "a flipped bit in a configuration", kind = "damaged-blob", stays = { "missing-blob" },
    plant = function(root) flip(blob(root, image(root, "box").id)) end },
  { name = "a flipped bit in a manifest", kind = "damaged-blob",
    plant = function(root) flip(blob(root, image(root, "box").manifest)) end },
  { name = "a manifest that is missing", kind = "missing-blob",
    plant = function(root) assert(os.remove(blob(root, image(root, "box").manifest))) end },
  { name = "a configuration that is missing", kind = "missing-blob", stays = { "missing-blob" },
    plant = function(root) assert(os.remove(blob(root, image(root, "box").id))) end },
  { name = "a blob without bytes", kind = "empty-blob",
    plant = function(root) helper.write(blob(root, image(root, "box").manifest), "") end },
  { name = "a file among the blobs that is none", kind = "foreign-entry",
    plant = function(root) helper.write(root .. "/blobs/sha256/index.json", "{}") end },
  { name = "a link in a blob's place", kind = "foreign-entry",
    plant = function(root)
      local path = blob(root, image(root, "box").manifest)
      shell("mv %s %s/moved && ln -s %s/moved %s", path, root, root, path)
    end },
  { name = "a FIFO in a blob's place", kind = "foreign-entry",
    plant = function(root)
      local path = blob(root, image(root, "box").manifest)
      shell("rm %s && mkfifo %s", path, path)
    end },
  { name = "a directory in a blob's place", kind = "foreign-entry",
    plant = function(root)
      local path = blob(root, image(root, "box").manifest)
      shell("rm %s && mkdir %s", path, path)
    end },
  { name = "a blob that others may write to", kind = "permissions",
    plant = function(root) shell("chmod 666 %s", blob(root, image(root, "box").manifest)) end },
  { name = "a folder that is open to others", kind = "permissions",
    plant = function(root) shell("chmod 755 %s/layers", root) end },
  { name = "a row without its layer's files", kind = "missing-layer", stays = { "missing-layer" },
    plant = function(root)
      shell("mv %s %s/moved", layer(root, image(root, "made").layers, 2), root)
    end },
  { name = "a file in a layer's place", kind = "foreign-entry", stays = { "foreign-entry" },
    plant = function(root)
      local path = layer(root, image(root, "made").layers, 2)
      shell("mv %s %s/moved && touch %s", path, root, path)
    end },
  { name = "an image whose layer has no row", kind = "missing-layer",
    plant = function(root)
      local _, id = layer(root, image(root, "made").layers, 2)
      query(root, "delete from layers where diff_id = ?", id)
    end },
  { name = "a layer with a changed file", kind = "changed-layer", deep = true,
    stays = { "changed-layer" },
    plant = function(root)
      helper.write(layer(root, image(root, "made").layers, 2) .. "/made", "changed")
    end },
  { name = "a layer with one file too many", kind = "changed-layer", deep = true,
    stays = { "changed-layer" },
    plant = function(root)
      helper.write(layer(root, image(root, "box").layers, 1) .. "/etc/more", "")
    end },
  { name = "a name of nothing", kind = "dangling-name",
    plant = function(root)
      query(root, [[insert into names (name, image, stored)
        values ('docker.io/library/gone:latest', 'sha256:0', 0)]])
    end },
  { name = "a name of an index that isn't there", kind = "broken-index",
    plant = function(root) query(root, "update names set index_id = 'sha256:0'") end },
  { name = "an index of an image that isn't there", kind = "broken-index",
    plant = function(root)
      local bytes = '{"manifests":[],"schemaVersion":2}'
      local of = "sha256:" .. sha256(bytes)
      helper.write(root .. "/blobs/sha256/" .. of:sub(8), bytes)
      query(root, "insert into indexes values (?, 0, 0, null)", of)
      query(root, "insert into members values (?, 1, 'sha256:0', 'linux/amd64')", of)
    end },
  { name = "a record that isn't what the configuration says", kind = "wrong-record",
    plant = function(root)
      query(root, "update images set size = size + 1 where id = ?", image(root, "box").id)
    end },
  { name = "a container without its files", kind = "missing-container",
    stays = { "missing-container" },
    plant = function(root) shell("rm -r %s", container_dir(root, "more")) end },
  { name = "a container without a work directory", kind = "incomplete-container",
    plant = function(root) shell("rm -r %s/work", container_dir(root, "more")) end },
  { name = "a container's files without a row", kind = "lost-container",
    plant = function(root) query(root, "delete from containers where name = 'more'") end },
  { name = "a cache record of a layer that isn't there", kind = "stale-cache",
    plant = function(root)
      query(root, "insert into cache values ('key', 'sha256:0', '{}', 0, 0, 0)")
    end },
}

describe("lamina fsck", function()
  teardown(clean)

  it("finds nothing in a store that is whole", function()
    local root = copy_sample()
    local status, report = check(root, "--deep")
    assert.equal(0, status)
    assert.same({ clean = true, problems = {},
      checked = { blobs = 4, containers = 2, images = 2, layers = 2 } }, report)
    assert.matches("^2 images, 2 containers, 2 layers, 4 blobs: no damage\n$",
      must(lamina(root, "fsck")))
  end)

  for _, fault in ipairs(faults) do
    it("tells " .. fault.name .. " as " .. fault.kind, function()
      local root = copy_sample()
      fault.plant(root)
      local depth = fault.deep and "--deep" or nil
      local status, report = check(root, depth)
      assert.equal(1, status)
      assert.is_false(report.clean)
      assert.equal(fault.kind, kinds(report, "damage")[1])
      status, report = check(root, "--repair", depth)
      assert.equal(fault.stays and 1 or 0, status, json.encode(report))
      status, report = check(root, depth)
      assert.equal(fault.stays and 1 or 0, status)
      assert.same(fault.stays or {}, kinds(report, "damage"))
    end)
  end
end)

describe("a layer that was pulled", function()
  teardown(clean)

  --- Packs in a process of its own, since an ordinary user's files belong to root only at home.
  local function pack(path, output)
    local script = helper.write(helper.tmpdir() .. "/pack.lua", ([[
      assert(require("lamina.core.namespace").enter())
      local info = assert(require("lamina.core.layer").pack(%q, { form = "overlay", output = %q,
        compression = "gzip" }))
      print(require("lamina.core.json").encode(info))]]):format(path, output))
    return assert(json.decode(must(helper.sh("lua5.4 " .. script))))
  end

  --- Keeps the blob that the second layer of "made" came as, as far as the store can tell.
  local function with_blob(root)
    local path, id = layer(root, image(root, "made").layers, 2)
    local temp = helper.tmpdir() .. "/blob"
    local info = pack(path, temp)
    shell("mv %s %s && chmod 600 %s", temp, blob(root, info.digest), blob(root, info.digest))
    query(root, "update layers set blob = ?, blob_size = ?, blob_type = ? where diff_id = ?",
      info.digest, info.size, "application/vnd.oci.image.layer.v1.tar+gzip", id)
    return path, blob(root, info.digest)
  end

  it("is unpacked again from its blob when its files are damaged or gone", function()
    local root = copy_sample()
    local path = with_blob(root)
    assert.equal(0, (check(root, "--deep")))
    helper.write(path .. "/made", "changed")
    assert.equal("changed-layer", kinds(select(2, check(root, "--deep")), "damage")[1])
    assert.equal(0, (check(root, "--deep", "--repair")))
    assert.equal("made\n", helper.read(path .. "/made"))
    shell("rm -r %s", path)
    assert.equal(0, (check(root, "--repair")))
    assert.equal("made\n", helper.read(path .. "/made"))
    assert.equal(1, #query(root, "select 1 from layers where boot is not null")) -- isn't synced yet
  end)

  it("is well when what stood on it was removed and loaded again, as the hint says", function()
    local root, archive = copy_sample(), helper.tmpdir() .. "/made.tar"
    must(lamina(root, "rm", "more", "work"))
    must(lamina(root, "save", "-o", archive, "made"))
    helper.write(layer(root, image(root, "made").layers, 2) .. "/made", "changed")
    local _, report = check(root, "--deep")
    assert.equal("`lamina rmi` and `rm` what stands on it, `lamina prune`; then pull, load or "
      .. "build the image again", report.problems[1].hint)
    must(lamina(root, "rmi", "made"))
    must(lamina(root, "prune", "--force"))
    must(lamina(root, "load", "-i", archive))
    assert.equal(0, (check(root, "--deep")))
    assert.equal("made\n", helper.read(layer(root, image(root, "made").layers, 2) .. "/made"))
  end)

  it("does without its blob when that is damaged and the files give the same", function()
    local root = copy_sample()
    local _, kept = with_blob(root)
    flip(kept)
    assert.equal(0, (check(root)))
    assert.same({ "damaged-blob" }, kinds(select(2, check(root, "--deep")), "damage"))
    assert.equal(0, (check(root, "--deep", "--repair")))
    assert.equal(0, (check(root, "--deep")))
  end)
end)

--- Names, layers and containers as a user sees them.
local function contents(root)
  local _, names = lamina(root, "images", "--no-trunc", "--format", "{{.Repository}} {{.ID}}")
  return names
end

describe("a damaged database", function()
  teardown(clean)

  local function damaged_then_repaired(root, keeps_names)
    local before = contents(sample)
    local status, report = check(root)
    assert.equal(1, status)
    assert.equal("corrupt-database", report.problems[1].kind)
    status, report = check(root, "--repair")
    assert.equal(0, status, json.encode(report))
    assert.same({ kind = "corrupt-database", repaired = true },
      { kind = report.problems[1].kind, repaired = report.problems[1].repaired })
    status, report = check(root, "--deep")
    assert.equal(0, status, json.encode(report))
    assert.same({ images = 2, containers = 2, layers = 2, blobs = 4 }, report.checked)
    if keeps_names then assert.equal(before, contents(root)) end
    must(lamina(root, "run", "--network", "none", query(root,
      "select id from images where layers like '% %'")[1].id, "cat", "/made"))
    must(lamina(root, "start", "-a", "more"))
  end

  it("is refused by other commands, with a hint", function()
    local root = copy_sample()
    helper.write(root .. "/lamina.db", ("x"):rep(8192))
    local status, _, err = lamina(root, "images")
    assert.equal(1, status)
    assert.matches("lamina.db is damaged", err, 1, true)
    assert.matches("lamina fsck --repair", err, 1, true)
  end)

  it("is made again from what is there, when it is gone", function()
    local root = copy_sample()
    assert(os.remove(root .. "/lamina.db"))
    damaged_then_repaired(root)
  end)

  it("is made again, when it is empty", function()
    local root = copy_sample()
    helper.write(root .. "/lamina.db", "")
    damaged_then_repaired(root)
  end)

  it("is made again, when it is no database", function()
    local root = copy_sample()
    helper.write(root .. "/lamina.db", ("no database "):rep(1000))
    damaged_then_repaired(root)
  end)

  it("is kept aside when it is made again", function()
    local root = copy_sample()
    helper.write(root .. "/lamina.db", ("no database "):rep(1000))
    check(root, "--repair")
    local _, found = helper.sh("cat " .. helper.quote(root) .. "/damaged/*/lamina.db")
    assert.equal(("no database "):rep(1000), found)
  end)

  it("never crashes anything, wherever a bit flips (ST-14)", function()
    local root = copy_sample()
    local whole, before = helper.read(root .. "/lamina.db"), contents(sample)
    math.randomseed(14)
    for _ = 1, tonumber(os.getenv "LAMINA_TEST_FLIPS") or 25 do
      local at = math.random(0, #whole - 1)
      shell("rm -rf %s/damaged %s/lamina.db-wal %s/lamina.db-shm", root, root, root)
      helper.write(root .. "/lamina.db", whole)
      flip(root .. "/lamina.db", at)
      local where = "byte " .. at
      local status, _, err = lamina(root, "images")
      assert.is_true(status == 0 or status == 1, where)
      assert.not_matches("internal error", err, 1, true, where)
      status, _, err = lamina(root, "fsck", "--repair")
      assert.is_true(status == 0 or status == 1, where)
      assert.not_matches("internal error", err, 1, true, where)
      local count = #query(root, "select 1 from images")
      assert.is_true(count == 2, ("%s: %d images"):format(where, count))
      assert.is_true(#before > 0)
    end
  end)
end)
