local duration = require "lamina.util.duration"

describe("lamina.util.duration", function()
  local second = 1000000000

  it("reads what Go reads", function()
    local cases = {
      { "30s", 30 * second }, { "1m30s", 90 * second }, { "500ms", second // 2 },
      { "1.5h", 5400 * second }, { "0", 0 }, { "-1s", -second }, { "2us", 2000 }, { "7ns", 7 },
    }
    for _, case in ipairs(cases) do assert.equal(case[2], duration.parse(case[1]), case[1]) end
  end)

  it("takes a number as seconds", function()
    assert.equal(90 * second, duration.parse(90))
    assert.equal(second // 2, duration.parse(0.5))
  end)

  it("refuses what is no duration, and says what is meant", function()
    for _, text in ipairs { "", "30", "s", "1x", "1..5s", "99999999999h" } do
      local value, message = duration.parse(text)
      assert.is_nil(value, text)
      assert.matches("invalid duration", message)
    end
  end)

  it("writes what Go writes", function()
    local cases = {
      { 0, "0s" }, { 30 * second, "30s" }, { 90 * second, "1m30s" }, { 3600 * second, "1h0m0s" },
      { 1500000, "1.5ms" }, { second + second // 2, "1.5s" }, { 2000, "2µs" }, { 7, "7ns" },
      { -second, "-1s" },
    }
    for _, case in ipairs(cases) do assert.equal(case[2], duration.format(case[1])) end
  end)
end)
