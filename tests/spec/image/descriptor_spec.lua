local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"

local hex = ("0123456789abcdef"):rep(4)

describe("lamina.image.descriptor", function()
  it("knows one form of digest, since digests become paths (CVE-2024-3727)", function()
    assert.is_true(descriptor.is_digest("sha256:" .. hex))
    for _, text in ipairs { "", hex, "sha256:", "sha256:" .. hex:sub(2), "sha256:" .. hex .. "0",
      "sha256:" .. hex:upper(), "SHA256:" .. hex, "sha512:" .. hex .. hex, "md5:" .. hex,
      "sha256:" .. ("g"):rep(64), "sha256:../" .. hex:sub(4), "sha256:" .. hex:sub(2) .. "\n",
      "sha256:" .. hex:sub(2) .. "\0", "sha256:/" .. hex:sub(2), " sha256:" .. hex:sub(2),
      "sha256:sha256:" .. hex:sub(8), "sha256+b64:" .. hex } do
      assert.is_false(descriptor.is_digest(text), text)
      local ok, err = pcall(descriptor.hex, text)
      assert.is_false(ok)
      assert.is_true(failure.is(err, "invalid-input"))
    end
    for _, value in ipairs { 5, true, {}, json.null } do
      assert.is_false(descriptor.is_digest(value))
    end
    assert.equal(hex, descriptor.hex("sha256:" .. hex))
  end)

  it("checks what came from outside, member by member", function()
    local function with(more)
      local value = descriptor.new("text/x", "sha256:" .. hex, 5)
      for key, item in pairs(more or {}) do value[key] = item end
      return value
    end
    local fine = with { annotations = { a = "b" }, urls = json.array {},
      platform = { os = "linux", architecture = "arm", variant = "v7" } }
    assert.equal(fine, descriptor.check(fine, "x"))
    assert.truthy(descriptor.check(with { size = 0 }, "x"))
    for _, wrong in ipairs { { size = -1 }, { size = 1.5 }, { size = "5" }, { size = json.null },
      { mediaType = 5 }, { mediaType = json.null }, { digest = "sha256:x" }, { digest = 5 },
      { annotations = "a" }, { annotations = { a = 1 } }, { annotations = { "a" } },
      { platform = "linux/amd64" }, { platform = {} }, { platform = { os = "linux" } },
      { platform = { os = "linux", architecture = 5 } },
      { platform = { os = "linux", architecture = "arm", variant = {} } } } do
      local ok, err = pcall(descriptor.check, with(wrong), "layer 3")
      assert.is_false(ok)
      assert.matches("^layer 3: ", tostring(err))
    end
    for _, value in ipairs { "x", json.null, json.array {} } do
      assert.is_false((pcall(descriptor.check, value, "x")))
    end
  end)
end)
