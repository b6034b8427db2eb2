-- lamina pull from a registry that errs and lies (SECURITY REG-01 to REG-06).
local digest = require "lamina.core.digest"
local helper = require "support.helper"
local json = require "lamina.core.json"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"
local proxy = require "support.proxy"
local registry = require "support.registry"

describe("lamina pull", function()
  local server, front, id, big, whole

  --- An image whose upper layer doesn't compress.
  setup(function()
    server = registry.start()
    front = proxy.start(server)
    local it = layout.new()
    local random = layout.layer "dd if=/dev/urandom of=big bs=1k count=600 status=none"
    big = it:blob(random, media_type.layer)
    local of = it:manifest { layers = { it:blob(layout.lower, media_type.layer), big },
      diff_ids = { layout.lower_id, "sha256:" .. digest.sha256(random) } }
    it:index { of }
    id = json.decode(helper.read(it:path(of))).config.digest
    local origin = helper.store()
    origin:ok("load", "-i", it.dir, "-t", server:name "a/b:v1")
    origin:ok("push", "-q", "--compression", "none", server:name "a/b:v1")
    whole = origin:ok("manifest", "--raw", server:name "a/b:v1")
  end)
  teardown(function()
    front:close()
    server:close()
    helper.cleanup()
  end)
  before_each(function() front:rules() end)

  --- Pulls through the proxy into a new store, or the given one; answers status, out, err, store.
  local function pull(run)
    run = run or helper.store()
    local status, out, err = run:script(("LAMINA_RETRY_MS=1 LAMINA_STALL=1 lamina pull -q %s")
      :format(front:name "a/b:v1"))
    assert.is_nil(err:find "internal error", err)
    return status, out, err, run
  end

  local function is_sound(run)
    assert.equal("", layout.entries(run, "tmp"))
    run:ok "fsck"
  end

  --- It comes all the same.
  local function survives(rules)
    front:rules(rules)
    local status, out, err, run = pull()
    assert.equal("", status == 0 and "" or err)
    assert.equal(id .. "\n", out)
    is_sound(run)
    assert.equal("", layout.entries(run, "downloads"))
    return run
  end

  --- It fails with a message that has the host and these words; the store is as if nothing was.
  local function fails(words, rules)
    front:rules(rules)
    local status, out, err, run = pull()
    assert.same({ 1, "" }, { status, out })
    assert.matches(words, err)
    assert.matches(front.host, err, 1, true)
    assert.equal("", run:ok("images", "-q"))
    is_sound(run)
  end

  local blob = "/blobs/"

  it("tries again what passes: errors of servers, dropped and refused connections", function()
    for _, status in ipairs { 408, 429, 500, 502, 503, 504 } do
      survives { { path = "/v2/", status = status, times = 2,
        headers = { ["Retry-After"] = "0" } } }
    end
    survives { { path = "/v2/", drop = true, times = 3 } }
    survives { { path = blob, drop = true, times = 3 } }
  end)

  it("doesn't try again where the registry asks for more patience than it has", function()
    local day = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 86400)
    for asked, hint in pairs { ["99999"] = "wait 99999 seconds: try again after %d+%-",
      [day] = "wait 86%d+ seconds" } do
      front:requests()
      fails("status 429.*" .. hint, { { path = "/manifests/", status = 429,
        headers = { ["Retry-After"] = asked } } })
      assert.equal(1, #front:requests())
    end
  end)

  it("gives up what lasts, and tells why", function()
    for _, status in ipairs { 400, 403, 404, 410, 429, 500, 503 } do
      fails("status " .. status, { { path = "/v2/", status = status,
        headers = { ["Retry-After"] = "0" } } })
      fails("status " .. status, { { path = blob, status = status } })
    end
    fails("status 403 %(not for you%)", { { path = "/v2/", status = 403,
      body = '{"errors":[{"code":"DENIED","message":"not for you"}]}' } })
    fails("status 403 %(a\\x1b%[31mb%)", { { path = "/v2/", status = 403,
      body = '{"errors":[{"code":"DENIED","message":"a\\u001b[31mb"}]}' } })
    fails("status 401.*lamina login", { { path = "/v2/", status = 401 } })
    fails("status 302", { { path = "/v2/", status = 302 } })
  end)

  it("goes on by range where a download was cut off, and verifies all of it (REG-05)", function()
    front:requests()
    survives { { path = blob .. big.digest, truncate = 200000, times = 1 },
      { path = blob .. big.digest, truncate = 100000, times = 1 } }
    local ranges = {}
    for _, one in ipairs(front:requests()) do ranges[#ranges + 1] = one.headers.range end
    assert.same({ "bytes=200000-", "bytes=300000-" }, ranges)
  end)

  it("goes on where an earlier pull has stopped", function()
    front:rules { { path = blob .. big.digest, truncate = 200000, times = 1 },
      { path = blob .. big.digest, status = 404 } }
    local status, _, _, run = pull()
    assert.equal(1, status)
    assert.matches(big.digest:sub(8), layout.entries(run, "downloads"), 1, true)
    is_sound(run)
    front:rules()
    front:requests()
    assert.equal(0, (pull(run)))
    local ranges = {}
    for _, one in ipairs(front:requests()) do ranges[#ranges + 1] = one.headers.range end
    assert.same({ "bytes=200000-" }, ranges)
    assert.equal("", layout.entries(run, "downloads"))
    run:ok("fsck", "--deep")
  end)

  it("begins anew where a range isn't to be had, or isn't what comes", function()
    local cut = { path = blob .. big.digest, truncate = 200000, times = 1 }
    survives { cut, { path = blob .. big.digest, no_range = true } }
    survives { cut, { path = blob .. big.digest, status = 416, times = 1 } }
    survives { cut, { path = blob .. big.digest, wrong_range = true, times = 1 } }
  end)

  it("doesn't believe what an earlier try has left", function()
    local run = helper.store()
    run:ok "images"
    helper.write(run.root .. "/downloads/" .. big.digest:sub(8), ("x"):rep(1000))
    assert.equal(0, (pull(run)))
    run:ok("fsck", "--deep")
    run = helper.store()
    run:ok "images"
    helper.write(run.root .. "/downloads/" .. big.digest:sub(8), ("x"):rep(big.size + 10))
    assert.equal(0, (pull(run)))
    run:ok("fsck", "--deep")
  end)

  it("gets once more what is damaged, and refuses what stays so", function()
    survives { { path = blob .. big.digest, corrupt = true, times = 1 } }
    fails("layer " .. big.digest:sub(1, 19) .. ".*digest", { { path = blob .. big.digest,
      corrupt = true } })
    fails("digest", { { path = blob .. id, corrupt = true } })
    fails("it is said to be", { { path = "/manifests/", corrupt = true } })
  end)

  it("reads no more than it was told there is (REG-03)", function()
    fails("longer than", { { path = "/manifests/", endless = true } })
    fails("longer than", { { path = blob .. id, endless = true } })
    fails("%S", { { path = blob .. big.digest, endless = true } }) -- its size, or its bytes, first
    fails("longer than", { { path = "/manifests/", replace = (" "):rep((4 << 20) + 1) } })
    fails("bytes came", { { path = blob .. big.digest, replace = "short" } })
    fails("headers", { { path = "/manifests/", header = { ["X-Long"] = ("x"):rep(66000) } } })
  end)

  it("gives up on silence (REG-04)", function()
    front:rules { { path = "/manifests/", stall = 3 } }
    local status, _, err = helper.store():script(
      "LAMINA_TRIES=2 LAMINA_RETRY_MS=1 LAMINA_STALL=1 lamina pull " .. front:name "a/b:v1")
    assert.equal(1, status)
    assert.matches("nothing came for 1 seconds", err, 1, true)
    survives { { path = blob .. big.digest, stall = 1000, times = 1 } }
  end)

  it("refuses documents that aren't what they are called", function()
    local function manifest(text, type)
      fails("%S", { { path = "/manifests/", replace = text, header = {
        ["Docker-Content-Digest"] = json.null, ["Content-Type"] = type or media_type.manifest } } })
    end
    manifest "no JSON"
    manifest "[]"
    manifest '{"schemaVersion":1}'
    manifest '{"schemaVersion":2,"layers":[],"manifests":[]}'
    manifest '{"schemaVersion":2,"config":{},"layers":[]}'
    manifest('{"schemaVersion":2,"manifests":[]}', media_type.manifest)
    manifest('{"schemaVersion":2,"manifests":[]}', media_type.index)
    manifest(('{"schemaVersion":2,"mediaType":%q,"manifests":[]}'):format(media_type.index))
    manifest('{"schemaVersion":1}', "application/vnd.docker.distribution.manifest.v1+prettyjws")
    fails("is called", { { path = "/manifests/",
      header = { ["Content-Type"] = media_type.index } } })
    fails("said to be", { { path = "/manifests/",
      header = { ["Docker-Content-Digest"] = "sha256:" .. ("0"):rep(64) } } })
  end)

  it("refuses layers that aren't what they are called", function()
    local function with(change)
      local copy = json.decode(whole)
      change(copy)
      return { { path = "/manifests/", replace = json.encode(copy),
        header = { ["Docker-Content-Digest"] = json.null } } }
    end
    fails("compressed as none, not gzip", with(function(it)
      it.layers[2].mediaType = media_type.layer_gzip
    end))
    fails("unknown media type", with(function(it) it.layers[2].mediaType = "text/plain" end))
    fails("diff ID", with(function(it)
      it.layers[1], it.layers[2] = it.layers[2], it.layers[1]
    end))
    fails("1 layers, where", with(function(it) it.layers[2] = nil end))
    fails("is no image", with(function(it) it.config.mediaType = "application/x" end))
    fails("bytes", with(function(it) it.layers[2].size = it.layers[2].size + 1 end))
    fails("longer", with(function(it) it.layers[2].size = it.layers[2].size - 1 end))
    fails("over the limit", with(function(it) it.config.size = 1 << 30 end))
  end)

  it("asks no host that a layer's `urls` name (REG-12)", function()
    local document = json.decode(whole)
    local other <close> = proxy.start(server)
    document.layers[2].urls = { ("http://%s/v2/a/b/blobs/%s"):format(other.host, big.digest) }
    fails("a foreign layer, to be had elsewhere, where lamina asks nobody", {
      { path = "/manifests/", replace = json.encode(document),
        header = { ["Docker-Content-Digest"] = json.null } },
      { path = blob .. big.digest, status = 404 } })
    assert.same({}, other:requests())
  end)
end)
