-- Malformed Dockerfiles: what is said has the file, the line, and what was expected.
local failure = require "lamina.util.failure"
local helper = require "support.helper"
local parser = require "lamina.dockerfile.parser"
local translate = require "lamina.dockerfile.translate"

local cases = dofile "tests/golden/dockerfile/malformed.lua"

describe("a malformed Dockerfile", function()
  it("comes in many kinds", function() assert.is_true(#cases >= 100) end)

  for _, case in ipairs(cases) do
    local text, said = table.unpack(case)
    it(("is refused: %q"):format(text), function()
      local ok, err = pcall(function()
        return translate.recipe(parser.parse(text, { name = "Dockerfile" }))
      end)
      assert.is_false(ok)
      assert.is_true(failure.is(err, "invalid-input"), tostring(err))
      assert.equal(said, tostring(err) .. (err.hint and (" (%s)"):format(err.hint) or ""))
      assert.is_truthy(said:find "^Dockerfile:%d+: " or said:find "^Dockerfile: .* %(FROM begins")
    end)
  end

  it("is refused by the program with the same words", function()
    for _, number in ipairs { 4, 16, #cases } do
      local text, said = table.unpack(cases[number])
      local status, out, err = helper.sh(helper.quote(helper.lamina_path) .. " translate -", text)
      assert.same({ 1, "" }, { status, out })
      local message, hint = said:match("^Dockerfile(.-) %((.*)%)$")
      assert.equal(("lamina: <stdin>%s\n%s"):format(message or said:sub(11),
        hint and ("hint: %s\n"):format(hint) or ""), err)
    end
  end)
end)
