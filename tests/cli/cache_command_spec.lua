-- lamina cache ls, rm, export, import; lamina prune by age, kind and size.
local database = require "lamina.core.database"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

local recipe = [[
  return from "busybox"
    :run "head -c 300000 /dev/zero >/zero"
    :run("echo kept >/cache/file; ls /cache >/seen",
      { mounts = { cache("/cache", { id = "mine" }) } })
    :copy({ hello = "hello" }, "/")]]

describe("lamina cache", function()
  local run, dir

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    helper.write(dir .. "/recipe.lua", recipe)
    run:ok("build", "-q", dir)
  end)
  after_each(helper.cleanup)

  local function lines(text) return select(2, text:gsub("\n", "")) end

  local function query(sql)
    local db <close> = assert(database.open(run.root .. "/lamina.db"))
    return assert(db:rows(sql))
  end

  local function needed(store)
    local out = store:ok("build", "--dry-run", "--progress=quiet", dir)
    return lines((out:gsub("CACHED[^\n]*\n", "")))
  end

  it("lists results and mounts: what, how large, when", function()
    local out = run:ok("cache", "ls", "--format", "{{.Type}} {{.Size}} {{.Description}}")
    assert.equal(4, lines(out))
    assert.matches('record 300kB run "head', out, 1, true)
    assert.matches("mount 5B mine", out, 1, true)
    assert.matches("record 5B copy", out, 1, true)
    assert.equal(3, lines(run:ok("cache", "ls", "-q", "--filter", "type=record")))
    assert.equal("", run:ok("cache", "ls", "-q", "--filter", "until=1h"))
    assert.equal(4, lines(run:ok("cache", "ls", "-q", "--filter", "until=2999-01-01")))
    assert.matches("^ID +TYPE +DESCRIPTION +SIZE +CREATED +LAST USED +USES\n",
      run:ok("cache", "ls"))
  end)

  it("removes by id, by filter, and all", function()
    local id = run:ok("cache", "ls", "--format", "{{.ID}} {{.Kind}}"):match("(%x+) copy")
    local function layers() return lines(select(2, helper.sh("ls " .. run.root .. "/layers"))) end
    run:ok("prune", "--force", "--filter", "type=image")
    query [[insert into cache select 'previous:x', diff_id, '{}', 0, 0, 0 from cache
      where record like '%"copy"%']]
    local before = layers()
    assert.equal(id .. "\n", run:ok("cache", "rm", id))
    assert.equal(before - 1, layers())
    assert.equal(1, needed(run))
    run:ok("cache", "rm", "mine")
    assert.equal("", run:ok("cache", "ls", "-q", "--filter", "type=mount"))
    run:ok("cache", "rm", "--all")
    assert.equal("", run:ok("cache", "ls", "-q"))
    assert.equal(3, needed(run))
    assert.equal(0, (run("fsck")))
    run:fails(1, "no cache record or mount '1234567'", "cache", "rm", "1234567")
    run:fails(2, "an id, %-%-all or %-%-filter expected", "cache", "rm")
    run:fails(2, "unknown action 'list'", "cache", "list")
  end)

  it("leaves a mount that a step uses", function()
    local path = helper.sh("ls -d " .. run.root .. "/cache/*.lock")
    assert.equal(0, path)
    local status, _, err = helper.sh(("for l in %s/cache/*.lock; do [ -d ${l%%.lock} ] && "
      .. "exec flock -s $l env LAMINA_ROOT=%s %s cache rm mine; done"):format(run.root, run.root,
      helper.lamina_path))
    assert.equal(1, status)
    assert.matches("is in use", err)
    assert.equal(1, lines(run:ok("cache", "ls", "-q", "--filter", "type=mount")))
  end)

  it("warms another machine", function()
    run:ok("cache", "export", "-o", dir .. "/cache.tar")
    local other = fixtures.busybox_store()
    assert.equal(3, needed(other))
    assert.matches("^%d+ records, 1 mounts\n$", other:ok("cache", "import", dir .. "/cache.tar"))
    assert.equal(0, needed(other))
    local function layers(store)
      return store:ok("inspect", "--format", "{{json .RootFS.Layers}}",
        (store:ok("build", "-q", dir):gsub("%s", "")))
    end
    assert.equal(layers(run), layers(other))
    assert.equal("kept\n", select(2, helper.sh("cat " .. other.root .. "/cache/*/file")))
    assert.equal("0 records, 0 mounts\n", other:ok("cache", "import", dir .. "/cache.tar"))
    assert.equal(0, (other("fsck", "--deep")))
    local status = helper.sh(run:line("cache", "export", "mine") .. " | tar -t | grep -q mounts/")
    assert.equal(0, status)
  end)

  it("refuses what is no export, and one that is damaged", function()
    local other = fixtures.busybox_store()
    other:fails(1, "it is no export of a build cache", "cache", "import", fixtures.busybox_tar())
    run:ok("cache", "export", "-o", dir .. "/cache.tar")
    helper.sh(([[cd %s && mkdir x && tar -C x -xf cache.tar && for f in x/blobs/sha256/*
      do printf x | dd of=$f bs=1 seek=40 conv=notrunc; done && tar -C x -cf bad.tar .]])
      :format(dir))
    assert.equal(1, (other("cache", "import", dir .. "/bad.tar")))
    helper.sh(([[cd %s && rm -r x && mkdir x && tar -C x -xf cache.tar && for f in x/mounts/*
      do echo x >$f; done && tar -C x -cf bad.tar .]]):format(dir)) -- only the mount is damaged
    assert.equal(1, (other("cache", "import", dir .. "/bad.tar")))
    assert.equal("", other:ok("cache", "ls", "-q"))
    assert.equal(1, lines(select(2, helper.sh("ls " .. other.root .. "/layers"))))
    assert.equal(0, (other("fsck")))
  end)

  it("is pruned by size, the longest unused first, and by kind", function()
    run:ok("prune", "--force", "--keep-storage", "1MB")
    assert.equal(0, needed(run))
    query("update cache set used = used - 60 where record like '%head -c%'")
    run:ok("prune", "--force", "--keep-storage", "100kB")
    assert.equal(3, needed(run)) -- what stands on the first can't be known
    assert.equal(2, lines(run:ok("cache", "ls", "-q", "--filter", "type=record")))
    run:ok("prune", "--force", "--filter", "type=mount")
    assert.equal("", run:ok("cache", "ls", "-q", "--filter", "type=mount"))
    assert.equal(2, lines(run:ok("cache", "ls", "-q")))
    run:ok("prune", "--force", "--filter", "type=cache")
    assert.equal("", run:ok("cache", "ls", "-q"))
    assert.equal(1, lines(run:ok("images", "-q", "busybox")))
    run:fails(2, "a size is a number", "prune", "--force", "--keep-storage", "many")
    run:fails(2, "filter 'type' is", "prune", "--force", "--filter", "type=x")
  end)

  it("notes uses once an hour, and writes nothing in between", function()
    local function rows()
      return json.encode(query "select key, used, uses from cache order by key")
    end
    local before = rows()
    run:ok("build", "-q", dir)
    assert.equal(before, rows())
    query "update cache set used = used - 7200"
    run:ok("build", "-q", dir)
    assert.matches("1", run:ok("cache", "ls", "--format", "{{.Uses}}", "--filter", "type=record"))
  end)
end)
