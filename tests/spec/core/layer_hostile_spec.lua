-- SECURITY UNP-01..03, 06..08, 11: archives as an attacker makes them, unpacked by the module
-- (tests/cli/import_hostile_spec.lua: by the program).
local corpus = require "support.corpus"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local hostile = require "support.hostile"
local json = require "lamina.core.json"

describe("a hostile archive", function()
  local archives, results, after

  lazy_setup(function()
    archives = corpus.write()
    local status, out, err = helper.sh("lua5.4 tests/support/unpack.lua " .. archives.folder)
    assert(status == 0, err)
    results = assert(json.decode(out))
    after = archives:canary_state()
  end)
  lazy_teardown(helper.cleanup)

  it("comes in more than 200 shapes", function() assert.is_true(#hostile > 200) end)

  for number, case in ipairs(hostile) do
    it((case.err and "is refused: " or "gives its tree: ") .. case.name, function()
      local result, want = results.cases[number], archives:expected(case, results.ids)
      if want.err then
        assert.is_nil(result.tree)
        assert.matches(want.err, result.message, 1, true)
      elseif want.match then
        assert.matches(want.match, result.tree)
      elseif want.has then
        assert.is_true(result.has)
      else
        assert.equal(want.tree, result.tree or result.message)
      end
    end)
  end

  it("changes nothing outside, reads nothing there, links nothing", function()
    assert.equal(archives.before, after)
  end)

  it("leaves nothing that can't be removed", function()
    for number = 1, #hostile do
      assert.is_nil(fs.stat(("%s/%d"):format(archives.folder, number), { follow = false }))
    end
  end)
end)
