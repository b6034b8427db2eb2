-- lamina build --cache-to and --cache-from with type=registry: builders that share what they make.
local builders = require "support.builders"
local helper = require "support.helper"
local json = require "lamina.core.json"
local proxy = require "support.proxy"
local registry = require "support.registry"

local build, machine = builders.build, builders.machine

describe("lamina build", function()
  local server, dir

  setup(function()
    server = registry.start()
    dir = builders.context()
  end)
  teardown(function()
    server:close()
    helper.cleanup()
  end)

  it("runs nothing that another machine has put into the cache", function()
    local name = server:name "cache/max:v1"
    local said, ran = build(machine(), "--cache-to", "type=registry,ref=" .. name .. ",mode=max",
      dir)
    assert.equal(5, ran)
    local second = machine()
    local again, none, err = build(second, "--cache-from", "type=registry,ref=" .. name, dir)
    assert.same({ said, 0 }, { again, none }, err)
    second:ok("fsck", "--deep")
    said, ran = build(second, dir)
    assert.same({ again, 1 }, { said, ran }, "and has then what it needed: not the first copy")
  end)

  it("keeps only the result's own layers with mode=min, which is enough to share those", function()
    local name, first = server:name "cache/min:v1", machine()
    build(first, "--cache-to", name, dir)
    local there = json.decode(first:ok("manifest", "--raw", name))
    assert.equal(3, #there.layers)
    local _, ran = build(machine(), "--cache-from", name, dir)
    assert.is_true(ran < 5)
  end)

  it("goes on without a cache that isn't there, or is none, and says so", function()
    local run = machine()
    local _, _, err = build(run, "--cache-from", server:name "cache/nothing", dir)
    assert.matches("#cache NOTE not used: .-status 404", err)
    run:ok("push", "-q", "busybox", server:name "a/image:v1")
    _, _, err = build(run, "--cache-from", server:name "a/image:v1", dir)
    assert.matches("it is no cache of lamina's", err, 1, true)
  end)

  --- A cache of everything under a name, and the digests of its layers.
  local function layers_of(name)
    build(machine(), "--cache-to", "type=registry,mode=max,ref=" .. server:name(name), dir)
    return json.decode(machine():ok("manifest", "--raw", server:name(name))).layers
  end

  it("makes what the cache promises and doesn't have, where it is needed", function()
    local front <close> = proxy.start(server)
    local are_needed = 0
    for _, of in ipairs(layers_of "cache/broken:v1") do
      front:rules { { path = "/blobs/" .. of.digest, status = 404 } }
      local run = machine()
      local _, ran, err = build(run, "--cache-from", front:name "cache/broken:v1", dir)
      if ran > 0 then
        are_needed = are_needed + 1
        assert.matches("#cache NOTE layer sha256:", err, 1, true)
      end
      run:ok("fsck", "--deep")
    end
    assert.equal(3, are_needed, "the layers of the image")
  end)

  it("downloads no layer that the result doesn't need, of a cache or a base", function()
    local origin, cache = machine(), server:name "cache/lazy:v1"
    origin:ok("push", "-q", "busybox", server:name "base/box:v1")
    local function lamina(run, text, option)
      helper.write(dir .. "/lazy.lua", ([[
        local built = from(%q):run("%s >/built; echo left >/other")
        return from("scratch"):copy("/built", "/", { from = built })]]):format(
        server:name "base/box:v1", text))
      local status, _, err = run:script(("LAMINA_PULL=missing lamina build -q -f %s/lazy.lua %s %s")
        :format(dir, option, dir))
      assert.equal("", err)
      assert.equal(0, status)
    end
    lamina(origin, "echo one", "--cache-to type=registry,mode=max,ref=" .. cache)
    local function layers(name) return json.decode(origin:ok("manifest", "--raw", name)).layers end
    local base, steps = layers(server:name "base/box:v1"), layers(cache)
    assert.equal(2, #steps)
    local second = helper.store()
    --- How many layers of the base and of the cache a build downloads.
    local function downloads(text)
      server:log() -- what came before
      lamina(second, text, "--cache-from " .. cache)
      local all, counts = table.concat(server:log(), "\n"), { 0, 0 }
      for i, list in ipairs { base, steps } do
        for _, of in ipairs(list) do
          if all:find("GET %S+/blobs/" .. of.digest) then counts[i] = counts[i] + 1 end
        end
      end
      return counts
    end
    assert.same({ 0, 1 }, downloads "echo one")
    assert.equal(1, select(2, second:ok("images", "-q"):gsub("\n", "")), "the base isn't there")
    assert.same({ 1, 0 }, downloads "echo two") -- its step stands on the base
    second:ok("fsck", "--deep")
  end)

  it("believes no records that are none", function()
    local front <close> = proxy.start(server)
    build(machine(), "--cache-to", server:name "cache/wrong:v1", dir)
    local run = machine()
    local config = json.decode(run:ok("manifest", "--raw", server:name "cache/wrong:v1")).config
    for _, text in ipairs { "x", "[]", '{"version":2}', '{"version":1,"diff_ids":[],"records":[]}',
      '{"version":1,"diff_ids":["../x","a","b"],"records":[]}' } do
      local digest = "sha256:" .. require("lamina.core.digest").sha256(text)
      local document = json.decode(run:ok("manifest", "--raw", server:name "cache/wrong:v1"))
      document.config = { mediaType = config.mediaType, digest = digest, size = #text }
      front:rules { { path = "/manifests/", replace = json.encode(document),
        header = { ["Docker-Content-Digest"] = json.null } },
        { path = "/blobs/" .. digest, status = 200, body = text } }
      local _, _, err = build(run, "--cache-from", front:name "cache/wrong:v1", dir)
      assert.matches("#cache NOTE not used", err, 1, true)
    end
  end)

  it("tells when the cache can't be written, unless that doesn't matter", function()
    local run = machine()
    local line = "export LAMINA_TRIES=1; lamina build -q --cache-to "
    local status, _, err = run:script(line .. "127.0.0.1:1/cache " .. dir)
    assert.equal(1, status)
    assert.matches("--cache-to 127.0.0.1:1/cache: ", err, 1, true)
    status = run:script(line .. "type=registry,ref=127.0.0.1:1/cache,ignore-error=true " .. dir)
    assert.equal(0, status)
  end)

  it("refuses what it can't understand before anything is built", function()
    local run = machine()
    for word, pattern in pairs { ["type=s3,bucket=x"] = "the type 's3' isn't known",
      ["type=s3"] = "the type 's3' isn't known", ["type=registry"] = "'ref' is missing",
      ["type=registry,ref=a,mod=max"] = "did you mean 'mode'",
      ["type=registry,ref=a,mode=most"] = "'most' is none of max, min" } do
      run:fails(2, pattern, "build", "-q", "--cache-to", word, dir)
    end
  end)
end)
