local width = require "lamina.ui.width"

describe("lamina.ui.width", function()
  it("counts columns", function()
    for text, columns in pairs { [""] = 0, ["abc"] = 3, ["aüé"] = 3, ["└─ x"] = 4, ["構建"] = 4,
      ["ﾊﾝ"] = 2, ["한글"] = 4, ["✅ ok"] = 5, ["🚀"] = 2, ["𠀀"] = 2 } do
      assert.equal(columns, width.of(text), text)
    end
  end)

  it("clips to columns, and cuts no character", function()
    for columns, text in pairs { [-3] = "", [0] = "", [1] = "a", [2] = "a", [3] = "a構", [4] = "a構b",
      [5] = "a構bü", [6] = "a構bü" } do
      assert.equal(text, width.clip("a構bü", columns))
    end
    assert.equal("", width.clip("abc", -1))
  end)
end)
