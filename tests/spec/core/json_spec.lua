local json = require "lamina.core.json"
local misuse = require "support.misuse"
local watch = require "support.watch"

local function refusal(text, options)
  local value, err = json.decode(text, options)
  assert.is_nil(value)
  return err.message
end

describe("lamina.core.json decode", function()
  it("answers what was written", function()
    local value = assert(json.decode [[{"a":[1,2.5,"x",true,false,null],"b":{"c":""}}]])
    assert.same({ 1, 2.5, "x", true, false, json.null }, setmetatable(value.a, nil))
    assert.same({ c = "" }, value.b)
    assert.equal("float", math.type(value.a[2]))
  end)

  it("takes any value, and blanks around it", function()
    for text, expected in pairs { ['"x"'] = "x", ["12"] = 12, [" true\n"] = true } do
      assert.equal(expected, json.decode(text))
    end
    assert.equal(json.null, json.decode "null")
  end)

  it("keeps integers exact, to 64 bits (JSON-01)", function()
    for _, text in ipairs { "9007199254740993", "9223372036854775807", "-9223372036854775808" } do
      assert.equal(text, json.encode(assert(json.decode(text))))
    end
    assert.equal(0, json.decode "-0")
  end)

  it("decodes escapes and surrogate pairs", function()
    assert.equal("\u{1F600}/\n\"é", json.decode [["\ud83d\ude00\/\n\"\u00e9"]])
  end)

  -- JSON-01: each of these is no JSON text, or one that can't be kept as it is.
  local hostile = {
    ["an integer beyond 64 bits"] = "9223372036854775808",
    ["a number beyond doubles"] = "1e400",
    ["a lone high surrogate"] = [["\ud800"]],
    ["a lone low surrogate"] = [["\udc00"]],
    ["a high surrogate before text"] = [["\ud800x"]],
    ["an escaped zero byte"] = [["\u0000"]],
    ["an escaped zero byte in a key"] = [[{"\u0000":1}]],
    ["a zero byte in a string"] = '"a\0b"',
    ["a zero byte behind the value"] = "1\0",
    ["text behind a zero byte"] = '{"a":1}\0{"b":2}',
    ["a second value"] = "1 2",
    ["trailing data"] = '{"a":1}x',
    ["a byte order mark"] = "\u{FEFF}1",
    ["a comment"] = "/* x */ 1",
    ["NaN"] = "NaN", ["Infinity"] = "-Infinity",
    ["a trailing comma in a list"] = "[1,]",
    ["a trailing comma in an object"] = '{"a":1,}',
    ["a missing comma"] = "[1 2]",
    ["single quotes"] = "'a'", ["a bare key"] = "{a:1}", ["a key that is a number"] = "{1:1}",
    ["a leading zero"] = "01", ["a leading point"] = ".5", ["an open point"] = "1.",
    ["a plus"] = "+1", ["an open exponent"] = "1e", ["a lone minus"] = "-",
    ["an unknown escape"] = [["\x"]], ["a newline in a string"] = '"a\nb"',
    ["a tab in a string"] = '"a\tb"',
    ["a byte that is no UTF-8"] = '"\xff"', ["overlong UTF-8"] = '"\xc0\x80"',
    ["a surrogate in UTF-8"] = '"\xed\xa0\x80"', ["a cut UTF-8 sequence"] = '"\xe2\x82"',
    ["an open string"] = '"a', ["an open list"] = "[1", ["an open object"] = '{"a"',
    ["a half word"] = "nul", ["a word in capitals"] = "TRUE",
    ["nothing"] = "", ["blanks"] = " \n",
  }
  for name, text in pairs(hostile) do
    it("refuses " .. name .. " (JSON-01)", function()
      assert.matches("^json: ", refusal(text))
    end)
  end

  it("says where the mistake is", function()
    assert.matches("line 2, column 6: ", refusal '{"a":1,\n "b":x}')
  end)

  it("refuses what is nested deeper than the limit, before it is parsed (JSON-01)", function()
    local function nested(depth) return ("["):rep(depth) .. ("]"):rep(depth) end
    assert.is_truthy(json.decode(nested(64)))
    assert.matches("deeper than the limit of 64", refusal(nested(65)))
    assert.matches("deeper than the limit of 64", refusal(('{"a":'):rep(1e5)))
    assert.matches("deeper than the limit of 64", refusal(("["):rep(1e5)))
    assert.is_truthy(json.decode(nested(128), { depth = 128 }))
    assert.matches("deeper", refusal(nested(129), { depth = 128 }))
    assert.matches("maximum parsing depth", refusal(nested(1e5), { depth = 1000000 }))
  end)

  it("doesn't count brackets in strings", function()
    assert.equal(("["):rep(1000) .. '"', json.decode('"' .. ("["):rep(1000) .. [[\""]]))
  end)

  it("refuses what is longer than the limit (JSON-01)", function()
    assert.matches("longer than the limit of 4 bytes", refusal('"abc"', { limit = 4 }))
    assert.equal("abc", json.decode('"abc"', { limit = 5 }))
    assert.matches("limit of 8388608 bytes", refusal('"' .. ("x"):rep(8 << 20) .. '"'))
  end)

  it("refuses a key that comes twice where that is asked for (JSON-01)", function()
    assert.equal(2, json.decode('{"a":1,"a":2}').a)
    assert.matches("duplicate", refusal('{"a":1,"a":2}', { strict = true }))
    assert.matches("duplicate", refusal([[{"b":{"a":1,"\u0061":2}}]], { strict = true }))
    assert.same({ a = 1, A = 2 }, json.decode('{"a":1,"A":2}', { strict = true }))
  end)

  it("takes a hundred thousand keys in their stride (JSON-01)", function()
    local parts = {}
    for i = 1, 1e5 do parts[i] = ('"key%d":%d'):format(i, i) end
    local value = assert(json.decode("{" .. table.concat(parts, ",") .. "}"))
    assert.equal(99999, value.key99999)
  end)

  it("raises for misuse at the caller's line", function()
    misuse("string expected", json.decode, {})
    misuse("unknown option 'deep'", json.decode, "1", { deep = 1 })
    misuse("option 'depth': integer expected", json.decode, "1", { depth = "x" })
    misuse("option 'strict': boolean expected", json.decode, "1", { strict = 1 })
  end)
end)

describe("lamina.core.json encode", function()
  it("sorts keys and leaves out blanks", function()
    assert.equal('{"a":[1,{"x":null,"y":false}],"b":""}',
      json.encode { b = "", a = { 1, { y = false, x = json.null } } })
  end)

  it("indents where that is asked for", function()
    assert.equal('{\n  "a": [\n    1\n  ]\n}', json.encode({ a = { 1 } }, { indent = 2 }))
  end)

  it("keeps the marks of decoded lists, so that an empty one stays one", function()
    assert.equal('{"a":[],"b":{}}', json.encode(json.decode '{"b":{},"a":[]}'))
    assert.equal("[]", json.encode(json.array()))
    assert.equal("[]", json.encode(json.array {}))
    assert.equal("{}", json.encode {})
  end)

  it("tells lists from objects as it writes them", function()
    assert.is_true(json.is_array(json.array()))
    assert.is_true(json.is_array { 1 })
    assert.is_false(json.is_array {})
    assert.is_false(json.is_array "x")
    assert.is_false(json.is_array(json.null))
    assert.is_false(json.is_array(setmetatable({}, {})))
  end)

  it("escapes control characters and writes bytes of UTF-8 as they are", function()
    assert.equal([["\u0001\n\"\\é"]], json.encode "\1\n\"\\é")
  end)

  it("writes numbers so that they are read as the same", function()
    for _, number in ipairs { 1, 1.0, -0.0, 0.1, 1e300, 5e-324, math.maxinteger } do
      local again = json.decode(json.encode(number))
      assert.equal(number, again)
      assert.equal(math.type(number), math.type(again))
    end
  end)

  local no_form = {
    ["a function"] = { print, "function" },
    ["a value in a list"] = { { print }, "function" },
    ["NaN"] = { 0 / 0, "no JSON number" }, ["infinity"] = { math.huge, "no JSON number" },
    ["a string that isn't UTF-8"] = { "\xff", "UTF%-8" },
    ["a key that isn't UTF-8"] = { { ["\xff"] = 1 }, "UTF%-8" },
    ["a key with a zero byte"] = { { ["a\0"] = 1 }, "zero byte" },
    ["a key that isn't a string"] = { { [1.5] = 1 }, "keys of an object" },
    ["a table that is both"] = { { 1, a = 2 }, "either a list" },
    ["a list with a gap"] = { { 1, nil, 3 }, "either a list" },
    ["a marked list with a key"] = { json.array { x = 1 }, "either a list" },
  }
  for name, case in pairs(no_form) do
    it("raises for " .. name, function()
      misuse(case[2], json.encode, case[1])
    end)
  end

  it("raises for a table that holds itself", function()
    local loop = {}
    loop.loop = loop
    misuse("nested deeper than 128", json.encode, loop)
  end)

  it("raises for misuse at the caller's line", function()
    misuse("value expected", json.encode)
    misuse("unknown option", json.encode, 1, { x = 1 })
    misuse("0 to 31", json.encode, 1, { indent = 32 })
    misuse("table expected", json.array, 1)
  end)

  it("says what null is", function()
    assert.equal("null", tostring(json.null))
    assert.equal("null", json.encode(json.null))
  end)

  it("holds what it makes when the collector never rests", function()
    watch.restless(function()
      local text = '{"a":[[],{"b":["' .. ("x"):rep(100) .. '",1.5,null]}],"c":{}}'
      for _ = 1, 50 do assert.equal(text, json.encode(json.decode(text))) end
      for _ = 1, 50 do pcall(json.encode, { a = { b = { "x", { print } } } }) end
    end)
  end)
end)
