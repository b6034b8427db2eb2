local names = require "lamina.store.names"

describe("lamina.store.names", function()
  it("makes an adjective and a noun of two bytes", function()
    for a = 0, 255, 5 do
      for b = 0, 255, 7 do
        assert.matches("^%l+_%l+$", names.generate(string.char(a, b), 1))
      end
    end
  end)

  it("gives the same name for the same bytes", function()
    assert.equal(names.generate("xy", 1), names.generate("xy", 1))
    assert.not_equal(names.generate("ab", 1), names.generate("ba", 1))
  end)

  it("adds a number when names run out", function()
    assert.equal(names.generate("xy", 1) .. "2", names.generate("xy", 2))
  end)
end)
