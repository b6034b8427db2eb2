local failure = require "lamina.util.failure"
local settings = require "lamina.commit.settings"

local image = { config = { config = {
  Env = { "A=image", "B=image" }, Entrypoint = { "entry" }, Cmd = { "default" }, User = "image",
  WorkingDir = "/image", Labels = { a = "image", b = "image" }, Volumes = { ["/v"] = {} },
  Unknown = { kept = true },
} } }

local function config(options, ...)
  return settings.config(options, { ... }, image)
end

-- Options, words, the whole command that comes of them (SEMANTICS 99).
local commands = {
  { {}, {}, { "entry", "default" } },
  { {}, { "a", "b" }, { "entry", "a", "b" } },
  { { entrypoint = "mine" }, {}, { "mine" } },
  { { entrypoint = "mine" }, { "a" }, { "mine", "a" } },
  { { entrypoint = "" }, { "a" }, { "a" } },
  { { entrypoint = "" }, {}, {} },
}

-- Options and what is said about them.
local refused = {
  { { workdir = "a" }, "--workdir 'a': an absolute path is meant" },
  { { label = { "=x" } }, "--label '=x'" },
  { { network = "mesh" }, "--network 'mesh'" },
  { { cap_add = { "CHOWM" } }, "--cap-add 'CHOWM'" },
  { { cap_drop = { "X" } }, "--cap-drop 'X'" },
  { { cap_drop = { "ALL", "X" } }, "--cap-drop 'X'" },
  { { security_opt = { "label=disable" } }, "--security-opt 'label=disable'" },
  { { hostname = "a b" }, "--hostname 'a b'" },
  { { hostname = "-x" }, "--hostname '-x'" },
  { { env = { "=x" } }, "variable '=x' has no name" },
}

describe("lamina.commit.settings", function()
  for i, case in ipairs(commands) do
    it("99: joins entry point and command, case " .. i, function()
      local made = settings.config(case[1], case[2], image)
      assert.same(case[3], settings.command(made))
    end)
  end

  for _, case in ipairs(refused) do
    it("refuses " .. case[2], function()
      local ok, err = pcall(config, case[1])
      assert.is_false(ok)
      assert.is_true(failure.is(err, "usage"))
      assert.matches(case[2], err.message, 1, true)
    end)
  end

  it("puts what the user says over the image's, and keeps what it doesn't know", function()
    local made = config { env = { "B=user", "C=user" }, label = { "b=user", "c" }, user = "me",
      workdir = "/a/../b" }
    table.sort(made.Env)
    assert.same({ "A=image", "B=user", "C=user" }, made.Env)
    assert.same({ a = "image", b = "user", c = "" }, made.Labels)
    assert.equal("me", made.User)
    assert.equal("/b", made.WorkingDir)
    assert.same({ kept = true }, made.Unknown)
    assert.same({ "A=image", "B=image" }, image.config.config.Env) -- which stays as it was
  end)

  it("keeps what concerns this machine apart", function()
    local host = config({ network = "bridge", read_only = true, rm = true, tty = true,
      security_opt = { "no-new-privileges" }, hostname = "h" }).host
    assert.equal("default", host.network)
    assert.is_true(host.readonly and host.removed and host.terminal and host.no_new_privileges)
    assert.equal("h", host.hostname)
    assert.is_nil(host.capabilities) -- the default ones
  end)

  it("counts capabilities from the default ones, or from none", function()
    local function set(options)
      local names = {}
      for _, name in ipairs(config(options).host.capabilities) do names[name] = true end
      return names
    end
    local some = set { cap_add = { "net_admin" }, cap_drop = { "CAP_CHOWN" } }
    assert.is_true(some.NET_ADMIN and some.KILL)
    assert.is_nil(some.CHOWN)
    assert.same({ SYS_TIME = true }, set { cap_drop = { "all" }, cap_add = { "SYS_TIME" } })
    assert.same({}, set { cap_drop = { "ALL" } })
  end)
end)
