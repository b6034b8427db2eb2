local csv = require "lamina.util.csv"

local function fields(text)
  return csv.fields(text, function(message) error(message, 0) end)
end

describe("lamina.util.csv", function()
  it("cuts at commas, but for those in quotes", function()
    assert.same({ "" }, fields "")
    assert.same({ "a=b", "c", "" }, fields "a=b,c,")
    assert.same({ "a,b", 'say "x"', "", 'c"d' }, fields '"a,b","say ""x""","",c"d')
  end)

  it("complains of quotes that don't end, and of text behind them", function()
    for _, text in ipairs { '"', '"a', 'x,"a', '"a"b', '"a""' } do
      assert.has_error(function() fields(text) end,
        ("a quote without its end, or text behind it, in '%s'"):format(text))
    end
  end)
end)
