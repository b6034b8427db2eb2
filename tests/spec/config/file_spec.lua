local failure = require "lamina.util.failure"
local file = require "lamina.config.file"
local helper = require "support.helper"

describe("lamina.config.file", function()
  local path

  before_each(function() path = helper.tmpdir() .. "/config.yaml" end)
  after_each(helper.cleanup)

  local function read(text)
    os.execute("chmod go-w " .. helper.write(path, text))
    return file.read(path)
  end

  --- The failure of a file that is wrong.
  local function refusal(text)
    local ok, err = pcall(read, text)
    assert.is_false(ok, text)
    assert.is_true(failure.is(err), tostring(err))
    return err
  end

  local function values(text)
    local map = {}
    for name, setting in pairs(read(text)) do map[name] = setting.value end
    return map
  end

  it("answers each value with its line, and nil where there is no file", function()
    assert.is_nil(file.read(path))
    assert.is_nil(file.read("/dev/null/config.yaml"))
    assert.same({ ["pull"] = { value = "never", from = path .. ":2" },
      ["build.jobs"] = { value = 4, from = path .. ":5" } },
      read "# mine\npull: never\nbuild:\n  # few\n  jobs: 4\n")
  end)

  it("takes empty files and sections", function()
    for _, text in ipairs { "", "# nothing\n", "build:\n",
      "registries:\n  a.example:\nlimits: {}\n" } do
      assert.same({}, read(text), text)
    end
  end)

  it("reads sizes, durations and paths as people write them", function()
    assert.same({ ["limits.log-size"] = 64 << 20, ["limits.recipe-memory"] = 1 << 20,
      ["limits.archive-bytes"] = 10000000000, ["limits.stall"] = 90000,
      ["limits.retry-pause"] = 10, ["limits.recipe-time"] = 7000, ["store"] = "/srv/a b" },
      values "limits: { log-size: 64MiB, recipe-memory: 1048576, archive-bytes: 10GB, \z
        stall: 1m30s, retry-pause: 10ms, recipe-time: 7 }\nstore: /srv/a b\n")
    assert.equal("~/x", values("store: ~/x").store) -- whose home that is, who uses it will say
  end)

  it("takes what is said of registries, by their names as images have them", function()
    assert.same({ ["registries.docker.io.mirrors"] = { "https://a.example", "http://b:5000" },
      ["registries.registry.lan:5000.insecure"] = true, ["registries.[::1]:5000.insecure"] = false,
      ["registries.quay.io.token-servers"] = { "login.example" },
      ["registries.quay.io.ca"] = "/a.crt" }, values [[
registries:
  index.docker.io: { mirrors: [https://a.example/, "http://b:5000"] }
  Registry.LAN:5000: { insecure: true }
  "[::1]:5000": { insecure: false }
  quay.io: { token-servers: [Login.example], ca: /a.crt }
]])
  end)

  it("refuses a key that it doesn't know, with its line and the nearest one", function()
    local err = refusal "build:\n  jobs: 4\n  job: 3\n"
    assert.equal(path .. ":3: unknown key 'build.job'", tostring(err))
    assert.equal("did you mean 'jobs'?", err.hint)
    err = refusal "biuld: {}\n"
    assert.equal(path .. ":1: unknown key 'biuld'", tostring(err))
    assert.equal("did you mean 'build'?", err.hint)
    err = refusal "registries:\n  a.example:\n    miror: []\n"
    assert.equal(path .. ":3: unknown key 'registries.a.example.miror'", tostring(err))
    assert.equal("did you mean 'mirrors'?", err.hint)
    assert.matches("^known are build, certificates, ", refusal("zzzzzz: 1\n").hint)
  end)

  it("tells the first of several mistakes", function()
    assert.matches(":2: unknown key 'b'", tostring(refusal "pull: never\nb: 1\na: 1\nc: 1\n"))
  end)

  it("refuses values of another kind and out of their range, and says what was expected", function()
    local cases = {
      { "pull: sometimes", "pull: one of always, missing, never expected, not 'sometimes'" },
      { "build: { jobs: 0 }", "build.jobs: a whole number from 1 to 1000 expected, not '0'" },
      { "build: { jobs: 1.5 }", "a whole number from 1 to 1000 expected, not '1.5'" },
      { "build: { jobs: '4' }", "a whole number from 1 to 1000 expected, not '4'" },
      { "build: { jobs: }", "a whole number from 1 to 1000 expected, not nothing" },
      { "build: { sync: yes }", "build.sync: true or false expected, not 'yes'" },
      { "build: [jobs]", "build: keys with values expected, not a list" },
      { "build: 4", "build: keys with values expected, not '4'" },
      { "limits: { stall: soon }", "limits.stall: a duration as 30s, 1m30s or 500ms from 0s to "
        .. "24h0m0s expected, not 'soon'" },
      { "limits: { stall: 25h }", "expected, not '25h'" },
      { "limits: { stall: -1s }", "expected, not '-1s'" },
      { "limits: { log-size: 1kB }", "limits.log-size: a size as 500MB, 64MiB or 10GB from 1KiB to "
        .. "1TiB expected, not '1kB'" },
      { "limits: { log-size: true }", "expected, not 'true'" },
      { "prune: { keep-storage: -1 }", "expected, not '-1'" },
      { "store: here", "store: a path that begins with / or ~/ expected, not 'here'" },
      { "store: {}", "expected, not a mapping" },
      { "store: [/a]", "expected, not a list" },
      { "registries: { 'a b': {} }", "registries.a b: HOST or HOST:PORT expected" },
      { "registries: { '*': {} }", "registries.*: HOST or HOST:PORT expected" },
      { "registries: { a.b/c: {} }", "HOST or HOST:PORT expected" },
      { "registries: { a: { mirrors: https://b } }", "registries.a.mirrors: a list of "
        .. "http(s)://HOST[:PORT] expected, not 'https://b'" },
      { "registries: { a: { mirrors: [b.example] } }", "[:PORT] expected, not 'b.example'" },
      { "registries: { a: { mirrors: ['http://b', [c]] } }", "expected, not a list" },
      { "registries: { a: { mirrors: ['https://me:pw@b'] } }", "expected, not 'https://…@b'" },
      { "registries: { a: { mirrors: ['https://b/path'] } }", "expected, not 'https://b/path'" },
      { "registries: { a: { mirrors: {} } }", "expected, not a mapping" },
      { "registries: { a: { insecure: 1 } }", "true or false expected, not '1'" },
    }
    assert.equal(path .. ": keys with values expected, not a list", tostring(refusal "[build]"))
    for _, case in ipairs(cases) do
      local err = refusal("# a line above\n" .. case[1])
      assert.matches(path .. ":2: ", tostring(err), 1, true, case[1])
      assert.matches(case[2], err.message, 1, true)
    end
  end)

  it("refuses a registry that comes twice, whatever it is called", function()
    assert.equal(path .. ":3: registries.INDEX.docker.io: it is the registry of line 2",
      tostring(refusal "registries:\n  docker.io: {}\n  INDEX.docker.io: {}\n"))
  end)

  it("tells what YAML has against it with the line", function()
    assert.equal(path .. ":2: column 1: the key 'pull' comes twice",
      tostring(refusal "pull: never\npull: always\n"))
    assert.matches(path .. ":3: ", tostring(refusal "a:\n  - b\n :c"), 1, true)
    assert.matches("tags aren't taken", refusal("store: !!str /x").message, 1, true)
    assert.matches("is larger than 1 MiB", refusal("#" .. ("x"):rep(1 << 20)).message, 1, true)
  end)

  it("is read by nobody whom others could lead by it: they may not write to it", function()
    helper.write(path, "pull: never\n")
    for _, mode in ipairs { "666", "622", "664", "602" } do
      os.execute(("chmod %s %s"):format(mode, path))
      local ok, err = pcall(file.read, path)
      assert.is_false(ok, mode)
      assert.equal(("%s: can be written to by others (mode %s)"):format(path, mode), tostring(err))
      assert.equal("chmod go-w " .. path, err.hint)
    end
    for _, mode in ipairs { "600", "644", "444", "755" } do
      os.execute(("chmod %s %s"):format(mode, path))
      assert.is_truthy(file.read(path), mode)
    end
  end)

  it("belongs to its reader or to root", function()
    local _, roots = pcall(file.read, "/proc/sys/kernel/ostype")
    assert.matches("not 'Linux'", tostring(roots), 1, true) -- it was read
    if not helper.is_root then return end
    os.execute(("chown 4711 %s"):format(helper.write(path, "pull: never\n")))
    local ok, err = pcall(file.read, path)
    assert.is_false(ok)
    assert.equal(path .. ": belongs to somebody else (user 4711)", tostring(err))
  end)

  it("may be a link, and has to be a file that can be read", function()
    os.execute("chmod go-w " .. helper.write(path, "pull: never\n"))
    os.execute(("ln -s config.yaml %s.link; mkdir %s.dir; mkfifo %s.fifo"):format(path, path, path))
    assert.equal("never", file.read(path .. ".link").pull.value)
    for _, kind in ipairs { ".dir", ".fifo" } do
      local ok, err = pcall(file.read, path .. kind)
      assert.is_false(ok)
      assert.matches("configuration: open " .. path .. kind, tostring(err), 1, true)
    end
    if helper.is_root then return end
    os.execute("chmod 0 " .. path)
    local ok, err = pcall(file.read, path)
    assert.is_false(ok)
    assert.equal(("configuration: open %s: Permission denied"):format(path), tostring(err))
  end)
end)
