local failure = require "lamina.util.failure"
local variables = require "lamina.build.variables"

describe("variables", function()
  it("keep their places, and every version what it was", function()
    local one = variables.new { "A=1", "B=2" }
    local two = one:with { { "A", "3" }, { "C", "=4" } }
    local three = two:with { { "B", "" } }
    local other = one:with { { "D", "5" } }
    for _ = 1, 2 do
      assert.same({ "A=1", "B=2" }, one:list())
      assert.same({ "A=3", "B=2", "C==4" }, two:list())
      assert.same({ "A=3", "B=", "C==4" }, three:list())
      assert.same({ "A=1", "B=2", "D=5" }, other:list())
      assert.same({ "2", "", "2" }, { one:get "B", three:get "B", other:get "B" })
      assert.same({ "=4" }, { two:get "C", one:get "C" })
    end
  end)

  it("are the same version where nothing changes", function()
    local one = variables.new { "A=1" }
    assert.equal(one, one:with { { "A", "1" } })
    assert.equal(one, one:with {})
  end)

  it("go", function()
    local one = variables.new { "A=1", "B=2", "C=3" }
    local two = one:with({ { "D", "4" } }):without "B"
    assert.same({ "A=1", "C=3", "D=4" }, two:list())
    assert.same({ "A=1", "C=5", "D=4" }, two:with({ { "C", "5" } }):list())
    assert.same({ "A=1", "B=2", "C=3" }, one:list())
  end)

  it("agree with lists that are copied, in any order of asking", function()
    math.randomseed(3)
    local made = { { variables.new { "A=0" }, { A = "0" } } }
    for i = 1, 300 do
      local from = made[math.random(#made)]
      local name, copy = string.char(math.random(65, 72)), {}
      for key, value in pairs(from[2]) do copy[key] = value end
      copy[name] = tostring(i)
      made[#made + 1] = { from[1]:with { { name, copy[name] } }, copy }
      local asked = made[math.random(#made)]
      for code = 65, 72 do
        local key = string.char(code)
        assert.equal(asked[2][key], asked[1]:get(key))
      end
    end
  end)

  it("may be changed very often, but not be very many (DF-03)", function()
    local at = variables.new {}
    for i = 1, 100000 do at = at:with { { "V" .. i % 100, tostring(i) } } end
    assert.equal("100000", at:get "V0")
    local ok, err = pcall(function()
      for i = 1, 20000 do at = at:with { { "W" .. i, "" } } end
    end)
    assert.is_false(ok)
    assert.is_true(failure.is(err, "invalid-input"))
  end)
end)
