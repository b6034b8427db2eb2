-- lamina login and logout, with a real registry that wants a password.
local expect = require "support.expect"
local helper = require "support.helper"
local json = require "lamina.core.json"
local registry = require "support.registry"

describe("lamina login", function()
  local server, run, home

  setup(function() server = registry.start { password = true } end)
  teardown(function()
    server:close()
    helper.cleanup()
  end)
  before_each(function() run, home = helper.store(), helper.tmpdir() end)

  --- Runs a shell line in which `lamina` keeps credentials in `home`.
  local function script(line)
    return run:script(("export DOCKER_CONFIG=%s XDG_RUNTIME_DIR=%s HOST=%s; %s"):format(home, home,
      server.host, line))
  end

  local function kept()
    return json.decode(helper.read(home .. "/config.json"))
  end

  it("keeps a password that the registry takes, for its owner alone", function()
    local status, out, err = script "echo secret | lamina login -u me --password-stdin $HOST"
    assert.same({ 0, "" }, { status, err })
    assert.matches("Login Succeeded", out)
    assert.same({ auths = { [server.host] = { auth = "bWU6c2VjcmV0" } } }, kept())
    assert.equal("600\n", select(2, helper.sh("stat -c %a " .. home .. "/config.json")))
    assert.equal(0, (script "lamina logout $HOST"))
    assert.same({ auths = {} }, kept())
    assert.equal("Not logged in to " .. server.host .. "\n",
      select(2, script "lamina logout $HOST"))
  end)

  it("forgets a registry by all its names", function()
    local auths = {}
    for _, name in ipairs { "docker.io", "https://index.docker.io/v1/", "index.docker.io",
      "registry-1.docker.io", "https://registry-1.docker.io/v2/", server.host,
      "https://" .. server.host, "http://" .. server.host .. "/v1/" } do
      auths[name] = { auth = "eDp5" }
    end
    auths["quay.io"] = { auth = "eDp5" }
    helper.write(home .. "/config.json", json.encode { auths = auths })
    assert.equal(0, (script "lamina logout; lamina logout $HOST"))
    assert.same({ auths = { ["quay.io"] = { auth = "eDp5" } } }, kept())
  end)

  it("leaves what else is in the file", function()
    helper.write(home .. "/config.json",
      '{"auths":{"quay.io":{"auth":"eDp5"}},"psFormat":"x","HttpHeaders":{"a":"b"}}')
    assert.equal(0, (script "echo secret | lamina login -u me --password-stdin $HOST"))
    local whole = kept()
    assert.equal("x", whole.psFormat)
    assert.equal("eDp5", whole.auths["quay.io"].auth)
    assert.equal("b", whole.HttpHeaders.a)
  end)

  it("keeps no password that is refused, and doesn't show it", function()
    local status, out, err = script "echo wrong-one | lamina login -u me --password-stdin $HOST"
    assert.equal(1, status)
    assert.matches("user name or password refused", err, 1, true)
    assert.is_nil((out .. err):find("wrong-one", 1, true))
    assert.is_nil(io.open(home .. "/config.json"))
  end)

  it("lets push, pull and others in", function()
    local busybox = helper.top .. "/" .. helper.build .. "/fixtures/busybox.tar"
    require("support.fixtures").busybox_tar()
    run:ok("import", busybox, "busybox")
    local status, _, err = script "lamina push -q busybox $HOST/a/b:v1"
    assert.equal(1, status)
    assert.matches("hint: `lamina login", err, 1, true)
    local line = [[echo secret | lamina login -u me --password-stdin $HOST >/dev/null &&
      lamina push -q busybox $HOST/a/b:v1 && lamina pull -q $HOST/a/b:v1 && skopeo inspect \
      --tls-verify=false --authfile $DOCKER_CONFIG/config.json docker://$HOST/a/b:v1]]
    assert.equal(0, (script(line)))
  end)

  it("asks at a terminal, without showing the password", function()
    local line = helper.quote(helper.lamina_path) .. " login " .. server.host
    local session <close> = expect.start(line, { DOCKER_CONFIG = home })
    session:wait_for "Username: "
    session:type "me\n"
    session:wait_for "Password: "
    session:type "secret\r"
    session:wait_for "Login Succeeded"
    assert.equal(0, session:status())
    assert.is_nil(session:shown():find("secret", 1, true))
    assert.equal("bWU6c2VjcmV0", kept().auths[server.host].auth)
  end)

  it("gives it to the helper that the file names", function()
    helper.write(home .. "/config.json", '{"credsStore":"ours"}')
    helper.write(home .. "/docker-credential-ours", ([[#!/bin/sh
      case $1 in store) cat >%s/held;; get) cat %s/held;; erase) rm %s/held;; esac
    ]]):format(home, home, home))
    os.execute("chmod +x " .. home .. "/docker-credential-ours")
    local path = "export PATH=$DOCKER_CONFIG:$PATH; "
    assert.equal(0, (script(path .. "echo secret | lamina login -u me --password-stdin $HOST")))
    assert.equal("secret", json.decode(helper.read(home .. "/held")).Secret)
    assert.is_nil(kept().auths)
    assert.equal(0, (script(path .. "lamina logout $HOST")))
    assert.is_nil(io.open(home .. "/held"))
  end)

  it("tells what is missing", function()
    for line, pattern in pairs {
      ["echo x | lamina login --password-stdin $HOST"] = "needs --username",
      ["lamina login -u me $HOST"] = "nobody can be asked for the password",
      ["echo x | lamina login -u a:b --password-stdin $HOST"] = "has no ':'",
      ["echo | lamina login -u me --password-stdin $HOST"] = "password is empty",
      ["lamina login -u me 'a b'"] = "is no registry",
    } do
      local status, _, err = script(line)
      assert.equal(2, status, line)
      assert.matches(pattern, err, 1, true)
    end
  end)
end)
