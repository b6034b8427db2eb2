local helper = require "support.helper"
local json = require "lamina.core.json"

local text = [[
FROM busybox AS base
# three lines
RUN --mount=type=cache,target=/c \
    make \
    install
COPY <<'EOF' /etc/motd
hello $you
EOF
ENV A=1 B="2 3"
ONBUILD RUN ["make"]
CMD ["sh"]
]]

describe("lamina parse", function()
  local dir, lamina

  setup(function()
    dir = helper.tmpdir()
    lamina = helper.quote(helper.lamina_path)
    helper.write(dir .. "/Dockerfile", text)
  end)

  teardown(helper.cleanup)

  it("prints instructions as JSON", function()
    local status, out, err = helper.sh(("cd %s && %s parse --json Dockerfile"):format(dir, lamina))
    assert.same({ 0, "" }, { status, err })
    assert.same({
      { instruction = "FROM", line = 1, endLine = 1, flags = {},
        args = { "busybox", "AS", "base" } },
      { instruction = "RUN", line = 3, endLine = 5, flags = { "--mount=type=cache,target=/c" },
        args = { "make     install" } },
      { instruction = "COPY", line = 6, endLine = 8, flags = {}, args = { "<<'EOF'", "/etc/motd" },
        heredocs = { { name = "EOF", content = "hello $you\n", expand = false } } },
      { instruction = "ENV", line = 9, endLine = 9, flags = {}, args = { "A", "1", "B", '"2 3"' } },
      { instruction = "ONBUILD", line = 10, endLine = 10, flags = {}, args = {},
        onbuild = { instruction = "RUN", line = 10, endLine = 10, flags = {}, args = { "make" },
          json = true } },
      { instruction = "CMD", line = 11, endLine = 11, flags = {}, args = { "sh" }, json = true },
    }, json.decode(out))
    assert.matches('"flags": %[%]', out)
  end)

  it("prints a listing for people, of standard input too", function()
    local status, out = helper.sh(lamina .. " parse -", text)
    assert.equal(0, status)
    assert.matches("3%-5     RUN %-%-mount=type=cache,target=/c make     install\n", out)
    assert.matches("10      ONBUILD RUN \"make\"\n", out)
  end)

  it("takes Dockerfile, else Containerfile, without a name", function()
    local other = helper.tmpdir()
    helper.write(other .. "/Containerfile", "FROM a\n")
    local _, out = helper.sh(("cd %s && %s parse"):format(other, lamina))
    assert.equal("1       FROM a\n", out)
    _, out = helper.sh(("cd %s && %s parse"):format(dir, lamina))
    assert.matches("^1       FROM busybox AS base\n", out)
  end)

  it("tells what is wrong with its line and a hint", function()
    local status, out, err = helper.sh(lamina .. " parse -", "FROM a\nRNU x\n")
    assert.same({ 1, "" }, { status, out })
    assert.equal("lamina: <stdin>:2: unknown instruction 'RNU'\nhint: did you mean RUN?\n", err)
    status, out, err = helper.sh(("cd %s && %s parse nowhere"):format(dir, lamina))
    assert.same({ 1, "" }, { status, out })
    assert.matches("^lamina: open nowhere: No such file", err)
  end)

  it("refuses a file that isn't one, and one that is too large", function()
    local status, _, err = helper.sh(("cd %s && %s parse ."):format(dir, lamina))
    assert.equal(1, status)
    assert.matches("not a regular file", err)
    status, _, err = helper.sh("head -c 3000000 /dev/zero | " .. lamina .. " parse -")
    assert.equal(1, status)
    assert.matches("standard input is larger than 1048576 bytes", err)
  end)
end)
