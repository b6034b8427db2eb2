local docker = require "lamina.util.word.docker"
local recipe = require "lamina.util.word.recipe"
local scan = require "lamina.util.word.scan"
local words = require "lamina.util.words"

local values = { A = "one", B = "two words", E = "" }
local function lookup(name) return values[name] end

local function of_recipe(text) return words.expand(text, lookup, { dialect = scan.recipe }) end
local function of_docker(text, escape) return words.expand(text, lookup, { escape = escape }) end

local texts = { "plain", "", "a b", "it's", 'say "x"', [[a\b]], [[a\\b]], [[\$A]], [[\\$A]], "$A",
  "${A}b", "x$B/y", "${E:-d'e}", [[${N:-"q" \} r}]], "${A#o*}", "${A%e}", "${A/n/'}", "${A//[o]/x}",
  "`a`", "a`", [[end\]], "$", "$ ", "ä", "${N:+x}y", "${A:-${B:-c}}" }

describe("lamina.util.word.docker", function()
  for _, escape in ipairs { "\\", "`" } do
    it(("writes words that mean the same, with the escape %s"):format(escape), function()
      for _, text in ipairs(texts) do
        local wanted = of_recipe(text)
        assert.equal(wanted, of_docker(docker.word(text, escape), escape), text)
        assert.equal(wanted, of_docker(docker.value(text, escape), escape), text)
      end
    end)
  end

  it("comes back as it was", function()
    for _, text in ipairs(texts) do
      local again = recipe.from_docker(docker.word(text, "\\"), "\\")
      assert.equal(of_recipe(text), of_recipe(again), text)
    end
  end)

  it("writes what needs nothing as it is", function()
    assert.equal("a/b-1.2_c", docker.word("a/b-1.2_c", "\\"))
    assert.equal("a/b", docker.value("a/b", "\\"))
    assert.equal('"a b"', docker.value("a b", "\\"))
  end)
end)
