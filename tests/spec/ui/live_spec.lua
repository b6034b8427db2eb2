local live = require "lamina.ui.live"

--- A view on a terminal of 24 rows and so many columns; `screen:shown()` is what is left to see.
local function new_view(columns, colour)
  local screen = { raw = "", seconds = 0 }
  local view = live.new {
    write = function(words) screen.raw = screen.raw .. words end,
    size = function() return 24, columns or 80 end,
    now = function() return screen.seconds end,
    colour = colour,
  }
  --- Plays the escapes: up N lines and wipe what is below; everything else is text.
  function screen.shown()
    local lines = { "" }
    local at = 1
    while at <= #screen.raw do
      local up = screen.raw:match("^\r\27%[(%d+)A\27%[J", at)
      if up then
        for _ = 1, tonumber(up) do lines[#lines] = nil end
        lines[#lines] = ""
        at = at + #up + 7
      else
        local c = screen.raw:sub(at, at)
        if c == "\n" then lines[#lines + 1] = "" else lines[#lines] = lines[#lines] .. c end
        at = at + 1
      end
    end
    return table.concat(lines, "\n")
  end
  return view, screen
end

describe("lamina.ui.live", function()
  it("shows what runs below what is done, and redraws it in place", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "run make" })
    view:hear("step.started", { id = 2, label = "copy ." })
    screen.seconds = 1.26
    view:hear("step.output", { id = 1, line = "cc a.c" })
    view:tick()
    assert.equal("#1 run make 1.3s\n   cc a.c\n#2 copy . 1.3s\n", screen.shown())
    view:hear("step.finished", { id = 1, seconds = 1.3 })
    assert.equal("#1 run make DONE 1.3s\n#2 copy . 1.3s\n", screen.shown())
    view:hear("step.cached", { id = 2 })
    view:close()
    assert.equal("#1 run make DONE 1.3s\n#2 copy . CACHED\n", screen.shown())
  end)

  it("keeps what a recipe prints above what runs", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "run make" })
    view:hear("recipe.said", { line = "two\nlines\27" })
    assert.equal("two\nlines\\x1b\n#1 run make 0.0s\n", screen.shown())
  end)

  it("tells above what runs how far it all is, and how many bytes were moved", function()
    local view, screen = new_view()
    view:hear("build.started", { total = 3 })
    view:hear("step.cached", { id = 1, label = "run a" })
    view:hear("step.started", { id = 2, label = "copy ." })
    view:hear("step.progress", { id = 2, what = "copied", bytes = 12000000 })
    screen.seconds = 2
    view:tick()
    assert.equal("#1 run a CACHED\n[1/3] 1 running, 1 queued, 1 cached, 12MB copied  2.0s\n"
      .. "#2 copy . 12MB copied 2.0s\n", screen.shown())
    view:hear("step.finished", { id = 2, seconds = 2 })
    view:close()
    assert.equal("#1 run a CACHED\n#2 copy . DONE 2.0s\n", screen.shown())
  end)

  it("forgets what ran where a build starts once more", function()
    local view, screen = new_view()
    view:hear("build.started", { total = 2 })
    view:hear("step.cached", { id = 1, label = "run a" })
    view:hear("step.started", { id = 2, label = "run b" })
    view:hear("build.started", { total = 2 })
    view:hear("step.started", { id = 1, label = "run a" })
    assert.equal("#1 run a CACHED\n[0/2] 1 running, 1 queued  0.0s\n#1 run a 0.0s\n",
      screen.shown())
    view:close()
  end)

  it("shows the last lines of what runs and all lines of what failed", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "run x" })
    for i = 1, 9 do view:hear("step.output", { id = 1, line = "line " .. i }) end
    view:tick()
    assert.equal("#1 run x 0.0s\n   line 6\n   line 7\n   line 8\n   line 9\n", screen.shown())
    view:hear("step.failed", { id = 1, message = "exit status 1" })
    assert.equal("line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\nline 9\n"
      .. "#1 run x ERROR exit status 1\n", screen.shown())
  end)

  it("keeps the beginning of an endless line (ESC-11)", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "run x" })
    view:hear("step.output", { id = 1, line = ("x"):rep(60000) })
    view:hear("step.failed", { id = 1, message = "exit status 1" })
    assert.equal(("x"):rep(4096) .. "\n#1 run x ERROR exit status 1\n", screen.shown())
  end)

  it("keeps only the last lines of an endless output", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "yes" })
    for i = 1, 5000 do view:hear("step.output", { id = 1, line = tostring(i) }) end
    view:hear("step.failed", { id = 1, message = "x" })
    local _, count = screen.shown():gsub("\n", "")
    assert.equal(2001, count)
    assert.matches("^3001\n", screen.shown())
  end)

  it("never draws more than the screen holds", function()
    local view, screen = new_view(30)
    for i = 1, 40 do
      view:hear("step.started", { id = i, label = ("ü"):rep(100) })
      view:hear("step.output", { id = i, line = ("x"):rep(100) })
    end
    view:tick()
    local count = 0
    for line in screen.shown():gmatch("([^\n]*)\n") do
      count = count + 1
      assert.is_true(utf8.len(line) <= 29, line)
    end
    assert.equal(23, count)
  end)

  it("clips by columns, of which a wide character has two, on any screen", function()
    local view, screen = new_view(20)
    view:hear("step.started", { id = 1, label = ("構"):rep(20) })
    view:hear("step.output", { id = 1, line = ("✅"):rep(20) })
    view:tick()
    assert.equal("#1 " .. ("構"):rep(5) .. " 0.0s\n   " .. ("✅"):rep(8) .. "\n", screen.shown())
    for columns = 0, 9 do
      local narrow, seen = new_view(columns)
      narrow:hear("step.started", { id = 1, label = "run make" })
      narrow:hear("step.progress", { id = 1, what = "copied", bytes = 12000000 })
      narrow:tick()
      assert.is_true(#seen.shown() <= math.max(1, columns), seen.shown())
    end
  end)

  it("leaves nothing that runs on the screen when it is closed", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "run x" })
    view:close()
    view:close()
    assert.equal("", screen.shown())
  end)

  it("uses colours only where they are wanted", function()
    local view, screen = new_view(80, true)
    view:hear("step.started", { id = 1, label = "x" })
    view:hear("step.finished", { id = 1, seconds = 0 })
    assert.matches("\27[32m#1 x DONE 0.0s\27[0m\n", screen.raw, 1, true)
    local plain, bare = new_view(80, false)
    plain:hear("step.started", { id = 1, label = "x" })
    plain:hear("step.failed", { id = 1, message = "y" })
    assert.is_nil(bare.raw:find("\27%[%d*m"))
  end)

  it("lets no control byte of a step through (SEC-02)", function()
    local view, screen = new_view()
    view:hear("step.started", { id = 1, label = "a\27[2Jb\n#2 forged" })
    view:hear("step.output", { id = 1, line = "\27[31mred\7" })
    view:tick()
    view:hear("step.failed", { id = 1, message = "\27c" })
    assert.is_nil(screen.shown():find("[\27\7]"))
    assert.matches("#1 a\\x1b[2Jb\\n#2 forged ERROR \\x1bc\n", screen.shown(), 1, true)
  end)

  it("shows a step it never heard begin", function()
    local view, screen = new_view()
    view:hear("step.cached", { id = 7, label = "env A=1" })
    view:hear("step.output", { id = 8, label = nil, line = "late" })
    view:hear("other.event", {})
    assert.matches("#7 env A=1 CACHED\n", screen.shown(), 1, true)
  end)
end)
