--- What dockerfile.c does with each input. The first byte says what the rest is:
--
--   D  a Dockerfile: it is read and translated into Lua that compiles, or refused with its line
--   W  a word: what it expands to is what its translation expands to
--   I  patterns of an ignore file, a line with "--", paths
local failure = require "lamina.util.failure"
local ignore = require "lamina.dockerfile.ignore"
local parser = require "lamina.dockerfile.parser"
local recipe = require "lamina.util.word.recipe"
local scan = require "lamina.util.word.scan"
local translate = require "lamina.dockerfile.translate"
local words = require "lamina.util.words"

local kinds = {}

--- Calls; answers whether it came back, and what. What isn't refused properly is raised again.
local function try(fn, ...)
  local ok, result = pcall(fn, ...)
  if not ok and not failure.is(result, "invalid-input") then error(result, 0) end
  return ok, result
end

function kinds.D(text)
  local ok, result = try(parser.parse, text, { name = "Dockerfile" })
  if not ok then
    assert(result.file == "Dockerfile", "a failure without its file")
    return
  end
  for _, options in ipairs { {}, { is_idiomatic = true } } do
    local made
    ok, made = try(translate.recipe, result, options)
    if not ok then
      assert(made.line, "a failure without its line: " .. made.message)
      return
    end
    assert(load(made.text, "=recipe", "t"))
    assert(#made.lines == select(2, made.text:gsub("\n", "")), "lines that stand for nothing")
  end
end

local values = { A = "a b", E = "", H = "/usr/lib/x.tar.gz", S = "$A'\"\\" }

local function lookup(name) return values[name] end

function kinds.W(text)
  for _, escape in ipairs { "\\", "`" } do
    local ok, meant = try(words.expand, text, lookup, { escape = escape })
    local is_word, translated = try(recipe.from_docker, text, escape)
    if ok then
      assert(is_word, "a word that can be expanded has no translation")
      local same = words.expand(translated, lookup, { dialect = scan.recipe })
      assert(same == meant, ("%q, translated %q: %q"):format(meant, translated, same))
    end
  end
  try(words.split, text, lookup)
  try(words.expand, text, lookup, { dialect = scan.heredoc })
  assert(words.expand(recipe.literal(text), lookup, { dialect = scan.recipe }) == text)
end

function kinds.I(text)
  local patterns, paths = text:match("^(.-)\n%-%-\n(.*)$")
  local ok, parsed = try(ignore.parse, patterns or text)
  local is_matcher, verdict = try(ignore.matcher, ok and parsed or {})
  if not ok or not is_matcher then return end
  for path in (paths or "a/b/c\na\n.x"):gmatch("[^\n]+") do
    local first = verdict(path, false)
    assert(first == "keep" or first == "skip", first)
    assert(verdict(path, false) == first, "another answer the second time")
    verdict(path, true)
  end
end

return function(bytes)
  local kind = kinds[bytes:sub(1, 1)]
  if kind then kind(bytes:sub(2)) end
end
