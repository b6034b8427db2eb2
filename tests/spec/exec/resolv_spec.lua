local resolv = require "lamina.exec.resolv"

describe("lamina.exec.resolv", function()
  it("gives the host's network the host's file as it is", function()
    local host = "# mine\nnameserver 127.0.0.53\noptions edns0\n"
    assert.equal(host, resolv.text(host, "host"))
  end)

  it("gives no network no resolver (CVE-2024-29018)", function()
    assert.equal("", resolv.text("nameserver 192.0.2.1\nsearch example.org\n", "none"))
  end)

  it("keeps the resolvers that an isolated network reaches", function()
    assert.equal("nameserver 192.0.2.1\nsearch example.org\n",
      resolv.text("nameserver 127.0.0.1\nnameserver 192.0.2.1\nsearch example.org\n", "default"))
  end)

  it("falls back on slirp4netns' own when none is left (SEMANTICS 64)", function()
    local unusable = { "", "nameserver 127.0.0.1\n", "nameserver ::1\nnameserver 2001:db8::1\n" }
    for _, host in ipairs(unusable) do
      assert.equal("nameserver 10.0.2.3\n", resolv.text(host, "default"))
    end
  end)

  it("keeps search and options beside the fallback", function()
    assert.equal("nameserver 10.0.2.3\noptions ndots:2\n",
      resolv.text("options ndots:2\nnameserver 127.0.0.53\n", "default"))
  end)

  it("drops comments, which could hold a host's name", function()
    assert.equal("nameserver 192.0.2.1\n",
      resolv.text("# made on host-7\n;x\nnameserver 192.0.2.1\n", "default"))
  end)

  it("knows systemd-resolved's stub only where it stands alone", function()
    assert.is_true(resolv.is_stub("nameserver 127.0.0.53\noptions edns0\n"))
    assert.is_false(resolv.is_stub("nameserver 127.0.0.53\nnameserver 192.0.2.1\n"))
    assert.is_false(resolv.is_stub("nameserver 127.0.0.1\n"))
    assert.is_false(resolv.is_stub(""))
  end)
end)
