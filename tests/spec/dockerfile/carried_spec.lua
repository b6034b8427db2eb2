local carried = require "lamina.dockerfile.carried"

describe("a trigger with files", function()
  it("is comments before its instruction", function()
    assert.equal("# lamina: file=a.lua\n#|x\n#|\n#| y\n# lamina: file=b/c.lua\n#|z\nNOTE $X",
      carried.write({ { name = "a.lua", text = "x\n\n y\n" }, { name = "b/c.lua", text = "z" } },
        "NOTE $X"))
  end)

  it("is read as it was written, whatever its files and its instruction say", function()
    for _, text in ipairs { "x\n", "\n\nx\n\n", "# lamina: file=q\n#|y\n", "NOTE y\n", "\n" } do
      local files = { { name = "a.lua", text = text }, { name = "b.lua", text = text } }
      for _, instruction in ipairs { "NOTE x", "NOTE <<E\n# lamina: file=q\n#|r\nE" } do
        assert.same({ files, instruction }, { carried.read(carried.write(files, instruction)) })
      end
      for _, instruction in ipairs { "NOTE `$x", "NOTE \\" } do
        assert.same({ files, instruction, "`" },
          { carried.read(carried.write(files, instruction, "`")) })
      end
    end
  end)

  it("is all instruction where it has none", function()
    for _, text in ipairs { "RUN make", "", "# a comment\nRUN x", "#|x\nRUN y", "# lamina: file=",
      "# lamina: file=\nRUN x", " # lamina: file=a\n#|x\nRUN y" } do
      assert.same({ {}, text }, { carried.read(text) })
      assert.equal(text, carried.write({}, text))
    end
  end)
end)
