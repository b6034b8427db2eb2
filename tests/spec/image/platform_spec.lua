local failure = require "lamina.util.failure"
local platform = require "lamina.image.platform"

local host = platform.host()

local function parsed(text) return platform.format(platform.parse(text)) end

local function given(text)
  local parts = {}
  for part in text:gmatch("[^/]+") do parts[#parts + 1] = part end
  return { os = parts[1], architecture = parts[2], variant = parts[3] }
end

describe("lamina.image.platform", function()
  it("normalises what people and machines write (SEMANTICS 91)", function()
    for text, expected in pairs {
      ["linux/amd64"] = "linux/amd64", ["linux/x86_64"] = "linux/amd64", amd64 = "linux/amd64",
      ["x86-64"] = "linux/amd64", ["linux/amd64/v1"] = "linux/amd64",
      ["LINUX/AMD64"] = "linux/amd64",
      ["linux/amd64/v3"] = "linux/amd64/v3", aarch64 = "linux/arm64",
      ["linux/arm64/v8"] = "linux/arm64", ["linux/arm64/8"] = "linux/arm64",
      ["linux/arm64/v9"] = "linux/arm64/v9", arm = "linux/arm/v7", armhf = "linux/arm/v7",
      armel = "linux/arm/v6", ["linux/arm/v5"] = "linux/arm/v5", ["linux/arm/6"] = "linux/arm/v6",
      i386 = "linux/386", i686 = "linux/386", ["linux/riscv64"] = "linux/riscv64",
      ["macos/arm64"] = "darwin/arm64", ["windows/amd64"] = "windows/amd64", s390x = "linux/s390x",
      armv7l = "linux/arm/v7", loongarch64 = "linux/loong64",
      linux = "linux/" .. host.architecture, windows = "windows/" .. host.architecture,
    } do
      assert.equal(expected, parsed(text))
    end
  end)

  it("refuses what is no platform", function()
    for _, text in ipairs { "", "/", "linux/", "/amd64", "linux//amd64", "a/b/c/d", "linux/am d64",
      "linux/../x", "-/x", "linux\n/amd64", "arm64/", "amd46" } do
      local ok, err = pcall(platform.parse, text)
      assert.is_false(ok, text)
      assert.is_true(failure.is(err, "usage"), tostring(err))
      assert.is_string(err.hint)
    end
    local _, err = pcall(platform.parse, "amd46")
    assert.equal("did you mean 'amd64'?", err.hint)
  end)

  it("knows which images run where", function()
    for _, case in ipairs {
      { "linux/amd64", "linux/amd64", true }, { "linux/amd64", "linux/x86_64/v1", true },
      { "linux/amd64", "linux/amd64/v3", false }, { "linux/amd64/v3", "linux/amd64", true },
      { "linux/amd64/v3", "linux/amd64/v2", true }, { "linux/arm64", "linux/arm64/v8", true },
      { "linux/arm64", "linux/arm64/v9", false }, { "linux/arm/v7", "linux/arm/v6", true },
      { "linux/arm/v6", "linux/arm/v7", false }, { "linux/arm", "linux/arm/v7", true },
      { "linux/amd64", "windows/amd64", false }, { "linux/amd64", "linux/386", false },
      { "linux/arm64", "linux/arm/v7", false }, { "linux/s390x", "linux/s390x", true },
      { "linux/amd64", "unknown/unknown", false }, { "linux/arm", "linux/arm/x", false },
    } do
      assert.equal(case[3], platform.matches(platform.parse(case[1]), given(case[2])),
        case[1] .. " " .. case[2])
    end
  end)

  it("takes the best of several, and the first of equals", function()
    local function best(wanted, ...)
      local list = {}
      for i, text in ipairs { ... } do list[i] = given(text) end
      return platform.best(platform.parse(wanted), list)
    end
    assert.equal(2, best("linux/arm/v7", "linux/arm/v6", "linux/arm/v7", "linux/arm/v5"))
    assert.equal(1, best("linux/arm/v6", "linux/arm/v5", "linux/arm/v7"))
    assert.equal(3, best("linux/arm/v8", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7"))
    assert.equal(2, best("linux/amd64", "linux/amd64/v3", "linux/amd64", "linux/amd64/v1"))
    assert.equal(1, best("linux/arm64", "linux/arm64", "linux/arm64/v8"))
    assert.is_nil(best("linux/arm64", "linux/amd64", "unknown/unknown"))
    assert.is_nil(best("linux/arm64"))
  end)
end)
