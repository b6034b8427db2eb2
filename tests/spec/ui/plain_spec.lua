local plain = require "lamina.ui.plain"

local function heard(...)
  local parts = {}
  local view = plain.new { write = function(words) parts[#parts + 1] = words end }
  for _, event in ipairs { ... } do view:hear(event[1], event[2]) end
  view:tick()
  view:close()
  return table.concat(parts)
end

describe("lamina.ui.plain", function()
  it("tells each step by its number", function()
    assert.equal([[
#1 run "make"
#2 copy . /src
#1 cc -c a.c
#2 CACHED
#1 DONE 1.2s
]], heard({ "step.started", { id = 1, label = 'run "make"' } },
      { "step.started", { id = 2, label = "copy . /src" } },
      { "step.output", { id = 1, line = "cc -c a.c" } }, { "step.cached", { id = 2 } },
      { "step.finished", { id = 1, seconds = 1.24 } }))
  end)

  it("tells what a cached step is that never started, and why one failed", function()
    assert.equal("#3 env A=1\n#3 CACHED\n#4 ERROR exit status 2\n",
      heard({ "step.cached", { id = 3, label = "env A=1" } },
        { "step.failed", { id = 4, message = "exit status 2" } }))
  end)

  it("shows what a terminal shows of carriage returns", function()
    assert.equal("100%", plain.shown("10%\r50%\r100%"))
    assert.equal("done", plain.shown("done\r"))
    assert.equal("b", plain.shown("a\rb\r\r"))
    assert.equal("", plain.shown("\r\r"))
    assert.equal("", plain.shown(""))
  end)

  it("lets no control byte of a step through (SEC-02)", function()
    assert.equal("#1 \\x1b]0;x\\x07\ttab\n#2 a\\n#3 DONE\n",
      heard({ "step.output", { id = 1, line = "\27]0;x\7\ttab" } },
        { "step.started", { id = 2, label = "a\n#3 DONE" } }))
  end)

  it("tells what a recipe prints as it is, without control bytes (SEC-02)", function()
    assert.equal("a\tb\nc\\x1b\n", heard({ "recipe.said", { line = "a\tb\nc\27" } }))
  end)

  it("keeps quiet about other events", function()
    assert.equal("", heard({ "blob.progress", { id = 1 } }, { "build.done", {} }))
  end)
end)
