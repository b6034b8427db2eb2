local failure = require "lamina.util.failure"
local recipe = require "lamina.util.word.recipe"
local scan = require "lamina.util.word.scan"
local words = require "lamina.util.words"

local values = { a = "A", e = "", p = "/usr/lib/x.tar.gz", l = "foobarfoo", s = "x y" }
local function lookup(name) return values[name] end

local function outcome(text, options)
  local ok, result = pcall(words.expand, text, lookup, options)
  if ok then return result end
  if not failure.is(result, "invalid-input") then error(result, 0) end
  return "!" .. result.message
end

local cases = dofile "tests/golden/dockerfile/words.lua"

describe("lamina.util.words", function()
  for _, case in ipairs(cases) do
    it(("expands %s (SEMANTICS %d)"):format(case[2], case[1]), function()
      local result = outcome(case[2])
      if case[3]:find("^!") then result = result:sub(1, #case[3]) end
      assert.equal(case[3], result)
    end)
  end

  it("takes the escape that the directive names", function()
    assert.equal("C:\\a $b A", outcome("C:\\a `$b $a", { escape = "`" }))
    assert.equal('"\\"`x', outcome('"`"\\`"``x"', { escape = "`" }))
  end)

  it("splits what was not quoted (SEMANTICS 27)", function()
    local function split(text) return words.split(text, lookup) end
    assert.same({ "x", "y", "z" }, split("$s z"))
    assert.same({ "x y" }, split('"$s"'))
    assert.same({ "ax", "y b" }, split("  a$s' b' "))
    assert.same({}, split("'' $u \"\" "))
    assert.same({ "x", "y" }, words.split("$s", lookup, { dialect = scan.recipe }))
  end)

  it("keeps quotes in heredocs, and takes escapes away", function()
    local options = { dialect = scan.heredoc }
    assert.equal("\"A\" 'A' $a \\ n", outcome("\"$a\" '$a' \\$a \\\\ \\n", options))
  end)

  it("takes nothing but dollars in recipes", function()
    local options = { dialect = scan.recipe }
    local recipes = {
      ["it's \"$a\""] = "it's \"A\"", ["\\$a"] = "$a", ["\\\\$a"] = "\\A", ["\\\\\\$a"] = "\\$a",
      ["C:\\dir\\\\x\\"] = "C:\\dir\\\\x\\", ["${u:-it's}"] = "it's", ["${u:-a\\}b}"] = "a}b",
      ["${u:-a\\\\}b"] = "a\\b", ["${p##*/}"] = "x.tar.gz", ["${p//\\//_}"] = "_usr_lib_x.tar.gz",
      ["`$a`"] = "`A`",
    }
    for text, expected in pairs(recipes) do assert.equal(expected, outcome(text, options)) end
  end)

  it("refuses what grows or nests too much (DF-03)", function()
    values.a = ("x"):rep(1 << 19)
    assert.equal(1 << 20, #outcome("$a$a"))
    assert.matches("^!a word expands to more than 1 MiB", outcome("$a$a$e-"))
    assert.matches("^!nested too deeply", outcome(("${u:-"):rep(200)))
    assert.equal("x", outcome(("${u:-"):rep(90) .. "x" .. ("}"):rep(90)))
    values.a = "A"
  end)

  it("tries no star twice (DF-03)", function()
    values.a = ("ab"):rep(5000)
    for _, operator in ipairs { "#", "##", "%", "%%" } do
      assert.equal(values.a, outcome("${a" .. operator .. ("*a"):rep(500) .. "*c}"))
    end
    assert.equal(values.a, outcome("${a//" .. ("*a"):rep(500) .. "*c/x}"))
    values.a = ("a"):rep(1 << 20)
    assert.matches("^!a pattern and the value", outcome("${a#" .. ("?"):rep(1000) .. "}"))
    values.a = "A"
  end)
end)

describe("a Dockerfile's word as a recipe's", function()
  it("means the same for every case of the table", function()
    for _, case in ipairs(cases) do
      local text = case[2]
      local ok, rewritten = pcall(recipe.from_docker, text, "\\")
      if ok then
        assert.equal(outcome(text), outcome(rewritten, { dialect = scan.recipe }), text)
      else
        assert.matches("^!", case[3])
      end
    end
  end)

  it("means the same for words put together at random", function()
    local parts = { "a", "$a", "${a}", "'", '"', "\\", "}", "{", "$", "${u:-", "${p#", "${l//", "/",
      "*", "?", " ", "x", "é", "${l%%", "${e:+", "\\$", "\\\\", "`" }
    math.randomseed(1)
    local tried = 0
    for _ = 1, 20000 do
      local word = {}
      for i = 1, math.random(8) do word[i] = parts[math.random(#parts)] end
      local text = table.concat(word)
      for _, escape in ipairs { "\\", "`" } do
        local ok, rewritten = pcall(recipe.from_docker, text, escape)
        if ok then
          tried = tried + 1
          local expected = outcome(text, { escape = escape })
          local actual = outcome(rewritten, { dialect = scan.recipe })
          if expected ~= actual then
            error(("%s -> %s: %s, not %s"):format(text, rewritten, actual, expected))
          end
        end
      end
    end
    assert.is_true(tried > 5000)
  end)

  it("is what a person would write", function()
    local rewritten = {
      ['"a b"'] = "a b", ["'$x'"] = "\\$x", ["it\\'s"] = "it's",
      ["$x/${y:-'a b'}"] = "$x/${y:-a b}",
      ["\\\\x"] = "\\x", ["$x'y'"] = "${x}y", ["\"$x\" y"] = "$x y", ["${x}y"] = "${x}y",
    }
    for text, expected in pairs(rewritten) do
      assert.equal(expected, recipe.from_docker(text, "\\"))
    end
  end)
end)
