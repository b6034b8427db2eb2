-- lamina build --cache-to and --cache-from with type=local: a cache in a directory.
local builders = require "support.builders"
local helper = require "support.helper"
local json = require "lamina.core.json"

local build, machine = builders.build, builders.machine

describe("lamina build", function()
  local dir, first, cache

  setup(function() dir, first = builders.context(), machine() end)
  before_each(function() cache = helper.tmpdir() .. "/cache" end)
  teardown(helper.cleanup)

  --- Writes the cache of the first machine; answers what its image says, and the progress.
  local function write(more)
    local said, _, log = build(first, "--cache-to", ("type=local,dest=%s%s"):format(cache,
      more or ""), dir)
    return said, log
  end

  --- Builds on another machine with it; as builders.build.
  local function read(more, run)
    return build(run or machine(), "--cache-from", ("type=local,src=%s%s"):format(cache,
      more or ""), dir)
  end

  local function index() return json.decode(helper.read(cache .. "/index.json")) end

  local function blob(of)
    return json.decode(helper.read(cache .. "/blobs/sha256/" .. of.digest:sub(8)))
  end

  local function sh(script)
    local status, out, err = helper.sh(("set -e; cd %s; %s"):format(helper.quote(cache), script))
    assert.equal(0, status, script .. "\n" .. out .. err)
    return out
  end

  it("runs nothing that another machine has put into a directory", function()
    local said = write ",mode=max"
    local second = machine()
    local again, ran, log = read("", second)
    assert.same({ said, 0 }, { again, ran }, log)
    second:ok("fsck", "--deep")
    again, ran = build(second, dir)
    assert.same({ said, 1 }, { again, ran }, "and has then what it needed: not the first copy")
  end)

  it("writes a layout that anybody may read and that has nothing else in it", function()
    write()
    assert.equal("blobs\nindex.json\noci-layout\n", sh "ls -A")
    assert.equal("", sh "find . -type d ! -perm 755 -o -type f ! -perm 644")
    assert.equal("1.0.0", json.decode(helper.read(cache .. "/oci-layout")).imageLayoutVersion)
    sh "cd blobs/sha256; for f in *; do echo \"$f  $f\"; done | sha256sum --quiet -c"
    machine():fails(1, "it holds no image", "load", "-i", cache)
  end)

  it("keeps with mode=min what is in the image, and as it is told to compress", function()
    write ",compression=zstd"
    local layers = blob(index().manifests[1]).layers
    assert.equal(3, #layers)
    for _, of in ipairs(layers) do assert.matches("+zstd$", of.mediaType) end
    write ",mode=max,compression=uncompressed"
    layers = blob(index().manifests[1]).layers
    assert.equal(4, #layers) -- copying /built gives what making it gave
    for _, of in ipairs(layers) do assert.matches("%.tar$", of.mediaType) end
    assert.equal(0, (select(2, read())))
  end)

  it("has caches by tag, each in the place of the one before", function()
    write ",tag=one,mode=max"
    local one = index().manifests[1]
    assert.equal(0, (select(2, read()))) -- the only one
    assert.equal(0, (select(2, read ",tag=one")))
    write()
    write ",tag=two"
    write ",tag=one"
    local tags, list = {}, index().manifests
    for i, of in ipairs(list) do
      tags[i] = of.annotations["org.opencontainers.image.ref.name"]
    end
    assert.same({ "latest", "two", "one" }, tags)
    assert.not_equal(one.digest, list[3].digest)
    assert.equal(0, (select(2, read(",digest=" .. one.digest))))
    local _, ran, log = read ",tag=three"
    assert.equal(5, ran)
    assert.matches("NOTE not used: .*there is nothing with the tag 'three' in it, but latest, two, "
      .. "one", log)
    _, _, log = read(",digest=sha256:" .. ("0"):rep(64))
    assert.matches("NOTE not used: .*there is no sha256:0", log)
  end)

  it("says on every machine what the first has said, all of it from the cache there", function()
    write ",mode=max"
    local records = helper.read(cache .. "/blobs/sha256/"
      .. blob(index().manifests[1]).config.digest:sub(8))
    assert.matches('"keys":%["[^"]+","[^"]+"%]', records) -- a copy out of a stage has two
    local function said_again(run)
      build(run, "--cache-from", "type=local,src=" .. cache, "--cache-to",
        ("type=local,dest=%s,tag=again,mode=max"):format(cache), dir)
      return helper.read(cache .. "/blobs/sha256/"
        .. blob(index().manifests[2]).config.digest:sub(8))
    end
    local second = machine()
    assert.equal(records, said_again(second))
    assert.equal(records, said_again(second))
    assert.equal(records, said_again(first))
  end)

  it("leaves in a layout what else is there", function()
    local image = helper.tmpdir() .. "/image"
    first:ok("build", "-q", "-o", "type=oci,tar=false,dest=" .. image, dir)
    cache = image
    local before = index().manifests[1]
    write()
    assert.same(before, index().manifests[1])
    local other = machine()
    other:ok("load", "-i", cache)
    assert.equal(first:ok("run", "--rm", "out"), other:ok("run", "--rm", "out"))
  end)

  it("is written by several at once, and after one that was killed", function()
    write()
    sh "mkdir .lamina-dead; echo x >.lamina-dead/f; : >index.json.lock"
    local lines = {}
    for i = 1, 4 do
      lines[i] = first:line("build", "-q", "--cache-to",
        ("type=local,dest=%s,tag=t%d"):format(cache, i), dir) .. " & p=\"$p $!\""
    end
    sh(table.concat(lines, "\n") .. "\nfor one in $p; do wait $one; done")
    assert.equal(5, #index().manifests)
    assert.equal("blobs\nindex.json\noci-layout\n", sh "ls -A")
  end)

  it("goes on without a cache that isn't there, or is none, and says so", function()
    local _, ran, log = read()
    assert.equal(5, ran)
    assert.matches("#cache NOTE not used: .-/cache: No such file or directory", log)
    helper.write(cache, "a file")
    assert.matches("NOTE not used: .-/cache is not a directory", select(3, read()))
    os.remove(cache)
    first:ok("build", "-q", "-o", "type=oci,tar=false,dest=" .. cache, dir)
    assert.matches("NOTE not used: .-it is no cache of lamina's", select(3, read()))
  end)

  it("tells before anything is built where it can't be written", function()
    local run = machine()
    local function refused(pattern)
      run:fails(1, pattern, "build", "-q", "--cache-to", "type=local,dest=" .. cache, dir)
    end
    helper.write(cache, "a file")
    refused "--cache%-to /.-/cache: /.-/cache is not a directory"
    os.remove(cache)
    os.execute("mkdir " .. cache)
    helper.write(cache .. "/letter", "mine")
    refused "/cache is not empty, and no image layout"
    assert.equal("letter\n", sh "ls -A")
    run:fails(2, "'dest' is missing", "build", "-q", "--cache-to", "type=local,mode=max", dir)
    run:fails(2, "did you mean 'dest'", "build", "-q", "--cache-to", "type=local,src=x", dir)
    run:fails(2, "'src' is missing", "build", "-q", "--cache-from", "type=local", dir)
  end)
end)
