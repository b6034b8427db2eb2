local tree = require "lamina.ui.tree"

describe("lamina.ui.tree", function()
  it("draws children below their parents", function()
    assert.same({
      "debian",
      "├─ git",
      "│  └─ tools",
      "│     ├─ a",
      "│     └─ b",
      "└─ make",
      "   └─ cc",
    }, tree.lines { text = "debian",
      { text = "git", { text = "tools", { text = "a" }, { text = "b" } } },
      { text = "make", { text = "cc" } } })
  end)

  it("keeps a text in its line (SEC-02)", function()
    assert.same({ "a\\nb", "└─ \\x1b[2J" }, tree.lines { text = "a\nb", { text = "\27[2J" } })
  end)
end)
