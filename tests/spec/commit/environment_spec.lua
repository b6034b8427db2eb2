local environment = require "lamina.commit.environment"
local helper = require "support.helper"

describe("lamina.commit.environment", function()
  after_each(helper.cleanup)

  local function file(text)
    return helper.write(helper.tmpdir() .. "/env", text)
  end

  it("reads files line by line: no quotes, no expansion, comments at the beginning only", function()
    local name = file("A=1\r\n\n  # no\nB='q' # kept\n C=$A\nD==\n")
    assert.same({ "A=1", "B='q' # kept", "C=$A", "D==" }, environment.from_options({ name }))
  end)

  it("lets the later one win, in the place of the first", function()
    assert.same({ "A=3", "B=2" },
      environment.from_options({ file "A=1\nB=2\n" }, { "A=3" }))
  end)

  it("takes the caller's value for a name alone, and nothing where he has none", function()
    assert.same({ "HOME=" .. os.getenv("HOME") },
      environment.from_options({ file "NO_SUCH_VARIABLE_HERE\n" }, { "HOME" }))
  end)

  it("refuses an entry without a name, in a file as on the command line", function()
    for _, make in ipairs { function() environment.from_options({}, { "=a" }) end,
      function() environment.from_options({ file "=a\n" }) end } do
      local ok, err = pcall(make)
      assert.is_false(ok)
      assert.matches("variable '=a' has no name", tostring(err))
    end
  end)

  it("says which file can't be read", function()
    local _, err = pcall(environment.from_options, { "/no/such/file" })
    assert.matches("%-%-env%-file: .*/no/such/file: No such file", tostring(err))
  end)

  it("completes with PATH and HOSTNAME, TERM with a terminal, and the image's over them", function()
    assert.same({ "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOSTNAME=h" }, environment.complete({}, { hostname = "h" }))
    assert.same({ "PATH=/mine", "HOSTNAME=h", "TERM=dumb", "A=b" }, environment.complete(
      { Env = { "PATH=/mine", "TERM=dumb", "A=b", "NO_VALUE", "=x" } },
      { hostname = "h", terminal = true }))
  end)
end)
