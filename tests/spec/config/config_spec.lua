local config = require "lamina.config.config"
local failure = require "lamina.util.failure"
local helper = require "support.helper"
local uv = require "luv"

describe("lamina.config.config", function()
  local variables = { "LAMINA_CONFIG", "XDG_CONFIG_HOME", "HOME", "LAMINA_PULL", "LAMINA_STALL",
    "LAMINA_RETRY_MS", "LAMINA_TRIES", "LAMINA_ROOT", "LAMINA_MIRRORS", "LAMINA_PLAIN_HTTP",
    "LAMINA_TOKEN_SERVERS" }
  local saved

  before_each(function()
    saved = {}
    for _, name in ipairs(variables) do
      saved[name] = os.getenv(name)
      uv.os_unsetenv(name)
    end
    uv.os_setenv("LAMINA_CONFIG", "/dev/null")
  end)
  after_each(function()
    for _, name in ipairs(variables) do
      if saved[name] then uv.os_setenv(name, saved[name]) else uv.os_unsetenv(name) end
    end
    helper.cleanup()
  end)

  --- Makes the text the configuration.
  local function use(text)
    local path = helper.tmpdir() .. "/config.yaml"
    os.execute("chmod go-w " .. helper.write(path, text))
    uv.os_setenv("LAMINA_CONFIG", path)
    return path
  end

  local function entry(name)
    for _, one in ipairs(config.list()) do
      if one.name == name then return one end
    end
  end

  it("answers defaults where nothing is set", function()
    assert.equal("missing", config.get "pull")
    assert.equal(64 << 20, config.get "limits.log-size")
    assert.is_false(config.get "build.sync")
    assert.is_nil(config.get "build.jobs")
    assert.same({}, config.registry "docker.io")
    assert.is_nil(entry("pull").from)
    assert.has_error(function() config.get "build.job" end, "no setting 'build.job'")
  end)

  it("puts the environment before files", function()
    local path = use "pull: never\nlimits: { stall: 10s, tries: 7 }\n"
    assert.equal("never", config.get "pull")
    assert.equal(path .. ":1", entry("pull").from)
    assert.equal(10000, config.get "limits.stall")
    uv.os_setenv("LAMINA_PULL", "always")
    uv.os_setenv("LAMINA_STALL", "3")
    assert.equal("always", config.get "pull")
    assert.equal("LAMINA_PULL", entry("pull").from)
    assert.equal(3000, config.get "limits.stall")
    assert.equal(7, config.get "limits.tries")
    uv.os_setenv("LAMINA_PULL", "")
    assert.equal("never", config.get "pull")
  end)

  it("reads variables in their own units, and refuses what they can't be", function()
    for _, case in ipairs { { "RETRY_MS", "limits.retry-pause", "15", 15 },
      { "RETRY_MS", "limits.retry-pause", "2s", 2000 }, { "TRIES", "limits.tries", "3", 3 },
      { "ROOT", "store", "here/there", "here/there" } } do
      uv.os_setenv("LAMINA_" .. case[1], case[3])
      assert.equal(case[4], config.get(case[2]))
      uv.os_unsetenv("LAMINA_" .. case[1])
    end
    for _, case in ipairs { { "TRIES", "limits.tries", "0" }, { "TRIES", "limits.tries", "1.0" },
      { "STALL", "limits.stall", "-1" }, { "PULL", "pull", "x" } } do
      uv.os_setenv("LAMINA_" .. case[1], case[3])
      local ok, err = pcall(config.get, case[2])
      assert.is_false(ok, case[3])
      assert.is_true(failure.is(err, "usage"))
      assert.matches(("LAMINA_%s: '%s': "):format(case[1], case[3]), err.message, 1, true)
      uv.os_unsetenv("LAMINA_" .. case[1])
    end
  end)

  it("looks for the user's file in XDG_CONFIG_HOME, else below HOME, and needs neither", function()
    local function paths()
      local list = {}
      for i, file in ipairs(config.load()) do list[i] = file.path end
      return list
    end
    local system, dir = "/etc/lamina/config.yaml", helper.tmpdir()
    uv.os_unsetenv "LAMINA_CONFIG"
    assert.same({ system }, paths())
    uv.os_setenv("HOME", dir)
    assert.same({ dir .. "/.config/lamina/config.yaml", system }, paths())
    uv.os_setenv("XDG_CONFIG_HOME", "relative")
    assert.same({ dir .. "/.config/lamina/config.yaml", system }, paths())
    uv.os_setenv("XDG_CONFIG_HOME", dir)
    assert.same({ dir .. "/lamina/config.yaml", system }, paths())
    os.execute(("mkdir %s/lamina; echo 'pull: never' >%s/lamina/config.yaml; chmod -R go-w %s")
      :format(dir, dir, dir))
    uv.os_setenv("XDG_CONFIG_HOME", dir .. "/") -- other places are read anew
    assert.equal("never", config.get "pull")
    uv.os_setenv("LAMINA_CONFIG", "/nowhere/config.yaml")
    local ok, err = pcall(config.load)
    assert.is_false(ok)
    assert.equal("LAMINA_CONFIG: there is no file /nowhere/config.yaml", tostring(err))
  end)

  it("takes '~' for the caller's home where the path is used", function()
    local path = use "store: ~/x\nregistries: { a.example: { ca: ~/ca.crt } }\n"
    uv.os_setenv("HOME", "/home/me")
    assert.equal("/home/me/x", config.get "store")
    assert.equal("/home/me/ca.crt", config.registry("a.example").ca)
    uv.os_unsetenv "HOME"
    assert.equal("missing", config.get "pull")
    local ok, err = pcall(config.get, "store")
    assert.is_false(ok)
    assert.equal(path .. ":1: store: HOME is not set, which '~' stands for", tostring(err))
    uv.os_setenv("LAMINA_ROOT", "~/y") -- the shell has had its chance
    assert.equal("~/y", config.get "store")
  end)

  it("reads files once", function()
    local path = use "pull: never\n"
    assert.equal("never", config.get "pull")
    helper.write(path, "pull: [")
    assert.equal("never", config.get "pull")
  end)

  it("puts together what environment and file say of a registry, name by name", function()
    use [[
registries:
  docker.io: { mirrors: [https://a.example], token-servers: [x.example] }
  registry.lan:5000: { insecure: true }
]]
    uv.os_setenv("LAMINA_PLAIN_HTTP", "docker.io,Other.lan")
    assert.same({ mirrors = { "https://a.example" }, insecure = true,
      ["token-servers"] = { "x.example" } }, config.registry "docker.io")
    assert.is_true(config.registry("REGISTRY.lan:5000").insecure)
    assert.is_true(config.registry("other.lan").insecure)
    uv.os_setenv("LAMINA_MIRRORS", "docker.io=https://b.example")
    uv.os_setenv("LAMINA_TOKEN_SERVERS", "y.example")
    local set = config.registry "docker.io"
    assert.same({ "https://b.example" }, set.mirrors)
    assert.same({ "x.example", "y.example" }, set["token-servers"])
    assert.equal("LAMINA_MIRRORS", entry("registries.docker.io.mirrors").from)
    assert.equal("LAMINA_TOKEN_SERVERS", entry("registries.*.token-servers").from)
    assert.matches("config.yaml:3", entry("registries.registry.lan:5000.insecure").from, 1, true)
  end)
end)
