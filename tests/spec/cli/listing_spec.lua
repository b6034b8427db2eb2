local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local listing = require "lamina.cli.listing"
local output = require "lamina.cli.output"

local list = {
  columns = { { "NAME", "Name" }, { "SIZE", "Size" } }, titles = { Digest = "DIGEST" },
  quiet = "Name",
  rows = {
    { Name = "a", Size = "1B", Digest = "d1" }, { Name = "b\27", Size = "", Digest = "d2" },
  },
}

local function printed(options, rows)
  local parts = {}
  local file = { write = function(_, ...)
    for _, part in ipairs { ... } do parts[#parts + 1] = part end
    return true
  end }
  local shown = {}
  for key, value in pairs(list) do shown[key] = value end
  shown.rows = rows or list.rows
  listing.print({ options = options, out = output.new(file) }, shown)
  return table.concat(parts)
end

describe("lamina.cli.listing", function()
  it("prints columns without blanks at the ends of lines", function()
    local expected = "NAME      SIZE\na         1B\nb\\x1b\n"
    assert.equal(expected, printed {})
    assert.equal(expected, printed { format = "table" })
    assert.equal("NAME      SIZE\n", printed({}, {}))
  end)

  it("prints one field alone", function()
    assert.equal("a\nb\\x1b\n", printed { quiet = true })
  end)

  it("prints by a template", function()
    assert.equal("a=d1\nb\\x1b=d2\n", printed { format = "{{.Name}}={{.Digest}}" })
    assert.equal("NAME      DIGEST\na         d1\nb\\x1b     d2\n",
      printed { format = "table {{.Name}}\\t{{.Digest}}" })
  end)

  it("prints a JSON object a line", function()
    local first, second = printed({ format = "json" }):match("^([^\n]*)\n([^\n]*)\n$")
    assert.same(list.rows[1], json.decode(first))
    assert.same(list.rows[2], json.decode(second))
    assert.equal("", printed({ format = "json" }, {}))
    assert.equal('{"Name":"\\u009B\\u007F"}\n', printed({ format = "json" },
      { { Name = "\u{9b}\127" } }))
  end)

  it("tells a wrong field even when there are no rows", function()
    local ok, err = pcall(printed, { format = "{{.Nmae}}" }, {})
    assert.is_false(ok)
    assert.is_true(failure.is(err, "usage"))
    assert.equal("did you mean '.Name'?", err.hint)
  end)
end)
