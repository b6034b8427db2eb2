local json = require "lamina.core.json"
local text = require "lamina.util.text"

describe("lamina.util.text", function()
  it("shows sizes as Docker does", function()
    local cases = { [0] = "0B", [999] = "999B", [1000] = "1kB", [1234] = "1.23kB",
      [117000000] = "117MB", [999999] = "1MB", [123456] = "123kB", [7800000000] = "7.8GB" }
    for bytes, expected in pairs(cases) do assert.equal(expected, text.size(bytes)) end
  end)

  it("shows ages as Docker does", function()
    local cases = { { 0, "Less than a second ago" },
      { 1, "1 second ago" }, { 59, "59 seconds ago" },
      { 60, "About a minute ago" }, { 119, "About a minute ago" }, { 120, "2 minutes ago" },
      { 3599, "59 minutes ago" }, { 3600, "About an hour ago" }, { 7200, "2 hours ago" },
      { 47 * 3600, "47 hours ago" }, { 48 * 3600, "2 days ago" }, { 14 * 86400, "2 weeks ago" },
      { 60 * 86400, "2 months ago" }, { 730 * 86400, "2 years ago" } }
    for _, case in ipairs(cases) do assert.equal(case[2], text.age(case[1])) end
  end)

  it("quotes a word only where a shell needs it", function()
    assert.equal("a-b/c=1", text.quote("a-b/c=1"))
    assert.equal("'a b'", text.quote("a b"))
    assert.equal("'it'\\''s'", text.quote("it's"))
    assert.equal("''", text.quote(""))
    assert.equal("'$HOME'", text.quote("$HOME"))
  end)

  it("makes control bytes visible and keeps other text (SEC-02)", function()
    assert.equal("a\\x1b[31mb\\n\\t\\x00\\x7f", text.escape("a\27[31mb\n\t\0\127"))
    assert.equal("Grüße ☺ \\", text.escape("Grüße ☺ \\"))
    assert.equal("\\xff\\xc3x", text.escape("\xff\xc3x"))
    assert.equal("a\nb\\x0d", (text.escape("a\nb\r", "\n"):gsub("\\r", "\\x0d")))
  end)

  it("makes what turns or breaks a line visible (SEC-02)", function()
    for _, code in ipairs { 0x85, 0x9b, 0x61c, 0x200e, 0x202e, 0x2028, 0x2066, 0xfeff } do
      assert.is_nil(text.escape("a" .. utf8.char(code) .. "b"):find("[\128-\255]"))
    end
  end)

  it("makes it visible in JSON, which stays the same value (SEC-02)", function()
    local value = "\27\127" .. utf8.char(0x85, 0x9b, 0x61c, 0x202e, 0x2066, 0xfeff) .. "\\u ü☺💡"
    local shown = text.escape_json(json.encode { value })
    assert.equal('["\\u001B\\u007F\\u0085\\u009B\\u061C\\u202E\\u2066\\uFEFF\\\\u ü☺💡"]', shown)
    assert.same({ value }, json.decode(shown))
  end)

  it("cuts into characters, each wrong byte one of its own", function()
    assert.same({}, text.characters "")
    assert.same({ "a", "ü", "☺", "💡" }, text.characters "aü☺💡")
    assert.same({ "\x80", "a", "\x80", "\x80", "ü", "\xe2", "\xff" },
      text.characters "\x80a\x80\x80ü\xe2\xff")
  end)

  it("writes and reads times of RFC 3339", function()
    assert.equal("1970-01-01T00:00:00Z", text.rfc3339(0))
    assert.equal("2024-02-29T10:34:56.12Z", text.rfc3339(1709202896, 120000000))
    assert.same({ 1709202896, 120000000 }, { text.parse_time("2024-02-29T12:34:56.12+02:00") })
    assert.same({ 951868800, 0 }, { text.parse_time("2000-03-01T00:00:00Z") })
    assert.same({ -62135596800, 0 }, { text.parse_time("0001-01-01T00:00:00Z") })
  end)

  it("refuses what is no time", function()
    for _, word in ipairs { "", "yesterday", "2024-13-01T00:00:00Z", "2024-01-01T25:00:00Z",
      "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Zx" } do
      local seconds, err = text.parse_time(word)
      assert.is_nil(seconds, word)
      assert.is_string(err)
    end
  end)
end)
