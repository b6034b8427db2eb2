-- lamina load refuses wrong archives and layouts (SECURITY 6h), and leaves nothing in the store.
local helper = require "support.helper"
local json = require "lamina.core.json"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"
local raw = require "support.tar"

local good, tar, upper = layout.good, layout.lower, layout.upper
local tar_id, upper_id = layout.lower_id, layout.upper_id

local function quoted(path) return helper.quote(path) end

--- Replaces a blob's file by something else.
local function planted(command)
  return function(it, parts)
    assert(os.execute(command:format(quoted(it:path(parts.layers[1])),
      quoted(it:path(parts.layers[1])))))
  end
end

local function with_config(config) return function(_, parts) parts.config = config end end

local function config_text(members)
  return ([[{"os":"linux","architecture":"amd64",%s,"rootfs":{"type":"layers","diff_ids":
    ["%s","%s"]}}]]):format(members, tar_id, upper_id)
end

-- What is spoiled, and what the message says.
local spoiled = {
  { "a blob that is a link", planted "rm %s; ln -s /etc/passwd %s",
    "is a link" },
  { "a blob that is a FIFO", planted "rm %s; mkfifo %s", "is not a regular file" },
  { "a blob that is a directory", planted "rm %s; mkdir %s", "is a directory" },
  { "a missing blob", planted "rm %s", "is missing" },
  { "a damaged blob", planted "printf x | dd of=%s conv=notrunc seek=1536 bs=1 status=none",
    "layer 1 of 2 .*: the digest is sha256:" },
  { "a longer blob", planted "head -c 512 /dev/zero >>%s", "layer 1 of 2 .*: the d" },
  { "a blob cut short", planted "truncate -s 700 %s", "layer 1 of 2 .*: " },
  { "a wrong size", function(_, parts) parts.layers[1].size = 5 end, "the size is %d+, not 5" },
  { "a negative size", function(_, parts) parts.layers[1].size = -1 end, "a descriptor" },
  { "a size with a fraction", function(_, parts) parts.layers[1].size = 1.5 end, "a descriptor" },
  { "a wrong diff ID", function(_, parts) parts.diff_ids[1] = "sha256:" .. ("0"):rep(64) end,
    "the diff ID is sha256:" },
  { "too few diff IDs", function(_, parts) parts.diff_ids[2] = nil end,
    "2 layers, where the configuration has 1 diff IDs" },
  { "a digest that is a path", function(_, parts) parts.layers[1].digest = "sha256:../../etc" end,
    "a descriptor" },
  { "a digest of another algorithm", function(_, parts)
    parts.layers[1].digest = "sha512:" .. ("0"):rep(128)
  end, "a descriptor" },
  { "an upper-case digest", function(_, parts)
    parts.layers[1].digest = "sha256:" .. ("A"):rep(64)
  end, "a descriptor" },
  { "a media type that isn't one of layers", function(_, parts)
    parts.layers[1].mediaType = "text/plain"
  end, "unknown media type 'text/plain'" },
  { "a plain layer said to be gzip (UNP-06)", function(_, parts)
    parts.layers[1].mediaType = media_type.layer_gzip
  end, "the media type says compression 'gzip', and it is 'none'" },
  { "a layer that is no tar", function(it, parts)
    parts.layers[1] = it:blob("no tar at all", media_type.layer)
    parts.diff_ids[1] = parts.layers[1].digest
  end, "not a tar archive" },
  { "a layer that climbs out", function(it, parts)
    local dir = helper.tmpdir()
    os.execute(("cd %s && echo x >x && tar -cPf l.tar --transform 's,x,../../x,' x"):format(dir))
    parts.layers[1] = it:blob(helper.read(dir .. "/l.tar"), media_type.layer)
    parts.diff_ids[1] = parts.layers[1].digest
  end, "the name has '%.%.' in it" },
  { "a manifest that is an index as well (CVE-2021-41190)", function(_, parts)
    parts.more = { manifests = json.array {} }
  end, "both a manifest and an index" },
  { "a manifest of another media type than its descriptor's", function(_, parts)
    parts.more = { mediaType = media_type.index }
  end, "is not that of its content" },
  { "layers that are no list", function(_, parts) parts.more = { layers = { a = "b" } } end,
    "a list of descriptors expected" },
  { "annotations that are no text", function(_, parts) parts.more = { annotations = { a = 1 } } end,
    "annotations are strings" },
  { "a platform that is no text", function(_, parts)
    parts.layers[1].platform = { os = 1, architecture = json.array {} }
  end, "a platform %(os, architecture%) expected" },
  { "more layers than the limit", function(_, parts)
    for i = 3, 501 do parts.layers[i] = parts.layers[1] end
  end, "more than the limit of 500" },
  { "a configuration with a key twice (JSON-01)", with_config(config_text '"os":"linux"'),
    "duplicate" },
  { "a configuration nested without end", with_config(config_text('"a":' .. ("["):rep(5000)
    .. ("]"):rep(5000))), "nested deeper than the limit" },
  { "a configuration that is a list", with_config "[]", "an object expected" },
  { "a configuration that is no JSON", with_config "{", "json: line 1" },
  { "a configuration without rootfs", with_config '{"os":"linux"}', "rootfs.diff_ids" },
  { "a User that is a number", with_config(config_text '"config":{"User":0}'),
    "'User': a string expected" },
  { "an Env that is an object", with_config(config_text '"config":{"Env":{"A":"b"}}'),
    "'Env': a list of strings expected" },
  { "an Env with a list in it", with_config(config_text '"config":{"Env":[["A=b"]]}'),
    "'Env': a list of strings expected" },
  { "a zero byte in a string", with_config(config_text [["config":{"WorkingDir":"/\u0000"}]]),
    "json: line" },
  { "Volumes that are a list", with_config(config_text '"config":{"Volumes":["/v"]}'),
    "'Volumes': an object of objects expected" },
  { "Labels that aren't strings", with_config(config_text '"config":{"Labels":{"a":{}}}'),
    "'Labels': an object of strings expected" },
  { "a Healthcheck that is a list", with_config(config_text '"config":{"Healthcheck":["CMD"]}'),
    "'Healthcheck': an object expected" },
  { "a history that is text", with_config(config_text '"history":["made"]'),
    "'history': a list of objects expected" },
  { "another kind of rootfs", with_config(([[{"rootfs":{"type":"base","diff_ids":["%s","%s"]}}]])
    :format(tar_id, upper_id)), "rootfs.type 'base'" },
}

describe("lamina load refuses", function()
  local run -- one store for all, as long as nothing is left in it

  teardown(helper.cleanup)

  local function refused(path, pattern)
    run = run or helper.store()
    local mine = run
    run = nil -- whatever fails below, the next test gets a new one
    local status, out, err = mine("load", path)
    assert.equal("", out)
    assert.matches(pattern, err)
    assert.not_matches("internal error", err)
    assert.equal(1, status)
    assert.equal("", layout.entries(mine, "layers")
      .. layout.entries(mine, "blobs/sha256") .. layout.entries(mine, "tmp"))
    assert.equal("", select(2, mine("images", "-q")))
    run = mine
  end

  for _, case in ipairs(spoiled) do
    it(case[1] .. ", and leaves nothing in the store", function()
      refused(good(case[2]).dir, case[3])
    end)
  end

  it("a wrong layout as a tar just the same", function()
    refused(good(spoiled[1][2]):tar(), spoiled[1][3])
    refused(good(spoiled[2][2]):tar(), spoiled[2][3])
    refused(good(spoiled[5][2]):tar("gzip"), spoiled[5][3])
  end)

  it("wrong documents of a layout", function()
    local it_, of = good()
    local function spoil(name, content, pattern)
      local before = helper.read(it_.dir .. "/" .. name)
      it_:file(name, content)
      refused(it_.dir, pattern)
      it_:file(name, before)
    end
    spoil("oci-layout", "{}", "imageLayoutVersion")
    spoil("oci-layout", '{"imageLayoutVersion":"2.0.0"}', "imageLayoutVersion")
    spoil("index.json", "", "index.json: json: ")
    spoil("index.json", '{"schemaVersion":2,"manifests":[]}', "it holds no image")
    spoil("index.json", '{"schemaVersion":2,"schemaVersion":2,"manifests":[]}', "duplicate")
    spoil("index.json", '{"schemaVersion":1,"manifests":[]}', "schemaVersion 2 expected")
    spoil("index.json", '{"schemaVersion":2,"manifests":[],"layers":[]}', "both a manifest and")
    spoil("index.json", (" "):rep((4 << 20) + 1), "over the limit of 4194304 bytes")
    of.size = of.size + 1
    spoil("index.json", { schemaVersion = 2, manifests = { of } }, "has %d+ bytes, not %d+")
    of.size = 5 << 20
    spoil("index.json", { schemaVersion = 2, manifests = { of } }, "over the limit")
    of.size, of.mediaType = of.size, "application/json"
    of.annotations = { ["io.containerd.image.name"] = "../../etc" }
    spoil("index.json", { schemaVersion = 2, manifests = { of } }, "invalid image name")
  end)

  it("indexes that nest without end", function()
    local made, of = good()
    for _ = 1, 5 do
      of = made:blob({ schemaVersion = 2, manifests = { of }, mediaType = media_type.index },
        media_type.index)
    end
    made:index { of }
    refused(made.dir, "indexes nested deeper than 4")
  end)

  it("a layout whose index.json or folder of blobs is a link or a FIFO (ST-16)", function()
    local made = good()
    os.execute(("cd %s && mv index.json i && ln -s i index.json"):format(made.dir))
    refused(made.dir, "'index.json' is a link")
    os.execute(("cd %s && rm index.json && mkfifo index.json"):format(made.dir))
    refused(made.dir, "'index.json' is not a regular file")
    os.execute(("cd %s && rm index.json && mkdir index.json"):format(made.dir))
    refused(made.dir, "'index.json' is a directory")
  end)

  local function docker_archive(entry, files)
    local made = layout.new()
    local config = json.encode(layout.config { tar_id })
    made:file("layer.tar", tar)
    made:file("config.json", config)
    for name, content in pairs(files or {}) do made:file(name, content) end
    local whole = { Config = "config.json", Layers = json.array { "layer.tar" } }
    for key, value in pairs(entry) do whole[key] = value end
    made:file("manifest.json", json.array { whole })
    return made
  end

  it("wrong docker archives", function()
    local function wrong(entry, pattern, files)
      refused(docker_archive(entry, files):tar(), pattern)
    end
    wrong({ Config = "/etc/passwd" }, "no file name: '/etc/passwd'")
    wrong({ Config = "../config.json" }, "no file name")
    wrong({ Config = "none.json" }, "'none.json' is missing")
    wrong({ Config = 5 }, "objects with Config and Layers")
    wrong({ Config = ("0"):rep(64) .. ".json" }, "is damaged: its digest is sha256:",
      { [("0"):rep(64) .. ".json"] = json.encode(layout.config { tar_id }) })
    wrong({ Layers = json.array {} }, "0 layers, where the configuration has 1 diff IDs")
    wrong({ Layers = "layer.tar" }, "Layers: a list expected")
    wrong({ Layers = json.array { 1 } }, "Layers: a list of strings")
    wrong({ Layers = json.array { "../../../etc/passwd" } }, "no file name")
    wrong({ Layers = json.array { "none.tar" } }, "'none.tar' is missing")
    wrong({ Layers = json.array { "config.json" } }, "not a tar archive")
    wrong({ RepoTags = json.array { "UPPER" } }, "invalid image name 'UPPER'")
    wrong({ RepoTags = { a = "b" } }, "RepoTags: a list expected")
    local made = layout.new()
    made:file("manifest.json", "[]")
    refused(made.dir, "a list of images expected")
    made:file("manifest.json", '[{"Config":"a","Config":"b"}]')
    refused(made.dir, "duplicate")
    made:file("manifest.json", '{"schemaVersion":2}')
    refused(made.dir, "a list of images expected")
  end)

  it("links in a docker archive that lead out of it (nothing outside is read)", function()
    local made = docker_archive {}
    os.execute(("cd %s && rm layer.tar && ln -s %s/outside layer.tar"):format(made.dir,
      helper.tmpdir()))
    refused(made.dir, "'layer.tar' is missing")
    os.execute(("cd %s && ln -sf /etc/passwd layer.tar"):format(made.dir))
    refused(made:tar(), "'layer.tar' is missing")
    os.execute(("cd %s && ln -sf layer.tar layer.tar"):format(made.dir))
    refused(made:tar(), "'layer.tar' is a link")
  end)

  it("all images of an archive when one is wrong", function()
    local made, of = good()
    local other = made:manifest { diff_ids = { "sha256:" .. ("1"):rep(64) },
      layers = { made:blob(tar, media_type.layer) } }
    made:index { of, other }
    refused(made.dir, "the diff ID is")
  end)

  it("a blob that lies about a layer which is in the store (UNP-05)", function()
    local other = helper.store()
    assert.equal(0, (other("load", good().dir)))
    local made = good(function(it_, parts)
      parts.layers[1] = it_:blob(upper, media_type.layer)
    end)
    local status, _, err = other("load", made.dir)
    assert.equal(1, status)
    assert.matches("layer 1 of 2 .*the diff ID is", err)
  end)

  it("damaged configurations and manifests", function()
    local function spoil(what, command, pattern)
      local made, of = good()
      local document = assert(json.decode(helper.read(made:path(of))))
      local path = made:path(what == "config" and document.config or of)
      assert(os.execute(command:format(quoted(path), quoted(path))))
      refused(made.dir, pattern)
    end
    for _, what in ipairs { "config", "manifest" } do
      spoil(what, "sed -i s/sha256/sha257/ %s", "is damaged: its digest is sha256:")
      spoil(what, "truncate -s 0 %s", "has 0 bytes, not %d+")
      spoil(what, "truncate -s 9M %s", "over the limit of %d+ bytes")
      spoil(what, "rm %s", "is missing")
      spoil(what, "rm %s; mkfifo %s", "is not a regular file")
      local elsewhere = quoted(helper.tmpdir() .. "/x")
      spoil(what, ("mv %%s %s; ln -s %s %%s"):format(elsewhere, elsewhere), "is a link")
    end
  end)

  --- An archive with these entries before and behind those of a good layout.
  local function archive(before, behind, change)
    local made, list = good(change), {}
    local _, names = helper.sh("cd " .. made.dir .. " && find * -type f | sort")
    for _, e in ipairs(before) do list[#list + 1] = e end
    for name in names:gmatch("[^\n]+") do
      list[#list + 1] = { name, body = helper.read(made.dir .. "/" .. name) }
    end
    for _, e in ipairs(behind or {}) do list[#list + 1] = e end
    local path = helper.tmpdir() .. "/a.tar"
    return helper.write(path, raw.of(list)), made
  end

  it("archives whose entries lead out of it; nothing outside is touched (UNP-01)", function()
    local outside = helper.tmpdir()
    helper.write(outside .. "/canary", "alive")
    local other = helper.store()
    local up = ("../"):rep(20)
    refused(archive { { up .. outside:sub(2) .. "/new", body = "x" } }, "has '%.%.' in it")
    refused(archive { { "a/../../x", body = "x" } }, "has '%.%.' in it")
    for _, target in ipairs { outside, up .. outside:sub(2), "/proc/self/cwd" } do
      -- the entries lie behind a link: they stay below the archive's own root
      other("load", (archive { { "blobs", link = target } }))
      other("load", (archive { { "index.json", link = target .. "/canary" } }))
      other("load", (archive { { "index.json", type = "1", link = target .. "/canary" } }))
    end
    other("load", (archive { { "/" .. outside .. "/absolute", body = "x" } }))
    assert.equal(outside .. "/canary\n", select(2, helper.sh("find " .. outside .. " -type f")))
    assert.equal("alive", helper.read(outside .. "/canary"))
    assert.equal("", layout.entries(other, "tmp"))
  end)

  it("archives whose blobs are links, FIFOs, directories or devices (ST-16)", function()
    local name = "blobs/sha256/" .. tar_id:sub(8)
    refused(archive({}, { { name, type = "6" } }), "is not a regular file")
    refused(archive({}, { { name, link = "/etc/passwd" } }), "is a link")
    refused(archive({}, { { name .. "/", type = "5" } }), "is a directory")
    refused(archive({}, { { name, type = "1", link = "blobs/sha256/" .. upper_id:sub(8) } }),
      "layer 1 of 2 .*: the d")
    if helper.is_root then
      refused(archive({}, { { name, type = "3", major = 1, minor = 5 } }), "is not a regular file")
      refused(archive({}, { { name, type = "4", major = 7, minor = 0 } }), "is not a regular file")
    end
  end)

  it("archives that are cut short, or damaged, wherever it is", function()
    local whole = helper.read((archive {}))
    local path = helper.tmpdir() .. "/cut.tar"
    for at = 1, #whole - 1024, 1700 do
      refused(helper.write(path, whole:sub(1, at)), ": ")
    end
    for at = 100, 5000, 613 do
      local other = helper.store()
      helper.write(path, whole:sub(1, at - 1) .. string.char(whole:byte(at) ~ 255)
        .. whole:sub(at + 1))
      local _, out, err = other("load", path)
      assert.not_matches("internal error", err)
      if out == "" then
        assert.equal("", layout.entries(other, "layers") .. layout.entries(other, "tmp"))
      end
    end
  end)

  it("archives whose compressed form is broken", function()
    local path = good():tar "gzip"
    local bytes = helper.read(path)
    refused(helper.write(path, bytes:sub(1, #bytes // 2)), "gzip: the end is missing")
    refused(helper.write(path, bytes:sub(1, 40) .. "xxxxxxxxxxxxxxxx" .. bytes:sub(57)), ": ")
    refused(helper.write(path, "\x1f\x8b"), ": ")
  end)

  it("what grows beyond all measure (UNP-04)", function()
    local path = helper.tmpdir() .. "/bomb"
    assert(os.execute("head -c 300000000 /dev/zero | zstd -q >" .. path))
    refused(path, "the limit 'ratio'")
    assert(os.execute(("{ head -c 512 %s; head -c 300000000 /dev/zero; } | zstd -q >%s"):format(
      helper.write(path .. ".head", raw.head { "x", size = 300000000 }), path)))
    refused(path, "the limit 'ratio'")
  end)
end)
