local guess = require "lamina.dockerfile.guess"

local dockerfiles = {
  "FROM busybox", "from busybox", "\n  From busybox", "\239\187\191FROM busybox",
  "\239\187\191\r\n# x\r\nFROM busybox", "# a comment", "  # indented", "#", "# local x = 1",
  "ARG A=1", "arg a", "FRM busybox", "FORM busybox", "RUN x",
  "LABEL a=b\nFROM busybox",
  "COPPY . /",
  "FROM", "FROM \\\nbusybox", 'FROM "busybox"', 'CMD ["x"]', "RUN (cd x)", "run x", "expose 80",
}

local recipes = {
  "", "\n", "\239\187\191", "-- a comment\nFROM x", 'from "busybox"', "from 'busybox'",
  "from [[busybox]]", 'from("busybox")', 'return from "busybox"', "return", "local base", "for x",
  'arg "A"', 'arg("A")', "arg = 1", "user, label = 1, 2", "run , x = 1, 2",
  "FROM = 1", "CMD, X = 1",
  "RUN(x)", "LABEL.x = 1", "image(x)", "ABCDEFGH x", "frm busybox", "cmd", "[[x]]",
}

describe("lamina.dockerfile.guess", function()
  it("knows a Dockerfile by what stands first, also where that is a mistake", function()
    for _, text in ipairs(dockerfiles) do assert.is_true(guess.is_dockerfile(text), text) end
  end)

  it("leaves Lua to Lua", function()
    for _, text in ipairs(recipes) do assert.is_false(guess.is_dockerfile(text), text) end
  end)
end)
