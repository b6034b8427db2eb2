local failure = require "lamina.util.failure"
local option = require "lamina.cli.option"

local rows = {
  { long = "all", short = "a" },
  { long = "interactive", short = "i" },
  { long = "tty", short = "t" },
  { long = "no-trunc" },
  { long = "filter", short = "f", value = "KEY=VALUE", many = true },
  { long = "last", short = "n", value = "COUNT", integer = true },
  { long = "jobs", value = "N", integer = true, least = 1 },
  { long = "level", value = "N", integer = true, least = 1, most = 22 },
  { long = "kind", value = "KIND", choices = { "image", "container" } },
  { long = "pause", default = true },
}

local function parse(line, stops_early)
  local words = {}
  for word in line:gmatch("%S+") do words[#words + 1] = word end
  return option.parse(rows, words, stops_early)
end

local function refused(line)
  local ok, err = pcall(parse, line)
  assert.is_false(ok, line)
  assert.is_true(failure.is(err, "usage"), tostring(err))
  assert.equal(2, err.status)
  return tostring(err), err.hint
end

describe("lamina.cli.option", function()
  it("reads flags, also several short ones in a word", function()
    local options, arguments = parse "-it x --all y"
    assert.is_true(options.interactive and options.tty and options.all)
    assert.same({ "x", "y" }, arguments)
    assert.is_nil(parse("x").all)
  end)

  it("turns a flag off where that is said", function()
    assert.is_false(parse("--all=false").all)
    assert.is_false(parse("--pause=0").pause)
    assert.is_true(parse("").pause)
    assert.is_true(parse("--no-trunc=true").no_trunc)
  end)

  it("reads values in every way they are written", function()
    for _, line in ipairs { "--filter a=b", "--filter=a=b", "-f a=b", "-fa=b", "-f=a=b",
      "-af a=b" } do
      assert.same({ "a=b" }, parse(line).filter, line)
    end
    assert.same({ "a=1", "b=2" }, parse("-f a=1 -f b=2").filter)
    assert.same({}, parse("").filter)
    assert.equal(12, parse("-n12").last)
    assert.equal("image", parse("--kind image").kind)
  end)

  it("takes everything behind '--' as arguments", function()
    local options, arguments = parse "-a -- -t --what"
    assert.is_true(options.all)
    assert.same({ "-t", "--what" }, arguments)
  end)

  it("takes '-' as an argument", function()
    local _, arguments = parse "- x"
    assert.same({ "-", "x" }, arguments)
  end)

  it("stops at the first argument where the command wants that", function()
    local options, arguments = parse("-i image -t --unknown", true)
    assert.is_true(options.interactive)
    assert.is_nil(options.tty)
    assert.same({ "image", "-t", "--unknown" }, arguments)
  end)

  it("refuses an unknown option and says which was meant", function()
    local message, hint = refused "--filtre a=b"
    assert.equal("unknown option '--filtre'", message)
    assert.equal("did you mean '--filter'?", hint)
    message, hint = refused "-x"
    assert.equal("unknown option '-x'", message)
    assert.is_nil(hint)
    assert.equal("unknown option '-z'", (refused "-az"))
    assert.equal("unknown option '--nope'", (refused "--nope=1"))
  end)

  it("refuses a value of the wrong kind", function()
    assert.equal("option '-n' needs a whole number, not 'x'", (refused "-n x"))
    assert.equal("option '--last' needs a whole number, not '-1'", (refused "--last=-1"))
    assert.equal("option '--last' needs a whole number, not '1.5'", (refused "--last 1.5"))
    assert.equal("option '--last' needs a whole number, not '18446744073709551617'",
      (refused "--last 18446744073709551617"))
    assert.equal(math.maxinteger, parse("--last 9223372036854775807").last)
    assert.equal("option '--all' is true or false, not 'maybe'", (refused "--all=maybe"))
    local message, hint = refused "--kind volume"
    assert.equal("option '--kind' can't be 'volume'", message)
    assert.equal("it is one of image, container", hint)
  end)

  it("refuses a number out of its range", function()
    assert.equal("option '--jobs' needs a whole number from 1 on, not '0'", (refused "--jobs 0"))
    assert.equal("option '--level' needs a whole number from 1 to 22, not '23'",
      (refused "--level=23"))
    assert.equal("option '--level' needs a whole number from 1 to 22, not 'x'",
      (refused "--level x"))
    assert.equal(22, parse("--level 22").level)
    assert.equal(1, parse("--jobs 1").jobs)
  end)

  it("refuses an option without its value", function()
    assert.equal("option '--filter' needs a value: KEY=VALUE", (refused "--filter"))
    assert.equal("option '-f' needs a value: KEY=VALUE", (refused "-f"))
  end)

  it("counts the arguments", function()
    local names = { { name = "IMAGE" }, { name = "NAME", optional = true } }
    local function check(...) return pcall(option.check_arguments, names, { ... }) end
    assert.is_true(check("a"))
    assert.is_true(check("a", "b"))
    local ok, err = check()
    assert.is_false(ok)
    assert.equal("argument missing: IMAGE", tostring(err))
    ok, err = check("a", "b", "c")
    assert.is_false(ok)
    assert.equal("unexpected argument 'c'", tostring(err))
    assert.is_true(pcall(option.check_arguments, { { name = "X", many = true } }, { "1", "2" }))
  end)
end)
