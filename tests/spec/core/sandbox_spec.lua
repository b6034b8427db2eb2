local misuse = require "support.misuse"
local sandbox = require "lamina.core.sandbox"

--- Runs a function of the input in a sandbox.
local function run(code, more)
  local request = { main = "main", input = "in",
    modules = { { "main", string.dump(assert(load("return " .. code))) } } }
  for key, value in pairs(more or {}) do request[key] = value end
  return sandbox.run(request)
end

describe("lamina.core.sandbox", function()
  it("answers what the program makes of its input, byte for byte", function()
    assert.equal("in\0out", run 'function(input) return input .. "\\0out" end')
    assert.equal("\0\255", run("function(input) return input end", { input = "\0\255" }))
  end)

  it("shares nothing with the caller's state", function()
    _G.shared = "shared" -- luacheck: ignore
    assert.equal("nil", run "function() return tostring(shared) end")
    run "function() string.format = nil return '' end"
    assert.is_function(string.format)
    _G.shared = nil -- luacheck: ignore
  end)

  it("has no library that reaches the machine", function()
    assert.equal("nil nil nil",
      run "function() return tostring(io) .. ' ' .. tostring(os) .. ' ' .. tostring(package) end")
  end)

  it("requires its own modules, once, and the two of the core", function()
    local text, err = run([[function()
      assert(require "other" == require "other")
      assert(not pcall(require, "lamina.core.namespace"))
      return require("lamina.core.json").encode { a = require("other").value }
    end]], { modules = {
      { "main", string.dump(load [[return function()
        assert(require "other" == require "other")
        assert(not pcall(require, "lamina.core.namespace"))
        return require("lamina.core.json").encode { a = require("other").value }
      end]]) },
      { "other", string.dump(load "return { value = 5 }") },
    } })
    assert.equal('{"a":5}', text, err and err.message)
  end)

  it("fails with the error's text", function()
    local text, err = run "function() error('why', 0) end"
    assert.is_nil(text)
    assert.equal("why", err.message)
    assert.equal("an error that is no text", select(2, run "function() error {} end").message)
    assert.matches("answered no text", select(2, run "function() return {} end").message)
  end)

  it("takes text where bytecode is expected for no module", function()
    local _, err = run("", { modules = { { "main", "return function() return '' end" } } })
    assert.matches("attempt to load a text chunk", err.message)
  end)

  it("stops at the limit of instructions, which nothing catches", function()
    local loop = "(function() while true do end end)"
    for _, code in ipairs { "while true do pcall" .. loop .. " end",
      "coroutine.wrap" .. loop .. "()" } do
      local text, err = run("function() " .. code .. " end", { instructions = 1000000 })
      assert.is_nil(text)
      assert.matches("too many instructions", err.message)
    end
  end)

  it("counts memory", function()
    local text, err = run("function() return ('x'):rep(1 << 24) end", { memory = 1 << 22 })
    assert.is_nil(text)
    assert.equal("not enough memory", err.message)
  end)

  it("gives memory back", function()
    if os.getenv "ASAN_OPTIONS" then return pending "ASan keeps what is freed" end
    for _ = 1, 200 do
      run("function() local t = {} while true do t[#t + 1] = ('x'):rep(1000) end end",
        { memory = 1 << 22, instructions = 2000 })
    end
    collectgarbage()
    local status <close> = assert(io.open "/proc/self/status")
    local kilobytes = tonumber(status:read("a"):match "VmRSS:%s*(%d+)")
    assert.is_true(kilobytes < 200 * 1024, kilobytes)
  end)

  it("raises on misuse at the caller's line", function()
    misuse("table expected", sandbox.run, 5)
    misuse("main expected", sandbox.run, {})
    misuse("modules expected", sandbox.run, { main = "x" })
    misuse("modules expected", sandbox.run, { main = "x", modules = 5 })
    misuse("unknown option 'wrong'", sandbox.run, { main = "x", modules = {}, wrong = 1 })
  end)
end)
