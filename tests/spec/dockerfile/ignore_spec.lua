local failure = require "lamina.util.failure"
local ignore = require "lamina.dockerfile.ignore"

local function matcher(text)
  return ignore.matcher(ignore.parse(text))
end

local function sorted(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

describe(".dockerignore (SEMANTICS 59)", function()
  for _, case in ipairs(dofile "tests/golden/dockerfile/ignore.lua") do
    local what, text, verdicts = table.unpack(case)
    it(what, function()
      local verdict = matcher(text)
      for _ = 1, 2 do -- in whatever order it is asked
        for _, path in ipairs(sorted(verdicts)) do
          local is_dir = path:find("/$") ~= nil
          assert.equal(verdicts[path], verdict(path:gsub("/$", ""), is_dir), path)
        end
      end
      for path, expected in pairs(verdicts) do
        assert.equal(expected, matcher(text)(path:gsub("/$", ""), path:find("/$") ~= nil), path)
      end
    end)
  end

  it("refuses what can't be a pattern", function()
    for text, message in pairs { ["!"] = "'!' alone", ["a\n! \n"] = "'!' alone",
      ["a/[b"] = "unclosed '['", ["[a-"] = "unclosed '['", ["[a\\"] = "unclosed '['",
      ["[]"] = "']' in '[…]'", ["[]a]"] = "']' in '[…]'", ["[^]"] = "']' in '[…]'",
      ["[x-]"] = "']' in '[…]'", ["[-x]"] = "'-' in '[…]'", ["[a--]"] = "'-' in '[…]'",
      ["\\"] = "nothing is behind the '\\'", ["a**b\\"] = "nothing is behind the '\\'",
      ["a/[b-c-d]"] = "'-' in '[…]'",
      ["[Local-Only]/"] = "l-O is no range",
      ["[z-a]"] = "pattern '[z-a]': to Docker, a regular expression: z-a is no range",
      ["a\\qb"] = "'\\q' means nothing",
      ["[\\b]"] = "'\\b' means nothing", ["[[:what:]]"] = "there is no class 'what'",
      ["a{2}*"] = "counts in braces" } do
      local ok, err = pcall(matcher, text)
      assert.is_false(ok)
      assert.is_true(failure.is(err, "invalid-input"))
      assert.matches(message, err.message, 1, true)
    end
  end)

  it("tells the file and the line of what is none", function()
    local ok, err = pcall(ignore.parse, "a\n# [\n\n[]\n", "own.dockerignore")
    assert.is_false(ok)
    assert.matches("^own.dockerignore:4: pattern '%[%]': ", tostring(err))
    ok, err = pcall(ignore.parse, "[]")
    assert.same({ false, nil }, { ok, err.file })
  end)

  it("takes any bytes (DF-06)", function()
    for _, text in ipairs { "[z-a]", "a\0b", "\255\254", "!..", "[\\]]", "\\", "a/\\", "***",
      "**/**", "****/a", "[!a]", "[^]", "]" } do
      local ok, err = pcall(function()
        local verdict = matcher(text)
        verdict("a/b/c", false)
        verdict("\255", true)
      end)
      assert.is_true(ok or failure.is(err, "invalid-input"), text .. ": " .. tostring(err))
    end
    for pattern, path in pairs { ["foo*"] = "\x80foo", ["**foo"] = "a/\x80foox",
      ["a?"] = "a\x80\x80" } do
      assert.equal("keep", matcher(pattern)(path, false), pattern)
    end
    for pattern, path in pairs { ["*foo"] = "\x80foo", ["?foo"] = "\xfffoo", ["a?b"] = "a\x80b" } do
      assert.equal("prune", matcher(pattern)(path, true), pattern)
    end
    assert.equal("skip", matcher("[\\]]")("]", false))
  end)
end)

describe("hostile patterns (DF-06)", function()
  it("cost no more than length of pattern times length of path", function()
    local name = ("a"):rep(4096)
    assert.equal("keep", matcher(("a*"):rep(300) .. "b")(name, false))
    assert.equal("keep", matcher(("[^b]*"):rep(100) .. "b")(name:sub(1, 1000), false))
    assert.equal("keep", matcher(("[^b]"):rep(1 << 16))(name, false))
    assert.equal("keep", matcher("a**" .. ("*a"):rep(100) .. "b")(name:sub(1, 1000), false))
    assert.equal("keep", matcher(("**/"):rep(1000) .. "b")(("a/"):rep(1000) .. "a", false))
    assert.equal("keep", matcher(("**/a/"):rep(200) .. "b")(("a/"):rep(400) .. "a", false))
    assert.equal("skip", matcher(("x "):rep(1 << 19) .. "\n*")(name, false))
    assert.equal("skip", matcher("a" .. (" "):rep(1 << 20) .. "b\n*")(name, false))
  end)

  it("may be many: names are looked up", function()
    local list = {}
    for i = 1, 100000 do list[i] = "dir" .. i .. "/x" end
    local verdict = matcher(table.concat(list, "\n"))
    for i = 1, 100000 do verdict("file" .. i, false) end
    assert.equal("skip", verdict("dir77/x", false))
    assert.equal("keep", verdict("dir77/y", false))
  end)

  it("put together at random never fail in another way than by refusing", function()
    local pieces = { "a", "b", "*", "**", "?", "/", "[", "]", "^", "-", "\\", "!", ".", "..", "é",
      "\n", " ", "#", "\255" }
    math.randomseed(7)
    for _ = 1, 3000 do
      local text = {}
      for i = 1, math.random(12) do text[i] = pieces[math.random(#pieces)] end
      text = table.concat(text)
      local ok, err = pcall(function()
        local verdict = matcher(text)
        for _, path in ipairs { "a", "a/b", "a/b/a", "b", "é/a", "\255", "a/b" } do
          local answer = verdict(path, false)
          assert(answer == "keep" or answer == "skip")
        end
      end)
      assert.is_true(ok or failure.is(err, "invalid-input"), text .. ": " .. tostring(err))
    end
  end)
end)
