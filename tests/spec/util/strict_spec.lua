local helper = require "support.helper"

--- Runs Lua text with strict globals; answers status and standard error.
local function lua(source)
  local status, _, err = helper.sh("lua5.4 -e " .. helper.quote(
    'package.path = "lua/?.lua"; local strict = require "lamina.util.strict" ' .. source))
  return status, err
end

describe("lamina.util.strict", function()
  it("raises where an undeclared variable is read or set", function()
    local status, err = lua("print(misspelt)")
    assert.equal(1, status)
    assert.matches("undeclared variable 'misspelt'", err, 1, true)
    status, err = lua("x = 1")
    assert.equal(1, status)
    assert.matches("assignment to undeclared variable 'x'", err, 1, true)
  end)

  it("lets declared ones pass", function()
    assert.equal(0, (lua('strict.declare("x", 1) x = x + 1 assert(x == 2)')))
  end)
end)
