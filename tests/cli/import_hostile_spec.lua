-- SECURITY UNP-01..03, 06, 11: what the program makes of archives from an attacker.
local corpus = require "support.corpus"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local hostile = require "support.hostile"
local json = require "lamina.core.json"

--- Imports each of the numbers; answers { status, message } by number.
local function import_all(archives, store, numbers)
  local folder = archives.folder
  helper.write(folder .. "/numbers", table.concat(numbers, "\n") .. "\n")
  helper.write(folder .. "/one", ([[
    %s import %s/$1.tar "case-$1" >%s/$1.out 2>%s/$1.err </dev/null
    echo $? >%s/$1.status]])
    :format(helper.quote(helper.lamina_path), folder, folder, folder, folder))
  helper.sh(("LAMINA_ROOT=%s xargs -P 2 -n 1 sh %s/one <%s/numbers"):format(
    helper.quote(store.root), folder, folder))
  local results = {}
  for _, number in ipairs(numbers) do
    results[number] = { status = tonumber(helper.read(("%s/%d.status"):format(folder, number))),
      message = helper.read(("%s/%d.err"):format(folder, number)) }
  end
  return results
end

--- Marks say something only above another layer: an image's first layer has none of them.
local function without_marks(tree)
  local kept = {}
  for line in (tree .. "; "):gmatch "(.-); " do
    if line ~= "" and line ~= "/ opaque" and not line:match " whiteout$" then
      kept[#kept + 1] = (line:gsub(" opaque", ""))
    end
  end
  return table.concat(kept, "; ")
end

describe("lamina import of a hostile archive", function()
  local archives, store, refused, results, accepted

  lazy_setup(function()
    archives, store, refused = corpus.write(), helper.store(), {}
    for number, case in ipairs(hostile) do
      if case.err and not case.limits then refused[#refused + 1] = number end
    end
    results = import_all(archives, store, refused)
  end)
  lazy_teardown(helper.cleanup)

  it("ends with a message that names the archive and the entry, and a status of its own", function()
    for _, number in ipairs(refused) do
      local case, result = hostile[number], results[number]
      assert.is_true(result.status >= 1 and result.status <= 125,
        ("%s: status %d"):format(case.name, result.status))
      assert.matches("^lamina: import ", result.message)
      assert.matches(archives:path(number), result.message, 1, true)
      if case.err:match "^'" then assert.matches("entry '", result.message, 1, true) end
      assert.is_nil(result.message:find "[\1-\9\11-\31\127]", case.name)
    end
  end)

  it("leaves no image, no layer and nothing unfinished", function()
    local status, out = store("images", "-q")
    assert.same({ 0, "" }, { status, out })
    assert.same({}, fs.list(store.root .. "/tmp"))
    assert.same({}, fs.list(store.root .. "/layers"))
    assert.same({}, fs.list(store.root .. "/blobs/sha256"))
  end)

  it("gives the tree of an acceptable one, and an image that can be removed", function()
    local status, out, err = helper.sh(("lua5.4 tests/support/import_all.lua %s %s"):format(
      archives.folder, store.root))
    assert(status == 0, err)
    accepted = assert(json.decode(out))
    for number, case in ipairs(hostile) do
      local want, result = archives:expected(case, accepted.ids), accepted.cases[number]
      if want.tree then
        assert.equal(without_marks(want.tree), result.tree or result.message, case.name)
      end
    end
    assert.equal(0, (store("prune", "--everything", "--force")))
    assert.is_nil(fs.stat(store.root))
  end)

  it("changes nothing outside", function()
    assert.equal(archives.before, archives:canary_state())
  end)
end)
