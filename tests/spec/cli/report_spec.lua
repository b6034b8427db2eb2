local failure = require "lamina.util.failure"
local report = require "lamina.cli.report"

--- What is written to standard error, and the status.
local function told(err, debugging)
  local parts, real = {}, io.stderr
  rawset(io, "stderr", { write = function(_, ...)
    for _, part in ipairs { ... } do parts[#parts + 1] = part end
  end })
  local ok, status = pcall(report.failure, err, debugging)
  rawset(io, "stderr", real)
  assert(ok, status)
  return table.concat(parts), status
end

describe("lamina.cli.report", function()
  it("tells what and why, and a hint", function()
    local text, status = told(failure.new("not-found", "no image 'x' in the store",
      { hint = "did you mean 'y'?" }))
    assert.equal("lamina: no image 'x' in the store\nhint: did you mean 'y'?\n", text)
    assert.equal(1, status)
  end)

  it("tells several hints, and lines that belong to it", function()
    local text = told(failure.new("step-failed", "it failed",
      { hint = { "one", "two" }, detail = "a\n\tb" }))
    assert.equal("lamina: it failed\na\n\tb\nhint: one\nhint: two\n", text)
  end)

  it("answers 2 for wrong usage and what the failure says for others", function()
    assert.equal(2, select(2, told(failure.new("usage", "x"))))
    assert.equal(1, select(2, told(failure.new("system", "x"))))
    assert.equal(127, select(2, told(failure.new("not-found", "x", { status = 127 }))))
  end)

  it("names file and line where they are known", function()
    local err = failure.new("invalid-input", "no instruction", { file = "Dockerfile", line = 3 })
    assert.equal("lamina: Dockerfile:3: no instruction\n", (told(err)))
  end)

  it("lets no control byte through (SEC-02)", function()
    local text = told(failure.new("system", "a\27[2Jb\nlamina: forged",
      { hint = "c\rd", detail = "e\27]0;title\7\nf" }))
    assert.equal("lamina: a\\x1b[2Jb\\nlamina: forged\ne\\x1b]0;title\\x07\nf\nhint: c\\rd\n", text)
  end)

  it("keeps quiet when nobody reads our output any more", function()
    local text, status = told(failure.new("system", "write", { is_closed = true }))
    assert.equal("", text)
    assert.equal(1, status)
  end)

  it("owns up to a mistake of ours", function()
    local text, status = told("x.lua:1: attempt to index nil\nstack traceback:\n\t[C]: in ?")
    assert.matches("^lamina: internal error: x%.lua:1: attempt to index nil\nstack", text)
    assert.matches("hint: this is a fault of lamina", text, 1, true)
    assert.equal(1, status)
  end)

  it("shows where it came from with --debug alone", function()
    local err = failure.new("system", "x", { traceback = "stack traceback:\n\tfile.lua:1" })
    assert.equal("lamina: x\n", (told(err)))
    assert.matches("\tfile.lua:1\n", (told(err, true)), 1, true)
  end)
end)
