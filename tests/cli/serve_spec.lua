-- lamina serve: the store as a registry that can only be read.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local http = require "lamina.core.http"
local json = require "lamina.core.json"

describe("lamina serve", function()
  local run, id, dir, address, skopeo
  local folders = {}

  --- Serves a store; answers the address, and the folder with what it writes.
  local function serve(store)
    local out = helper.tmpdir()
    folders[#folders + 1] = out
    helper.write(out .. "/out", "")
    os.execute(("exec %s >%s/out 2>%s/err & echo $! >%s/pid"):format(
      store:line("serve", "--address", "127.0.0.1:0"), out, out, out))
    for _ = 1, 500 do
      local found = helper.read(out .. "/out"):match "^(127%.0%.0%.1:%d+)\n"
      if found then return found, out end
      os.execute "sleep 0.02"
    end
    error("it didn't start: " .. helper.read(out .. "/err"))
  end

  setup(function()
    run, id = fixtures.busybox_store()
    address, dir = serve(run)
    skopeo = ("REGISTRY_AUTH_FILE=%s skopeo"):format(helper.write(dir .. "/auth.json", "{}"))
  end)
  teardown(function()
    for _, out in ipairs(folders) do
      os.execute("kill " .. helper.read(out .. "/pid"):match "%d+")
    end
    helper.cleanup()
  end)

  local function get(path, more)
    local request = { url = ("http://%s%s"):format(address, path) }
    for key, value in pairs(more or {}) do request[key] = value end
    return assert(http.request(request))
  end

  local function manifest()
    return json.decode(get("/v2/busybox/manifests/latest").body)
  end

  it("lets lamina and skopeo pull, by the names of the store", function()
    local other = helper.store()
    assert.equal(id .. "\n", other:ok("pull", "-q", address .. "/busybox"))
    assert.equal("hello\n", other:ok("run", "--rm", address .. "/busybox", "echo", "hello"))
    assert.same({ 0, "", "" }, { helper.sh(("%s copy -q --src-tls-verify=false docker://%s/%s "
      .. "oci:%s/oci:x"):format(skopeo, address, "docker.io/library/busybox:latest", dir)) })
  end)

  it("lets podman pull", function()
    if not helper.is_root then return pending "podman needs what an ordinary user may lack" end
    local podman = ("podman --root %s/root --runroot %s/run "):format(dir, dir)
    local status, out = helper.sh(podman .. "pull -q --tls-verify=false " .. address .. "/busybox")
    helper.sh(podman .. "rmi -af")
    assert.same({ 0, id:sub(8) .. "\n" }, { status, out })
  end)

  it("answers tags, manifests by tag and digest, and blobs", function()
    assert.equal("{}", get("/v2/").body)
    assert.same({ name = "busybox", tags = { "latest" } },
      json.decode(get("/v2/busybox/tags/list").body))
    local by_tag = get "/v2/busybox/manifests/latest"
    assert.equal(by_tag.digest, by_tag.headers["docker-content-digest"])
    assert.equal(by_tag.body, get("/v2/busybox/manifests/" .. by_tag.digest).body)
    local config = manifest().config
    assert.equal(config.digest, "sha256:" .. digest.sha256(get("/v2/busybox/blobs/"
      .. config.digest).body))
    local head = get("/v2/busybox/manifests/latest", { method = "HEAD" })
    assert.equal(tostring(#by_tag.body), head.headers["content-length"])
  end)

  it("sends what is said of images along, and indexes by the digests that a store has", function()
    local function build(store, name, recipe)
      helper.write(dir .. "/recipe.lua", recipe)
      store:ok("build", "-q", "-f", dir .. "/recipe.lua", "-t", name, "--sbom", "--platform",
        "linux/amd64,linux/arm64", dir)
    end
    local function index_id(store, name)
      return store:ok("images", "-q", "--no-trunc", name):match "sha256:%x+"
    end
    build(run, "many", 'return from("scratch"):copy("recipe.lua", "/")')
    local many = get "/v2/many/manifests/latest"
    assert.equal(4, #json.decode(many.body).manifests)
    local plain = get("/v2/many/manifests/" .. index_id(run, "many")) -- here it has gzip
    assert.equal(404, plain.status)
    assert.matches("compressed otherwise", plain.body)
    local other, name = helper.store(), address .. "/many"
    other:ok("pull", "-q", "--all-platforms", name)
    assert.equal(many.digest, index_id(other, name))
    other:ok("tag", name, "many")
    build(other, "made", ('return from("%s"):label{a = "b"}'):format(name))
    local second = serve(other)
    local function get_by_digest(path, of)
      local url = ("http://%s/v2/%s/manifests/%s"):format(second, path, of)
      return assert(http.request { url = url })
    end
    assert.equal(many.body, get_by_digest("many", many.digest).body)
    local made = index_id(other, "made")
    assert.equal(made, get_by_digest("made", made).digest)
  end)

  it("sends a part of a blob", function()
    local layer = manifest().layers[1]
    local path = "/v2/busybox/blobs/" .. layer.digest
    local whole = get(path)
    assert.equal(layer.digest, whole.digest)
    local file <close> = assert(fs.open(helper.write(dir .. "/part", whole.body:sub(1, 100)), "rw"))
    local part = get(path, { output = file:fd(), resume = 100 })
    assert.equal(206, part.status)
    assert.equal(layer.digest, part.digest)
    assert.equal(("bytes 100-%d/%d"):format(layer.size - 1, layer.size),
      part.headers["content-range"])
    local function range(text) return get(path, { headers = { Range = "bytes=" .. text } }) end
    for _, text in ipairs { layer.size .. "-", "-0", "9-8" } do
      local none = range(text)
      assert.same({ 416, "bytes */" .. layer.size }, { none.status, none.headers["content-range"] })
    end
    assert.equal(200, range("-").status)
    local function tail(count) -- our own client doesn't take what it hasn't asked for as such
      return select(2, helper.sh(([[python3 -c 'import sys, urllib.request as r
a = r.urlopen(r.Request("http://%s%s", headers={"Range": "bytes=-%d"}))
print(a.status, a.headers["Content-Range"], a.read().hex())']]):format(address, path, count)))
    end
    local function hex(bytes)
      return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
    end
    assert.equal(("206 bytes %d-%d/%d %s\n"):format(layer.size - 5, layer.size - 1, layer.size,
      hex(whole.body:sub(-5))), tail(5))
    assert.matches(("^206 bytes 0%%-%d/%d "):format(layer.size - 1, layer.size),
      tail(layer.size + 9))
  end)

  it("answers as many tags as are asked for, and where the next ones are", function()
    for _, tag in ipairs { "b", "a", "c" } do run:ok("tag", "busybox", "paged:" .. tag) end
    local function list(query)
      local answer = get("/v2/paged/tags/list" .. query)
      return table.concat(json.decode(answer.body).tags, " "), answer.headers.link
    end
    local next_of = '</v2/paged/tags/list?n=%d&last=%s>; rel="next"'
    for query, wanted in pairs { [""] = { "a b c" }, ["?n=0"] = { "" }, ["?n=3"] = { "a b c" },
      ["?n=1"] = { "a", next_of:format(1, "a") }, ["?n=2"] = { "a b", next_of:format(2, "b") },
      ["?n=1&last=a"] = { "b", next_of:format(1, "b") }, ["?n=1&last=b"] = { "c" },
      ["?last=aa"] = { "b c" }, ["?last=%63"] = { "" } } do
      assert.same(wanted, { list(query) }, query)
    end
    assert.matches('"tags":[]', get("/v2/paged/tags/list?n=0").body, 1, true)
    assert.equal(400, get("/v2/paged/tags/list?n=x").status)
    assert.equal(404, get("/v2/nothing/tags/list?n=0").status)
  end)

  it("refuses what it hasn't, what would change it, and who comes by another name", function()
    for _, path in ipairs { "/", "/v2/nothing/manifests/latest", "/v2/busybox/manifests/v9",
      "/v2/busybox/blobs/sha256:" .. ("0"):rep(64), "/v2/busybox/blobs/../../lamina.db",
      "/v2/nothing/tags/list", "/v2/busybox/manifests/" .. manifest().layers[1].digest } do
      local answer = get(path)
      assert.equal(404, answer.status, path)
      assert.is_string(json.decode(answer.body).errors[1].code)
    end
    for _, method in ipairs { "PUT", "POST", "PATCH", "DELETE" } do
      assert.equal(405, get("/v2/busybox/manifests/x", { method = method }).status)
    end
    assert.equal(403, get("/v2/", { headers = { Host = "elsewhere.example" } }).status)
  end)

  it("bears what is no request", function()
    for _, text in ipairs { "x\\r\\n\\r\\n", "GET x HTTP/1.1\\r\\n\\r\\n", "" } do
      helper.sh(("bash -c \"exec 3<>/dev/tcp/%s; printf '%s' >&3; exec 3>&-\""):format(
        address:gsub(":", "/"), text))
    end
    helper.sh(("head -c 100000 /dev/zero | bash -c 'cat >/dev/tcp/%s'"):format(
      (address:gsub(":", "/"))))
    assert.equal(200, get("/v2/").status)
    assert.equal("", helper.read(dir .. "/err"))
  end)

  it("listens for this machine alone", function()
    for _, where in ipairs { "0.0.0.0:5000", "192.168.1.1:80", "127.0.0.1", "x:1", "[::]:1",
      "127.0.0.1:99999" } do
      run:fails(2, "is no loopback address", "serve", "--address", where)
    end
  end)
end)
