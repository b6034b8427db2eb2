local size = require "lamina.util.size"

describe("lamina.util.size", function()
  it("knows memory, whose units are powers of two", function()
    for text, bytes in pairs { ["5"] = 5, ["1k"] = 1024, ["64m"] = 64 << 20, ["64MB"] = 64 << 20,
      ["64MiB"] = 64 << 20, ["1.5g"] = 3 << 29, ["1t"] = 1 << 40 } do
      assert.equal(bytes, size.memory(text), text)
    end
    for _, text in ipairs { "", "m", "-1", "1e3", "1ib", "99999999999t" } do
      assert.is_nil(size.memory(text), text)
    end
  end)

  it("reads sizes as Docker writes them, binary ones, and numbers of bytes", function()
    local cases = {
      { "0", 0 }, { "1234", 1234 }, { "7B", 7 }, { "500MB", 500000000 }, { "10g", 10000000000 },
      { "1.5GiB", 3 << 29 }, { "64 KiB", 65536 }, { "2tb", 2000000000000 },
    }
    for _, case in ipairs(cases) do assert.equal(case[2], size.parse(case[1]), case[1]) end
  end)

  it("refuses what is no size, and says what is meant", function()
    for _, text in ipairs { "", "many", "1x", "-1", "1i", "1 000", "9999999999999TB" } do
      local value, message = size.parse(text)
      assert.is_nil(value, text)
      assert.matches("size", message)
    end
  end)

  it("writes a text that means the very same", function()
    local cases = { { 0, "0B" }, { 1, "1B" }, { 1024, "1KiB" }, { 64 << 20, "64MiB" },
      { 1000, "1kB" }, { 10000000000, "10GB" }, { 1 << 50, "1024TiB" }, { 1023, "1023B" } }
    for _, case in ipairs(cases) do
      assert.equal(case[2], size.format(case[1]))
      assert.equal(case[1], size.parse(case[2]))
    end
  end)
end)
