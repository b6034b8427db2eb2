local base64 = require "lamina.util.base64"
local credentials = require "lamina.registry.credentials"
local failure = require "lamina.util.failure"
local helper = require "support.helper"
local json = require "lamina.core.json"
local sched = require "lamina.util.sched"
local uv = require "luv"

describe("lamina.registry.credentials", function()
  local dir, kept
  local names = { "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
    "DOCKER_AUTH_CONFIG" }

  before_each(function()
    dir, kept = helper.tmpdir(), { PATH = os.getenv "PATH" }
    for _, name in ipairs(names) do
      kept[name] = os.getenv(name) or false
      uv.os_setenv(name, dir .. "/" .. name)
      os.execute(("mkdir -p %s/%s/containers"):format(dir, name))
    end
    uv.os_setenv("REGISTRY_AUTH_FILE", "")
    uv.os_setenv("DOCKER_AUTH_CONFIG", "")
  end)
  after_each(function()
    for name, value in pairs(kept) do
      if value then uv.os_setenv(name, value) else uv.os_unsetenv(name) end
    end
    helper.cleanup()
  end)

  local function docker(value)
    helper.write(dir .. "/DOCKER_CONFIG/config.json",
      type(value) == "table" and json.encode(value) or value)
  end

  local function auth(words) return { auth = base64.encode(words) } end

  local function at(host, more)
    local one = { registry = host, host = host, is_tls = true, is_mirror = false }
    for key, value in pairs(more or {}) do one[key] = value end
    return one
  end

  local function find(...)
    return sched.run(credentials.find, ...)
  end

  it("knows nobody where nothing is written", function()
    assert.is_nil(find(at "quay.io", "a/b"))
    docker "{}"
    assert.is_nil(find(at "quay.io", "a/b"))
  end)

  it("finds the entry of the very host and port (REG-02)", function()
    docker { auths = { ["quay.io"] = auth "me:pass:word", ["a.example:5000"] = auth "you:x" } }
    assert.same({ username = "me", password = "pass:word" }, find(at "quay.io"))
    assert.equal("you", find(at "a.example:5000").username)
    for _, host in ipairs { "quay.io:443", "x.quay.io", "a.example", "a.example:500", "quay.i" } do
      assert.is_nil(find(at(host)), host)
    end
  end)

  it("knows Docker's own registry by the name Docker gives it", function()
    docker { auths = { ["https://index.docker.io/v1/"] = auth "me:a" } }
    local hub = at("registry-1.docker.io", { registry = "docker.io" })
    assert.equal("me", find(hub, "library/debian").username)
  end)

  it("takes an entry with either scheme for this machine's own registry", function()
    for _, form in ipairs { "https://%s", "https://%s/", "https://%s/v2/", "http://%s" } do
      for _, host in ipairs { "localhost:5000", "127.0.0.1:5000", "a.example" } do
        docker { auths = { [form:format(host)] = auth "me:a" } }
        local is_found = host ~= "a.example" or form == "http://%s"
        assert.equal(is_found, find(at(host, { is_tls = false })) ~= nil, form:format(host))
      end
    end
  end)

  it("takes the text of DOCKER_AUTH_CONFIG before Docker's file", function()
    docker { auths = { ["quay.io"] = auth "file:a", ["a.example"] = auth "file:b" } }
    uv.os_setenv("DOCKER_AUTH_CONFIG", json.encode { auths = { ["quay.io"] = auth "me:c" } })
    assert.equal("me", find(at "quay.io").username)
    assert.equal("file", find(at "a.example").username)
    uv.os_setenv("DOCKER_AUTH_CONFIG", '{"auths": s3cret')
    local ok, err = pcall(find, at "quay.io")
    assert.is_false(ok)
    assert.matches("^DOCKER_AUTH_CONFIG: ", err.message)
    assert.is_nil(err.message:find("s3cret", 1, true))
  end)

  it("gives a mirror what is kept for the mirror, not what is for the registry", function()
    docker { auths = { ["docker.io"] = auth "me:a", ["m.example"] = auth "you:b" } }
    local mirror = { registry = "docker.io", is_tls = true, is_mirror = true }
    mirror.host = "m.example"
    assert.equal("you", find(mirror, "library/debian").username)
    mirror.host = "n.example"
    assert.is_nil(find(mirror, "library/debian"))
  end)

  it("takes a URL as the host in it, and none for https over plain http", function()
    docker { auths = { ["https://a.example/v2/"] = auth "me:a" } }
    assert.equal("me", find(at "a.example").username)
    assert.is_nil(find(at("a.example", { is_tls = false })))
  end)

  it("prefers a repository's own, as Podman writes them", function()
    helper.write(dir .. "/XDG_RUNTIME_DIR/containers/auth.json", json.encode { auths = {
      ["quay.io"] = auth "host:a", ["quay.io/team"] = auth "team:b",
      ["quay.io/team/app"] = auth "app:c" } })
    assert.equal("app", find(at "quay.io", "team/app").username)
    assert.equal("team", find(at "quay.io", "team/other").username)
    assert.equal("host", find(at "quay.io", "teams/app").username)
  end)

  it("looks into Docker's file before Podman's, and into REGISTRY_AUTH_FILE before both", function()
    local function write(path, user)
      helper.write(dir .. path, json.encode { auths = { ["quay.io"] = auth(user .. ":x") } })
    end
    write("/XDG_CONFIG_HOME/containers/auth.json", "config")
    assert.equal("config", find(at "quay.io").username)
    write("/XDG_RUNTIME_DIR/containers/auth.json", "runtime")
    assert.equal("runtime", find(at "quay.io").username)
    docker { auths = { ["quay.io"] = auth "docker:x" } }
    assert.equal("docker", find(at "quay.io").username)
    write("/named.json", "named")
    uv.os_setenv("REGISTRY_AUTH_FILE", dir .. "/named.json")
    assert.equal("named", find(at "quay.io").username)
  end)

  it("knows identity tokens and registry tokens", function()
    docker { auths = { a = { auth = "", identitytoken = "t" }, b = { registrytoken = "r" } } }
    assert.same({ identity_token = "t" }, find(at "a"))
    assert.same({ bearer = "r" }, find(at "b"))
  end)

  it("names the file that it can't read, and shows no secret", function()
    for _, text in ipairs { "{", "[1]", '{"auths":[1]}', '{"auths":{"a":"secret"}}',
      '{"auths":{"a":{"auth":"secret!"}}}' } do
      docker(text)
      local ok, err = pcall(find, at "a")
      assert.is_false(ok, text)
      assert.is_true(failure.is(err, "invalid-input"))
      assert.matches("config.json", err.message, 1, true)
      assert.is_nil(err.message:find "secret")
    end
  end)

  describe("with a helper", function()
    local function program(text)
      local path = helper.write(dir .. "/docker-credential-ours",
        "#!/bin/sh\nread -r host\n" .. text)
      os.execute("chmod +x " .. path)
      uv.os_setenv("PATH", dir .. ":" .. kept.PATH)
    end

    it("asks it by the host's name", function()
      program [[[ "$1" = get ] || exit 1
        printf '{"ServerURL":"%s","Username":"me","Secret":"of %s"}' "$host" "$host"]]
      docker { credsStore = "ours" }
      assert.same({ username = "me", password = "of quay.io" }, find(at "quay.io"))
      docker { credHelpers = { ["quay.io"] = "ours" } }
      assert.equal("me", find(at "quay.io").username)
      assert.is_nil(find(at "other.io"))
    end)

    it("takes an identity token, and that it knows nobody", function()
      program [[printf '{"ServerURL":"","Username":"<token>","Secret":"t"}']]
      docker { credsStore = "ours" }
      assert.same({ identity_token = "t" }, find(at "quay.io"))
      program [[echo "credentials not found in native keychain"; exit 1]]
      assert.is_nil(find(at "quay.io"))
    end)

    it("tells when it fails, is missing, or has a name that is none", function()
      docker { credsStore = "ours" }
      program [[echo "the keyring is locked"; exit 1]]
      local _, err = pcall(find, at "quay.io")
      assert.matches("docker-credential-ours: the keyring is locked", err.message, 1, true)
      docker { credsStore = "missing" }
      _, err = pcall(find, at "quay.io")
      assert.matches("docker-credential-missing", err.message, 1, true)
      docker { credsStore = "../sh" }
      _, err = pcall(find, at "quay.io")
      assert.is_true(failure.is(err, "invalid-input"))
    end)
  end)
end)
