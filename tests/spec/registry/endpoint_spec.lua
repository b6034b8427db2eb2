local endpoint = require "lamina.registry.endpoint"
local failure = require "lamina.util.failure"
local helper = require "support.helper"
local settings = require "lamina.registry.settings"
local uv = require "luv"

describe("lamina.registry.endpoint", function()
  local certificates

  before_each(function()
    certificates = helper.tmpdir()
    uv.os_setenv("LAMINA_CERTS", certificates)
  end)
  after_each(function()
    for _, name in ipairs { "CERTS", "PLAIN_HTTP", "MIRRORS" } do
      uv.os_unsetenv("LAMINA_" .. name)
    end
    helper.cleanup()
  end)

  it("asks Docker's registry where it is, others at their name, over TLS", function()
    assert.same({ registry = "docker.io", host = "registry-1.docker.io", is_tls = true,
      base = "https://registry-1.docker.io", is_mirror = false }, endpoint.home "docker.io")
    for _, host in ipairs { "quay.io", "example.org:5000", "127.example.org", "localhost.org" } do
      assert.equal("https://" .. host, endpoint.home(host).base)
    end
  end)

  it("does without TLS for this machine and for listed hosts alone", function()
    uv.os_setenv("LAMINA_PLAIN_HTTP", "registry.lan:5000, Other")
    for _, host in ipairs { "localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5",
      "registry.lan:5000", "other" } do
      assert.equal("http://" .. host, endpoint.home(host).base)
    end
    assert.equal("https://registry.lan", endpoint.home("registry.lan").base)
  end)

  it("takes whom to trust and who we are from certs.d, which also means TLS", function()
    local dir = certificates .. "/127.0.0.1:5000"
    os.execute("mkdir " .. dir)
    assert.is_true(endpoint.home("127.0.0.1:5000").is_tls)
    for _, name in ipairs { "ca.crt", "me.cert", "me.key", "README" } do
      helper.write(dir .. "/" .. name, "")
    end
    local at = endpoint.home "127.0.0.1:5000"
    assert.same({ dir .. "/ca.crt", dir .. "/me.cert", dir .. "/me.key" },
      { at.ca_file, at.cert_file, at.key_file })
    helper.write(dir .. "/other.crt", "")
    local ok, err = pcall(endpoint.home, "127.0.0.1:5000")
    assert.is_false(ok)
    assert.is_true(failure.is(err, "unsupported"))
  end)

  it("looks for certificates in the caller's home and in /etc, or there alone", function()
    local home = os.getenv "HOME"
    assert.same({ certificates }, settings.certificate_folders())
    uv.os_unsetenv "LAMINA_CERTS"
    uv.os_setenv("HOME", "/home/me")
    assert.same({ "/home/me/.config/containers/certs.d", "/etc/containers/certs.d",
      "/etc/docker/certs.d" }, settings.certificate_folders())
    uv.os_unsetenv "HOME"
    local without = settings.certificate_folders()
    if home then uv.os_setenv("HOME", home) end
    assert.same({ "/etc/containers/certs.d", "/etc/docker/certs.d" }, without)
  end)

  it("takes what a configuration says of a host, before its folder", function()
    local dir = certificates .. "/127.0.0.1:5000"
    os.execute("mkdir " .. dir)
    for _, name in ipairs { "ca.crt", "me.cert", "me.key" } do
      helper.write(dir .. "/" .. name, "")
    end
    local other = helper.write(helper.tmpdir() .. "/other.pem", "")
    local path = helper.tmpdir() .. "/config.yaml"
    os.execute("chmod go-w " .. helper.write(path, ([[
registries:
  127.0.0.1:5000: { cert: %s }
  localhost: { insecure: false }
  docker.io: { mirrors: ["http://m:5000", "https://127.0.0.1:5000"] }
]]):format(other)))
    uv.os_setenv("LAMINA_CONFIG", path)
    local at = endpoint.home "127.0.0.1:5000"
    local list = endpoint.list "docker.io"
    local is_tls = endpoint.home("localhost").is_tls
    uv.os_setenv("LAMINA_CONFIG", "/dev/null")
    assert.same({ dir .. "/ca.crt", other, other }, { at.ca_file, at.cert_file, at.key_file })
    assert.is_true(is_tls)
    assert.same({ "http://m:5000", false, "https://127.0.0.1:5000", other, true }, { list[1].base,
      list[1].is_tls, list[2].base, list[2].cert_file, list[2].is_mirror })
  end)

  it("puts mirrors before the registry that they mirror", function()
    uv.os_setenv("LAMINA_MIRRORS",
      "docker.io=https://a.example,http://127.0.0.1:5000/;quay.io=https://b.example")
    local bases = {}
    for i, at in ipairs(endpoint.list "docker.io") do bases[i] = at.base end
    assert.same({ "https://a.example", "http://127.0.0.1:5000", "https://registry-1.docker.io" },
      bases)
    assert.equal(1, #endpoint.list "ghcr.io")
    for _, wrong in ipairs { "docker.io", "docker.io=a.example", "docker.io=ftp://a",
      "docker.io=https://a/path" } do
      uv.os_setenv("LAMINA_MIRRORS", wrong)
      local ok, err = pcall(endpoint.list, "docker.io")
      assert.is_false(ok, wrong)
      assert.is_true(failure.is(err, "usage"))
    end
  end)
end)
