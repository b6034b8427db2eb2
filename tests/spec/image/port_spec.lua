local failure = require "lamina.util.failure"
local port = require "lamina.image.port"

describe("lamina.image.port", function()
  it("expands what EXPOSE takes (SEMANTICS 36)", function()
    for spec, expected in pairs { ["80"] = "80/tcp", ["80/tcp"] = "80/tcp", ["80/UDP"] = "80/udp",
      ["9/sctp"] = "9/sctp", ["0"] = "0/tcp", ["65535"] = "65535/tcp",
      ["80-82"] = "80/tcp 81/tcp 82/tcp", ["80-80/udp"] = "80/udp", ["8080:80"] = "80/tcp",
      ["127.0.0.1:8080:80/udp"] = "80/udp", ["[::1]:8080:80"] = "80/tcp",
      ["127.0.0.1::80"] = "80/tcp", ["80/"] = "80/tcp", [":80"] = "80/tcp",
      ["90-99:80"] = "80/tcp", ["90-91:80-81/udp"] = "80/udp 81/udp", ["::1:8080:80"] = "80/tcp",
      ["2001:db8::1::80"] = "80/tcp", ["::::80"] = "80/tcp", ["[::ffff:1.2.3.4]:1:80"] = "80/tcp" }
    do
      assert.equal(expected, table.concat(port.expand(spec), " "))
    end
  end)

  it("refuses what is none", function()
    for _, spec in ipairs { "", "x", "65536", "-1", "80-", "-80", "82-80", "80-82-84", "/tcp",
      "80/icmp", "80/tcp/udp", "80:", "8 0", "80.5", "0x50", "1e3", "99999999999999999999",
      "localhost:80:80", "1.2.3:80:80", "1.2.3.256::80", "1.2.3.04::80", "::g:80:80", ":::1::80",
      "12345::1::80", "x:80", "90-92:80-81", "92-90:80" } do
      local ok, err = pcall(port.expand, spec)
      assert.is_false(ok, spec)
      assert.is_true(failure.is(err, "invalid-input"), tostring(err))
    end
  end)
end)
