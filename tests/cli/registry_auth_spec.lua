-- Who sees what: tokens, passwords, redirects, mirrors (SECURITY REG-02, REG-07).
local base64 = require "lamina.util.base64"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local proxy = require "support.proxy"
local registry = require "support.registry"

describe("a registry", function()
  local server, front, other, origin, home
  local password = "s3cret-word"

  setup(function()
    server = registry.start()
    front, other = proxy.start(server), proxy.start(server)
    origin = fixtures.busybox_store()
    origin:ok("push", "-q", "busybox", server:name "a/b:v1")
  end)
  teardown(function()
    front:close()
    other:close()
    server:close()
    helper.cleanup()
  end)
  before_each(function()
    home = helper.tmpdir()
    for _, one in ipairs { front, other } do
      one:rules()
      one:requests()
    end
  end)

  --- Has these credentials for the proxy.
  local function know(entry)
    helper.write(home .. "/config.json", json.encode { auths = { [front.host] = entry } })
  end

  local function know_me()
    know { auth = base64.encode("me:" .. password) }
  end

  --- Runs a shell line with them; no output has a secret.
  local function script(line, run)
    local status, out, err = (run or helper.store()):script(("export DOCKER_CONFIG=%s "
      .. "XDG_RUNTIME_DIR=%s LAMINA_RETRY_MS=1 LAMINA_TRIES=2; %s"):format(home, home, line))
    assert.is_nil((out .. err):find("token%-%d"), out .. err)
    assert.is_nil((out .. err):find(password, 1, true), out .. err)
    return status, out, err
  end

  local function pull(more)
    return script((more or "") .. " lamina pull -q " .. front:name "a/b:v1")
  end

  --- The headers Authorization that one of the proxies has got.
  local function shown(to)
    local list = {}
    for _, one in ipairs(to:requests()) do list[#list + 1] = one.headers.authorization end
    return list
  end

  local bearer = { kind = "bearer", user = "me", password = password }
  local function with(auth, more)
    local all = {}
    for key, value in pairs(auth) do all[key] = value end
    for key, value in pairs(more) do all[key] = value end
    return all
  end

  it("gives anonymous visitors a token, and is asked for one once", function()
    front:rules({}, { kind = "bearer", anonymous = true })
    assert.equal(0, (pull()))
    local asked = 0
    for _, one in ipairs(front:requests()) do
      if one.path:find "^/token" then
        asked = asked + 1
        assert.equal("/token?service=ours&scope=repository%3Aa%2Fb%3Apull", one.path)
        assert.is_nil(one.headers.authorization)
      end
    end
    assert.equal(1, asked)
  end)

  it("gets the password at its token server alone, and tokens elsewhere", function()
    know_me()
    front:rules({}, bearer)
    assert.equal(0, (pull()))
    for _, one in ipairs(front:requests()) do
      local said = one.headers.authorization
      if one.path:find "^/token" then
        assert.equal("Basic " .. base64.encode("me:" .. password), said)
        assert.matches("account=me", one.path, 1, true)
      else
        assert.is_true(said == nil or said:find "^Bearer token" ~= nil)
      end
    end
  end)

  it("is asked for another token when one has expired, in a push as well", function()
    know_me()
    front:rules({}, with(bearer, { uses = 2 }))
    assert.equal(0, (pull()))
    assert.equal(0, (script("lamina push -q busybox " .. front:name "c/d:v1", origin)))
    front:rules()
    assert.equal(0, (pull()))
  end)

  it("gets an identity token in the body of a POST", function()
    know { identitytoken = "token-9" }
    front:rules({}, { kind = "bearer", identity = "token-9" })
    assert.equal(0, (pull()))
    know { identitytoken = "token-8" }
    local status, _, err = pull()
    assert.equal(1, status)
    assert.matches("user name or password refused", err, 1, true)
  end)

  it("gets a password with each request where it asks so", function()
    know_me()
    front:rules({}, with(bearer, { kind = "basic" }))
    assert.equal(0, (pull()))
    know { auth = base64.encode "me:wrong" }
    local status, _, err = pull()
    assert.equal(1, status)
    assert.matches("status 401", err, 1, true)
    assert.matches("hint: `lamina login " .. front.host, err, 1, true)
  end)

  it("is told nothing by a REGISTRY_AUTH_FILE that isn't there, and the user is told so", function()
    front:rules({}, with(bearer, { kind = "basic" }))
    local _, _, err = pull(("REGISTRY_AUTH_FILE=%s/none.json"):format(home))
    assert.matches(("hint: `lamina login .-; REGISTRY_AUTH_FILE names %s/none.json, which isn't"):
      format(home:gsub("%p", "%%%0")), err)
    know_me()
    assert.equal(0, (pull(("REGISTRY_AUTH_FILE=%s/none.json"):format(home))))
  end)

  it("is asked for several layers at once, none of which it refuses for good", function()
    local locked <close> = registry.start { password = true }
    helper.write(home .. "/Dockerfile", "FROM busybox\nRUN echo a >/a\nRUN echo b >/b\n"
      .. "RUN echo c >/c\nRUN echo d >/d\n")
    local function ends(wanted, known, line)
      helper.write(home .. "/config.json", json.encode { auths = { [locked.host] = {
        auth = base64.encode("me:" .. known) } } })
      local status, _, err = script(line, origin)
      assert.equal(wanted, status, err)
      local refused = 0
      for _, asked in ipairs(locked:log()) do
        if asked:find " 401$" then refused = refused + 1 end
      end
      return refused
    end
    ends(0, "secret", "lamina build -q -t four " .. home)
    ends(0, "secret", "lamina push -q four " .. locked:name "a/four:v1")
    ends(0, "secret", ("lamina build -q --cache-to type=registry,mode=max,ref=%s %s"):format(
      locked:name "a/cache:v1", home))
    -- at most once without a password and once with it, for each layer
    local refused = ends(1, "wrong", "lamina push -q four " .. locked:name "a/five:v1")
    assert.is_true(refused > 1 and refused <= 10, tostring(refused))
  end)

  it("gets no password where it doesn't ask", function()
    know_me()
    assert.equal(0, (pull()))
    assert.same({}, shown(front))
  end)

  it("may send us elsewhere for blobs, where nobody learns who we are", function()
    know_me()
    for _, kind in ipairs { "basic", "bearer" } do
      front:rules({ { path = "/blobs/", redirect = "http://" .. other.host } },
        with(bearer, { kind = kind }))
      assert.equal(0, (pull()))
      assert.same({}, shown(other))
    end
  end)

  it("may have its token server elsewhere, which gets no password unless it is listed", function()
    know_me()
    local realm = ("http://%s/token"):format(other.host)
    front:rules({}, with(bearer, { realm = realm }))
    other:rules({}, bearer)
    local status, _, err = pull()
    assert.equal(1, status)
    assert.matches("another host, which gets no password", err, 1, true)
    assert.matches("LAMINA_TOKEN_SERVERS=" .. other.host, err, 1, true)
    assert.same({}, other:requests())
    pull("LAMINA_TOKEN_SERVERS=" .. other.host)
    assert.matches("^Basic ", shown(other)[1])
  end)

  it("may not have us ask where only this machine's own host answers (REG-12)", function()
    for realm, words in pairs { ["http://169.254.169.254/token"] = "link-local",
      ["http://[fe80::1]/token"] = "link-local", ["file:///etc/passwd"] = "token server" } do
      front:rules({}, with(bearer, { realm = realm }))
      local status, _, err = pull()
      assert.equal(1, status)
      assert.matches(words, err, 1, true)
    end
  end)

  it("may have uploads elsewhere, where nobody learns who we are", function()
    know_me()
    front:rules({ { method = "POST", path = "/uploads/", status = 202, headers = {
      Location = ("http://%s/v2/e/f/blobs/uploads/x"):format(other.host) } } },
      with(bearer, { kind = "basic" }))
    local status = script("lamina push -q busybox " .. front:name "e/f:v1", origin)
    assert.equal(1, status)
    local asked = other:requests()
    assert.is_true(#asked > 0)
    for _, one in ipairs(asked) do assert.is_nil(one.headers.authorization) end
  end)

  describe("with a mirror", function()
    local function pull_by(mirrors)
      return script(("LAMINA_MIRRORS='%s=%s' lamina pull -q %s"):format(front.host, mirrors,
        front:name "a/b:v1"))
    end

    it("isn't asked for what the mirror has, nor is the mirror told who we are", function()
      know_me()
      assert.equal(0, (pull_by("http://" .. other.host)))
      assert.same({}, front:requests())
      assert.same({}, shown(other))
    end)

    it("is asked where the mirror fails, lies, or isn't there", function()
      for _, rule in ipairs { { path = "/", status = 404 }, { path = "/", status = 503 },
        { path = "/", status = 401 }, { path = "/blobs/", status = 404 },
        { path = "/blobs/", truncate = 10 }, { path = "/blobs/", corrupt = true },
        { path = "/manifests/", replace = "x" } } do
        other:rules { rule }
        local status, _, err = pull_by("http://" .. other.host)
        assert.equal("", status == 0 and "" or err)
        assert.is_true(#front:requests() > 0)
      end
      assert.equal(0, (pull_by "http://127.0.0.1:1"))
    end)
  end)

  describe("with TLS", function()
    --- Pulls from a registry with such a certificate, which has to be by our authority.
    local function pull_with(options, authority)
      local certificates, trusted = registry.certificates(options), helper.tmpdir()
      local tls <close> = registry.start { certificates = certificates }
      os.execute(("mkdir %s/%s && cp %s/ca.crt %s/%s"):format(trusted, tls.host,
        authority or certificates, trusted, tls.host))
      return script(("LAMINA_CERTS=%s lamina pull -q %s"):format(trusted, tls:name "a/b:v1"))
    end

    it("is shown the certificate that certs.d has for it", function()
      local certificates, trusted = registry.certificates(), helper.tmpdir()
      local tls <close> = registry.start { certificates = certificates, asks_certificates = true }
      os.execute(("mkdir %s/%s && cp %s/ca.crt %s/%s"):format(trusted, tls.host, certificates,
        trusted, tls.host))
      local line = ("LAMINA_CERTS=%s lamina pull -q %s"):format(trusted, tls:name "a/b:v1")
      local status, _, err = script(line)
      assert.equal(1, status)
      assert.is_nil(err:find "status 404")
      os.execute(("cp %s/server.crt %s/%s/me.cert"):format(certificates, trusted, tls.host))
      assert.matches("me.key is missing", select(3, script(line)), 1, true)
      os.execute(("cp %s/server.key %s/%s/me.key"):format(certificates, trusted, tls.host))
      assert.matches("status 404", select(3, script(line)), 1, true)
    end)

    it("is believed by the authority that certs.d names, for its own name, for a time", function()
      local _, _, err = pull_with()
      assert.matches("status 404", err, 1, true)
      for _, one in ipairs { { names = "DNS:elsewhere.example" }, { days = -1 } } do
        local status
        status, _, err = pull_with(one)
        assert.equal(1, status)
        assert.matches("certificate", err)
      end
      _, _, err = pull_with({}, registry.certificates())
      assert.matches("certificate", err)
    end)
  end)
end)
