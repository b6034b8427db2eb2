local helper = require "support.helper"
local json = require "lamina.core.json"
local misuse = require "support.misuse"
local watch = require "support.watch"
local yaml = require "lamina.core.yaml"

local function refusal(text, options)
  local value, err = yaml.decode(text, options)
  assert.is_nil(value)
  return err.message
end

--- Billion laughs: `levels` lists of `width` aliases each of the one before.
local function laughs(levels, width)
  local rows = { "a0: &a0 [x]" }
  for i = 1, levels do
    local names = {}
    for k = 1, width do names[k] = "*a" .. i - 1 end
    rows[#rows + 1] = ("a%d: &a%d [%s]"):format(i, i, table.concat(names, ", "))
  end
  return table.concat(rows, "\n")
end

describe("lamina.core.yaml", function()
  for _, case in ipairs(dofile "tests/golden/yaml.lua") do
    local name, text, meaning = table.unpack(case)
    if meaning then
      it("reads " .. name .. " (YAML-01)", function()
        assert.equal(meaning, json.encode(assert(yaml.decode(text))))
      end)
    else
      it("refuses " .. name .. " (YAML-01)", function()
        local message = refusal(text)
        assert.matches("^yaml: line %d+, column %d+: ", message)
        assert.matches(case.refusal, message)
      end)
    end
  end

  it("reads infinity and what is no number", function()
    local value = assert(yaml.decode "[.inf, -.Inf, +.INF, .nan]")
    assert.same({ math.huge, -math.huge, math.huge }, { table.unpack(value, 1, 3) })
    assert.is_true(value[4] ~= value[4])
  end)

  it("marks sequences as json does, and has the same null", function()
    local value = assert(yaml.decode "{a: [], b: ~}")
    assert.is_true(json.is_array(value.a))
    assert.equal(json.null, value.b)
    assert.equal(json.null, yaml.decode "")
  end)

  it("answers the value of the anchor for an alias", function()
    local value = assert(yaml.decode "[&a {}, *a]")
    assert.equal(value[1], value[2])
  end)

  it("tells the line of each key and item where that is asked for", function()
    local value, lines = yaml.decode("a:\n  - x\n  - {b: 1,\n     c: 2}\nd: 1\n", { lines = true })
    assert.same({ a = 1, d = 5 }, lines[value])
    assert.same({ 2, 3 }, lines[value.a])
    assert.same({ b = 3, c = 4 }, lines[value.a[2]])
    assert.equal(1, select("#", yaml.decode "a: 1"))
  end)

  it("refuses what is nested deeper than the limit, also through aliases (YAML-01)", function()
    local function nested(depth) return ("["):rep(depth) .. ("]"):rep(depth) end
    assert.is_truthy(yaml.decode(nested(64)))
    assert.matches("column 65: nested deeper than the limit of 64", refusal(nested(65)))
    assert.matches("deeper than the limit of 64", refusal(("["):rep(1e5)))
    assert.matches("deeper than the limit of 64", refusal(("{a: "):rep(1e5)))
    assert.matches("deeper than the limit of 64", refusal(("- "):rep(1e5)))
    assert.is_truthy(yaml.decode(nested(900), { depth = 1000 }))
    local half = "[&a " .. nested(40) .. ", "
    assert.is_truthy(yaml.decode(half .. ("["):rep(23) .. "*a" .. ("]"):rep(23) .. "]"))
    assert.matches("deeper than", refusal(half .. ("["):rep(24) .. "*a" .. ("]"):rep(24) .. "]"))
    local chain = { "a0: &a0 [x]" }
    for i = 1, 70 do chain[i + 1] = ("a%d: &a%d [*a%d]"):format(i, i, i - 1) end
    assert.matches("line 64, column %d+: nested deeper", refusal(table.concat(chain, "\n")))
  end)

  it("counts aliases as if they were written out (YAML-01)", function()
    assert.is_truthy(yaml.decode(laughs(3, 9)))
    assert.matches("more than the limit of 100000 nodes", refusal(laughs(9, 9)))
    assert.is_truthy(yaml.decode("[1, 2]", { nodes = 3 }))
    assert.matches("limit of 3 nodes", refusal("[1, 2, 3]", { nodes = 3 }))
    local text = ("x"):rep(100000)
    assert.matches("more than the limit of 8388608 bytes",
      refusal("[&a " .. text .. (", *a"):rep(100) .. "]"))
  end)

  it("refuses more aliases than the limit (YAML-01)", function()
    assert.is_truthy(yaml.decode("[&a 1" .. (", *a"):rep(1000) .. "]"))
    assert.matches("more than the limit of 1000 aliases",
      refusal("[&a 1" .. (", *a"):rep(1001) .. "]"))
    assert.matches("limit of 0 aliases", refusal("[&a 1, *a]", { aliases = 0 }))
  end)

  it("refuses what is longer than the limit (YAML-01)", function()
    assert.matches("^yaml: longer than the limit of 8388608 bytes", refusal(("x"):rep(100 << 20)))
    assert.equal("abc", yaml.decode("abc", { limit = 3 }))
    assert.matches("limit of 2 bytes", refusal("abc", { limit = 2 }))
  end)

  it("needs little memory for what is hostile (YAML-01)", function()
    if helper.is_under_valgrind() or helper.read("/proc/self/maps"):find("libasan", 1, true) then
      return pending("the tools that watch memory take more than is allowed here")
    end
    local path = helper.tmpdir() .. "/hostile.lua"
    finally(helper.cleanup)
    helper.write(path, [[
      package.cpath = arg[1] .. "/?.so;" .. package.cpath
      local yaml = require "lamina.core.yaml"
      local hostile = {
        function() return ("["):rep(8 << 20) end,
        function() return ("x"):rep(8 << 20) end,
        function() return (("- &a%d x\n"):rep(1e5):gsub("%%d", "1")) end,
        function() return ("a"):rep(2 << 20) .. ": 1" end,
        function() return ("? "):rep(4 << 20) end,
        function() return ("#"):rep(8 << 20) end,
        function() return ("\n"):rep(8 << 20) end,
        function() return '"' .. ("\\n"):rep(4000000) .. '"' end,
        function() return "[" .. ("a,"):rep(99999) .. "]" end,
        function() return "[" .. ("[],"):rep(99999) .. "]" end,
      }
      for _, text in ipairs(hostile) do
        yaml.decode(text())
        collectgarbage()
      end
      local status = io.open("/proc/self/status"):read("a")
      print((status:match("VmHWM:%s*(%d+)")))]])
    local status, out, err = helper.sh(("lua5.4 %s %s"):format(path, helper.build))
    assert.equal("", err)
    assert.equal(0, status)
    assert.is_true(tonumber(out) < 64 * 1024, out)
  end)

  it("holds what it reads while the collector runs", function()
    local text = "a: &a [x, {b: 'y'}]\nc: *a\nd: {e: [*a, *a]}\n"
    local plain = json.encode(yaml.decode(text))
    watch.restless(function()
      assert.equal(plain, json.encode((yaml.decode(text, { lines = true }))))
    end)
  end)

  it("raises for misuse at the caller's line", function()
    misuse("string expected", yaml.decode, {})
    misuse("unknown option 'deep'", yaml.decode, "1", { deep = 1 })
    misuse("option 'depth'", yaml.decode, "1", { depth = 0 })
    misuse("option 'lines'", yaml.decode, "1", { lines = 1 })
  end)
end)
