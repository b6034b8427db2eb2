local table_view = require "lamina.ui.table"

describe("lamina.ui.table", function()
  it("sets columns as Docker does: ten wide at least, three blanks apart", function()
    assert.same({
      "NAME         SIZE      X",
      "a            1B        ",
      "0123456789   12B       y",
    }, table_view.lines {
      { "NAME", "SIZE", "X" }, { "a", "1B", "" }, { "0123456789", "12B", "y" },
    })
  end)

  it("counts columns, not bytes", function()
    local lines = table_view.lines { { "Größe0123", "x" }, { "Groesse01", "x" } }
    assert.equal(utf8.len(lines[1]), utf8.len(lines[2]))
    assert.same({ "構建      x", "abcd      x" }, table_view.lines { { "構建", "x" }, { "abcd", "x" } })
  end)

  it("lets no cell break its line or reach the terminal (SEC-02)", function()
    local lines = table_view.lines { { "a\nb", "\27[31m" }, { "c", 7 } }
    assert.same({ "a\\nb      \\x1b[31m", "c         7" }, lines)
  end)

  it("has no lines without rows", function()
    assert.same({}, table_view.lines {})
  end)
end)
