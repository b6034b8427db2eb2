local gotext = require "lamina.build.gotext"

describe("lamina.build.gotext", function()
  it("quotes as Go's %q does", function()
    assert.equal([["a b"]], gotext.quote("a b"))
    assert.equal([["say \"hi\" \\ \n\t\x01"]], gotext.quote('say "hi" \\ \n\t\1'))
    assert.equal('"größe"', gotext.quote("größe"))
    assert.equal([["\xff"]], gotext.quote("\255"))
  end)

  it("writes lists with blanks between", function()
    assert.equal('["git" "--version"]', gotext.quoted_list { "git", "--version" })
    assert.equal("[/a /b]", gotext.list { "/a", "/b" })
    assert.equal("[]", gotext.quoted_list {})
  end)

  it("writes a small number as the character Go takes it for", function()
    assert.equal([['\x03']], gotext.rune(3))
    assert.equal([['\x00']], gotext.rune(0))
    assert.equal([['\n']], gotext.rune(10))
    assert.equal("'A'", gotext.rune(65))
    assert.equal([['\'']], gotext.rune(39))
    assert.equal("'\u{10FFFF}'", gotext.rune(0x10FFFF))
    for _, number in ipairs { 0xD800, 0xDFFF, 0x110000, math.maxinteger } do
      assert.equal("'\u{FFFD}'", gotext.rune(number))
    end
  end)
end)
