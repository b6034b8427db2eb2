local uses = require "lamina.dockerfile.uses"

local function names(text)
  local list = {}
  for i, one in ipairs(uses.of(text, "Dockerfile")) do list[i] = one.line .. ":" .. one.name end
  return list
end

local function refused(text)
  local ok, err = pcall(uses.of, text, "Dockerfile")
  assert.is_false(ok)
  return tostring(err)
end

describe("lamina.dockerfile.uses", function()
  it("reads the comments before the first instruction", function()
    assert.same({ "1:apt" }, names "# lamina: use=apt\nFROM a")
    assert.same({ "2:./a.lua", "2:b", "4:c" },
      names "# syntax=x\n  #lamina: use = ./a.lua , b\n\n# lamina:use=c\r\nFROM a")
    assert.same({}, names "FROM a\n# lamina: use=apt\n")
    assert.same({}, names "# use=apt\n# laminar: use=apt\nFROM a")
    assert.same({ "1:apt" }, names "\239\187\191# lamina: use=apt")
    assert.same({}, names "")
  end)

  it("tells what it doesn't know with its line", function()
    assert.equal("Dockerfile:2: unknown directive '# lamina: uses=apt'",
      refused "#\n# lamina: uses=apt")
    assert.equal("Dockerfile:1: unknown directive '# lamina: '", refused "# lamina:")
    assert.equal("Dockerfile:1: use: a name or a file is missing", refused "# lamina: use=,")
  end)
end)
