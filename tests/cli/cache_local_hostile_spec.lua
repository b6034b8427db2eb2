-- Attempts to make lamina build take from a directory what isn't a step's result, or write out of
-- the directory (CACHE-02, UNP-05, ST-16).
local builders = require "support.builders"
local digest = require "lamina.core.digest"
local helper = require "support.helper"
local json = require "lamina.core.json"

local zeros = "sha256:" .. ("0"):rep(64)

describe("a cache in a directory, against its reader,", function()
  local dir, good, cache

  setup(function()
    dir, good = helper.tmpdir(), helper.tmpdir() .. "/good"
    helper.write(dir .. "/recipe.lua", [[return image(from "busybox":run "echo right >/r"
      :run "echo also >>/r; echo other >/o", { name = "out", cmd = { "cat", "/r" } })]])
    builders.build(builders.machine(), "--cache-to", "type=local,dest=" .. good, dir)
  end)
  before_each(function()
    cache = helper.tmpdir() .. "/cache"
    assert(os.execute(("cp -a %s %s"):format(good, cache)))
  end)
  teardown(helper.cleanup)

  local function path(of) return cache .. "/blobs/sha256/" .. of.digest:sub(8) end

  local function document(of) return json.decode(helper.read(path(of))) end

  --- The descriptors of the manifest and the records, and the manifest.
  local function parts()
    local of = json.decode(helper.read(cache .. "/index.json")).manifests[1]
    local manifest = document(of)
    return of, manifest.config, manifest
  end

  local function put(text, like)
    local of = { mediaType = like.mediaType, digest = "sha256:" .. digest.sha256(text),
      size = #text }
    helper.write(path(of), text)
    return of
  end

  --- Writes the cache anew, with all digests right, after a change of its documents.
  local function forge(change)
    local of, config, manifest = parts()
    local records = document(config)
    local text = change(records, manifest)
    manifest.config = put(text or json.encode(records), config)
    helper.write(cache .. "/index.json", json.encode { schemaVersion = 2,
      manifests = { put(json.encode(manifest), of) } })
  end

  local function sh(script, ...)
    assert(os.execute(("cd %s; "):format(cache) .. script:format(...)))
  end

  --- Flips a bit in the middle of a blob.
  local function flip(of)
    local text = helper.read(path(of))
    local at = #text // 2
    helper.write(path(of), text:sub(1, at) .. string.char(text:byte(at + 1) ~ 1)
      .. text:sub(at + 2))
  end

  --- Builds with it on another machine; answers how many steps have run there, and the progress.
  local function build(expected)
    local run = builders.machine()
    local said, ran, log = builders.build(run, "--cache-from", "type=local,src=" .. cache, dir)
    assert.equal(expected or "right\nalso\n", said, log)
    run:ok("fsck", "--deep")
    return ran, log
  end

  local unused = "#cache NOTE not used: "

  for name, case in pairs {
    ["has no index"] = { function() sh "rm index.json" end, "'index.json' is missing" },
    ["has a link for an index"] = { function() sh "mv index.json ../i; ln -s ../i index.json" end,
      "'index.json' is a link" },
    ["has a pipe for an index"] = { function() sh "rm index.json; mkfifo index.json" end,
      "is not a regular file" },
    ["has too large an index"] = { function() sh "truncate -s 1G index.json" end,
      "is over the limit of" },
    ["has a text for an index"] = { function() sh "echo x >index.json" end, "index.json: " },
    ["is of another version"] = { function() sh "echo '{}' >oci-layout" end,
      "imageLayoutVersion 1.0.0 expected" },
    ["leads out of it"] = { function()
      sh "sed -i 's|\"sha256:[^\"]*|\"sha256:../../../../etc/passwd|' index.json"
    end, "descriptor" },
    ["lies about a size"] = { function() sh "sed -i 's/\"size\":/\"size\":1/' index.json" end,
      "bytes, not" },
    ["has another manifest"] = { function() flip((parts())) end, "is damaged: its digest is" },
    ["has other records"] = { function() flip(select(2, parts())) end,
      "is damaged: its digest is" },
    ["has no records"] = { function() os.remove(path(select(2, parts()))) end, "is missing" },
    ["has a link for records"] = { function()
      local of = select(2, parts())
      sh("mv %s ../records; ln -s ../records %s", path(of), path(of))
    end, "is a link" },
    ["has text for records"] = { function() forge(function() return "x" end) end, "" },
    ["says that records are large"] = { function()
      forge(function() return json.encode { version = 1 } .. (" "):rep(1000) end)
      forge(function(_, manifest) manifest.config.size = 1 << 40 end)
    end, "" },
    ["names layers that it hasn't"] = { function()
      forge(function(records) records.records[1].diff_id = zeros end)
    end, "records of a cache expected" },
    ["has a time that nobody can tell"] = { function()
      forge(function(records) records.records[1].created = math.maxinteger end)
    end, "records of a cache expected" },
  } do
    it("isn't used where it " .. name, function()
      case[1]()
      local ran, log = build()
      assert.equal(2, ran, log)
      local message = log:match("#cache NOTE not used: ([^\n]*)")
      assert.is_string(message, log)
      assert.is_truthy(message:find(case[2], 1, true), message)
    end)
  end

  for name, case in pairs {
    ["is damaged"] = { function(of) flip(of) end, "#cache NOTE .-: layer sha256:" },
    ["is missing"] = { function(of) os.remove(path(of)) end, "#cache NOTE .-is missing" },
    ["is a link"] = { function(of)
      sh("mv %s ../layer; ln -s ../layer %s", path(of), path(of))
    end, "#cache NOTE .-is a link" },
    ["is a pipe"] = { function(of) sh("rm %s; mkfifo %s", path(of), path(of)) end,
      "#cache NOTE .-is not a regular file" },
    ["is longer"] = { function(of) sh("echo >>%s", path(of)) end, "#cache NOTE " },
    ["is compressed otherwise"] = { function()
      forge(function(_, manifest)
        manifest.layers[1].mediaType = manifest.layers[1].mediaType:gsub("gzip", "zstd")
      end)
    end, "#cache NOTE .-the media type says compression 'zstd', and it is 'gzip'" },
    ["has another diff ID"] = { function()
      forge(function(records)
        local wrong = records.diff_ids[1]:gsub("%x%x$", "00")
        records.diff_ids[1], records.records[1].diff_id = wrong, wrong
      end)
    end, "#cache NOTE .-: layer sha256:" },
    ["stands for another"] = { function()
      forge(function(records)
        local ids = records.diff_ids
        ids[1], ids[2] = ids[2], ids[1]
      end)
    end, "#cache NOTE .-: layer sha256:" },
  } do
    it("doesn't give a step a layer that " .. name, function()
      local _, _, manifest = parts()
      case[1](manifest.layers[1])
      local ran, log = build()
      assert.is_true(ran > 0, log)
      assert.matches(case[2], log)
      assert.not_matches(unused, log)
    end)
  end

  it("has all steps told once more where a layer is missing", function()
    local _, _, manifest = parts()
    os.remove(path(manifest.layers[1]))
    local _, _, log = builders.machine()("build", "--progress=json", "--cache-from",
      "type=local,src=" .. cache, dir)
    local told, ended = 0, 0
    for line in log:gmatch "[^\n]+" do
      local event = json.decode(line)
      if event.event == "build.started" then
        told, ended = told + 1, 0
        assert.equal(2, event.total)
      elseif event.event == "step.cached" or event.event == "step.finished" then
        ended = ended + 1
      end
    end
    assert.equal(2, told)
    assert.equal(2, ended)
  end)

  it("decides what a step's result is, of the layers that it has, and nothing else", function()
    forge(function(records)
      local first, second = records.records[1], records.records[2]
      first.diff_id, second.diff_id = second.diff_id, first.diff_id
    end)
    -- its own words, whole layers; the step behind stands on something else and is made
    local ran, log = build "right\nalso\nalso\n"
    assert.equal(1, ran, log)
  end)
end)

describe("a cache in a directory, against its writer,", function()
  local dir, run, cache

  setup(function()
    dir, run = builders.context(), builders.machine()
    builders.build(run, dir)
  end)
  before_each(function()
    cache = helper.tmpdir() .. "/cache"
    run:ok("build", "-q", "--cache-to", "type=local,dest=" .. cache, dir)
    assert(os.execute("mkdir " .. cache .. "/../out"))
  end)
  teardown(helper.cleanup)

  local function sh(script)
    local status, out, err = helper.sh(("set -e; cd %s; %s"):format(cache, script))
    assert.equal(0, status, err)
    return out
  end

  for name, case in pairs {
    ["blobs"] = { "mv blobs old; ln -s ../out blobs", "'blobs' is no directory" },
    ["blobs/sha256"] = { "mv blobs/sha256 old; ln -s ../../out blobs/sha256",
      "'sha256' is no directory" },
    ["index.json"] = { "mv index.json ../out; ln -s ../out/index.json index.json",
      "'index.json' is a link" },
    ["its lock"] = { "ln -s ../out/lock index.json.lock", "" },
  } do
    it(("writes nothing through a link in the place of %s"):format(name), function()
      sh(case[1])
      local before = sh "ls -lA --full-time ../out"
      run:fails(1, case[2], "build", "-q", "--cache-to", "type=local,dest=" .. cache, dir)
      assert.equal(before, sh "ls -lA --full-time ../out")
    end)
  end

  it("writes again what is damaged, a link, or gone", function()
    local sums = sh "sha256sum blobs/sha256/*"
    sh [[set -- blobs/sha256/*; echo x >>"$1"; rm "$2"; mv "$3" ../out/b; ln -s ../../../out/b "$3"
      truncate -s 0 "$4"; printf %0100d 0 >"$5"]]
    run:ok("build", "-q", "--cache-to", "type=local,dest=" .. cache, dir)
    assert.equal(sums, sh "sha256sum blobs/sha256/*")
    assert.equal("", sh "find . -type l")
  end)

  it("tells of an index that isn't one, and leaves it", function()
    sh "echo '[]' >index.json"
    run:fails(1, "index.json: ", "build", "-q", "--cache-to", "type=local,dest=" .. cache, dir)
    assert.equal("[]\n", sh "cat index.json")
    assert.equal("blobs\nindex.json\noci-layout\n", sh "ls -A")
  end)

  it("writes no damaged blob of the store", function()
    helper.sh(("cd %s/blobs/sha256; for f in *; do [ \"$(head -c 2 \"$f\" | od -An -tx1)\" = "
      .. "' 1f 8b' ] && { chmod u+w $f; printf x >>$f; }; done"):format(run.root))
    run:fails(1, "is damaged", "build", "-q", "--cache-to", "type=local,dest=" .. cache .. "2", dir)
    run:ok("fsck", "--repair")
  end)
end)
