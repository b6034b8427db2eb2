local help = require "lamina.cli.help"

local command = {
  name = "mend", summary = "Mend a thing", usage = "mend [OPTIONS] THING",
  help = "More about it.\n", example = "lamina mend --how well cup",
  options = {
    { long = "force", short = "f", help = "don't ask" },
    { long = "how", value = "WAY", help = "in which way", choices = { "well", "badly" },
      default = "well" },
    { long = "of", value = "PART,…", help = "these alone" },
  },
}

describe("lamina.cli.help", function()
  it("shows usage, summary, options and an example", function()
    assert.equal([[
Usage: lamina mend [OPTIONS] THING

Mend a thing.

More about it.

Options:
  -f, --force      don't ask
      --how WAY    in which way: well, badly (default well)
      --of PART,…  these alone

Options of every command:
      --root DIR  the directory of the store (default: setting store)
      --debug     show where in lamina a failure came from
      --help      show this help

Example:
  lamina mend --how well cup
]], help.command(command))
  end)

  it("leaves out what a command doesn't have", function()
    local text = help.command { name = "x", summary = "Do x", usage = "x", example = "lamina x" }
    assert.is_nil(text:find("\nOptions:", 1, true))
    assert.is_nil(text:find("\n\n\n", 1, true))
  end)

  it("lists every command in the overview", function()
    local overview = help.overview()
    for _, name in ipairs(help.names()) do
      assert.matches("\n  " .. name .. " +%u", overview)
    end
    for line in overview:gmatch("[^\n]+") do assert.is_true(#line <= 80, line) end
  end)

  it("fits a terminal of a hundred columns", function()
    for _, name in ipairs(help.names()) do
      for line in help.command(require("lamina.cli.cmd." .. name)):gmatch("[^\n]+") do
        assert.is_true(utf8.len(line) <= 100, name .. ": " .. line)
      end
    end
  end)
end)
