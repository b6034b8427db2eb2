local base64 = require "lamina.util.base64"

describe("lamina.util.base64", function()
  it("writes and reads the vectors of RFC 4648", function()
    for plain, text in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==",
      fooba = "Zm9vYmE=", foobar = "Zm9vYmFy", ["\0\255\254"] = "AP/+" } do
      assert.equal(text, base64.encode(plain))
      assert.equal(plain, base64.decode(text))
      assert.equal(plain, base64.decode((text:gsub("=", ""))))
    end
  end)

  it("refuses what is none", function()
    for _, text in ipairs { "Z", "Zg=a", "Zm9v!", "Zm 9v", "Zg===", "Zm9vY" } do
      assert.is_nil(base64.decode(text), text)
    end
  end)
end)
