-- Dockerfiles changed at random: they are read and translated, or refused with a line. Nothing
-- else may happen. TEST_ROUNDS asks for more rounds; the seed is always the same.
local failure = require "lamina.util.failure"
local helper = require "support.helper"
local parser = require "lamina.dockerfile.parser"
local translate = require "lamina.dockerfile.translate"

local rounds = tonumber(os.getenv "TEST_ROUNDS") or 2000

local pieces = { "\\\n", "\n", "#", "\r\n", "\0", "\255", "\u{feff}", "<<EOF", "<<-'E'", "EOF\n",
  "${", "}", "$", "$A", "${A:-", "${A//", "'", '"', "`", "[", "]", '["a", "b"]', "--from=", "--",
  "--mount=type=cache,target=/x", "FROM ", "RUN ", "COPY ", "ENV ", "ONBUILD ", "ARG ", " AS ",
  "=", " ", "\t", "# escape=`\n", "]]", "]=]", "HEALTHCHECK CMD ", "\u{202e}", "end", ",", "\\" }

local function corpus()
  local texts = {}
  local pipe <close> = assert(io.popen "ls tests/golden/corpus/*.Dockerfile")
  for file in pipe:lines() do texts[#texts + 1] = helper.read(file) end
  return texts
end

local change = {}

function change.insert(text, at) return text:sub(1, at) .. pieces[math.random(#pieces)]
  .. text:sub(at + 1) end

function change.cut(text, at) return text:sub(1, at) .. text:sub(at + math.random(20)) end

function change.replace(text, at)
  return text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. text:sub(at + 1)
end

function change.double(text, at)
  local part = text:sub(at, at + math.random(60))
  return text:sub(1, at) .. part .. part .. text:sub(at + 1)
end

local kinds = { "insert", "cut", "replace", "double" }

--- A text with some changes; now and then the end of another one.
local function mutated(texts)
  local text = texts[math.random(#texts)]
  for _ = 1, math.random(6) do
    text = change[kinds[math.random(#kinds)]](text, math.random(0, #text))
  end
  if math.random(10) == 1 then
    local other = texts[math.random(#texts)]
    text = text:sub(1, math.random(#text)) .. other:sub(math.random(#other))
  end
  return text
end

local function check(text)
  local ok, err = pcall(function()
    local file = parser.parse(text, { name = "Dockerfile" })
    local made = translate.recipe(file)
    assert(load(made.text, "=recipe", "t"))
    assert(#made.lines == select(2, made.text:gsub("\n", "")))
    for _, line in ipairs(made.lines) do assert(math.type(line) == "integer" and line >= 1) end
  end)
  if ok then return true end
  if failure.is(err, "invalid-input") and err.file and (err.line or err.message:find("file")) then
    return false
  end
  error(("%s\n%q"):format(tostring(err), text))
end

describe("a Dockerfile changed at random", function()
  it("is translated into Lua, or refused with a line", function()
    math.randomseed(tonumber(os.getenv "TEST_SEED") or 42)
    local texts, taken = corpus(), 0
    for _ = 1, rounds do
      if check(mutated(texts)) then taken = taken + 1 end
    end
    assert.is_true(taken > rounds / 20 and taken < rounds, taken .. " were taken")
  end)

  it("that is cut off anywhere, too", function()
    for _, text in ipairs(corpus()) do
      for at = 1, #text, 7 do check(text:sub(1, at)) end
    end
  end)
end)
