-- lamina push into a registry that errs and lies (SECURITY REG-01, REG-03, REG-08).
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local killer = require "support.killer"
local proxy = require "support.proxy"
local registry = require "support.registry"

describe("lamina push", function()
  local server, front, run, count

  setup(function()
    server = registry.start()
    front = proxy.start(server)
    run, count = fixtures.busybox_store(), 0
  end)
  teardown(function()
    front:close()
    server:close()
    helper.cleanup()
  end)
  before_each(function()
    front:rules()
    front:requests()
  end)

  --- Pushes to a repository that nobody has pushed to; answers status, out, err, its name.
  local function push(options)
    count = count + 1
    local name = ("a%d/b"):format(count)
    local status, out, err = run:script(("LAMINA_RETRY_MS=1 LAMINA_STALL=1 lamina push -q %s "
      .. "busybox %s:v1"):format(options or "", front:name(name)))
    assert.is_nil(err:find "internal error", err)
    return status, out, err, name
  end

  local function survives(rules, options, auth)
    front:rules(rules, auth)
    local status, out, err, name = push(options)
    assert.equal("", status == 0 and "" or err)
    assert.equal(server:digest(name, "v1") .. "\n", out)
    local other = helper.store()
    other:ok("pull", "-q", server:name(name .. ":v1"))
  end

  --- It fails with these words, and there is no tag.
  local function fails(words, rules)
    front:rules(rules)
    local status, out, err, name = push()
    assert.same({ 1, "" }, { status, out })
    assert.matches(words, err)
    assert.matches(front.host, err, 1, true)
    assert.is_false((pcall(server.digest, server, name, "v1")))
    run:ok "fsck"
  end

  it("tries again what passes", function()
    for _, status in ipairs { 429, 500, 503 } do
      survives { { path = "/v2/", status = status, times = 2,
        headers = { ["Retry-After"] = "0" } } }
    end
    for _, method in ipairs { "HEAD", "POST", "PUT" } do
      survives { { method = method, path = "/v2/", drop = true, times = 2 } }
    end
  end)

  it("gives up what lasts, and leaves no tag", function()
    for _, method in ipairs { "POST", "PUT" } do
      for _, status in ipairs { 400, 403, 404, 500 } do
        fails("status " .. status, { { method = method, path = "/v2/", status = status } })
      end
    end
    fails("status 400 %(wrong digest%)", { { method = "PUT", path = "/blobs/", status = 400,
      body = '{"errors":[{"code":"DIGEST_INVALID","message":"wrong digest"}]}' } })
    fails("status 401.*lamina login", { { path = "/v2/", status = 401 } })
    fails("doesn't say where", { { method = "POST", path = "/uploads/", status = 202 } })
    fails("it was stored as sha256:0+", { { method = "PUT", path = "/manifests/sha256:",
      status = 201, headers = { ["Docker-Content-Digest"] = "sha256:" .. ("0"):rep(64) } } })
  end)

  -- Other tests have pushed the layer to other repositories: it is to be sent all the same.
  local no_mount = { method = "POST", path = "mount=", status = 404 }

  it("goes on where an upload was cut off, or begins anew", function()
    for _, rule in ipairs { { cut_upload = 100000 }, { status = 503, times = 2 }, { status = 404 },
      { status = 416 } } do
      rule.path, rule.times = "/blobs/uploads/", rule.times or 1
      for method, options in pairs { PUT = "", PATCH = "--chunk-size 1" } do
        rule.method = method
        survives({ no_mount, rule }, options)
      end
    end
  end)

  it("asks how far it has come where a piece was lost", function()
    front:rules { no_mount,
      { method = "PUT", path = "/blobs/uploads/", status = 503, times = 1 } }
    front:requests()
    assert.equal(0, (push "--chunk-size 1"))
    local asked = false
    for _, one in ipairs(front:requests()) do
      asked = asked or (one.method == "GET" and one.path:find "/blobs/uploads/" ~= nil)
    end
    assert.is_true(asked)
  end)

  it("sends in pieces what is too large for a proxy", function()
    front:requests()
    survives { no_mount, { method = "PUT", path = "/blobs/uploads/", status = 413, times = 1 } }
    local patches = 0
    for _, one in ipairs(front:requests()) do
      if one.method == "PATCH" then
        patches = patches + 1
        assert.matches("^0%-%d+$", one.headers["content-range"])
      end
    end
    assert.is_true(patches > 0)
  end)

  --- The headers Content-Range of the pieces since the last call.
  local function pieces()
    local list = {}
    for _, one in ipairs(front:requests()) do
      if one.method == "PATCH" then list[#list + 1] = one.headers["content-range"] end
    end
    return list
  end

  it("goes on from where the registry says that it has come", function()
    front:requests()
    survives({ no_mount, { method = "PATCH", path = "/blobs/uploads/", take = 300000, times = 1 } },
      "--compression none --chunk-size 1")
    local sent = pieces()
    assert.matches("^0%-", sent[1])
    assert.matches("^300000%-", sent[2])
    for _, range in ipairs { "0-99999999999", "0-0", "0-99999999999999999999" } do
      front:rules { no_mount,
        { method = "PATCH", path = "/blobs/uploads/", header = { Range = range } } }
      local status, _, err = push "--compression none --chunk-size 1"
      assert.equal(1, status)
      assert.matches("it says that it has %d+ bytes, after %d+ of them were sent", err)
    end
  end)

  it("sends no piece shorter than the registry takes", function()
    for least, first in pairs { ["1200000"] = "^0%-1199999$", ["1"] = "^0%-1048575$",
      [("9"):rep(25)] = "^0%-%d+$" } do
      front:requests()
      survives({ no_mount, { method = "POST", path = "/blobs/uploads/",
        header = { ["OCI-Chunk-Min-Length"] = least } } }, "--compression none --chunk-size 1")
      local sent = pieces()
      assert.matches(first, sent[1])
      assert.equal(#least == 25, #sent == 1)
    end
  end)

  it("sends the blob where mounting it is refused", function()
    for _, status in ipairs { 403, 404, 405 } do
      survives { { method = "POST", path = "mount=", status = status } }
    end
    -- by the token server: we may not read the other repository
    survives({ { path = "/token\\?.*scope=.*scope=", status = 403 } }, nil,
      { kind = "bearer", anonymous = true })
  end)

  it("may be killed at any moment: the tag is missing, or all of it is there (REG-08)", function()
    local function line(name)
      return run:line("push", "-q", "--compression", "zstd", "busybox", server:name(name .. ":v1"))
    end
    local seconds = killer.time(line "k0/b")
    for i = 1, 8 do
      local name = ("k%d/b"):format(i)
      killer.kill_after(line(name), seconds * i / 9, "leader")
      if pcall(server.digest, server, name, "v1") then
        helper.store():ok("pull", "-q", server:name(name .. ":v1"))
      end
    end
    assert.same({}, killer.survivors())
    run:ok("push", "-q", "--compression", "zstd", "busybox", server:name "k1/b:v1")
    run:ok("fsck", "--deep")
  end)
end)
