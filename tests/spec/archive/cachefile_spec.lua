local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina.archive.cachefile", function()
  after_each(helper.cleanup)

  it("says so where what was packed is cut before it is written", function()
    assert.matches("^true\tcorrupt\t.*is damaged: it was cut\n$", fixtures.output [=[
      local cachefile = require "lamina.archive.cachefile"
      local mounts = require "lamina.store.mount"
      local dir = folder "mount"
      assert(fs.write(dir .. "/file", "12345"))
      assert(mounts.adopt(store, dir, "mine"))
      local one = mounts.list(store)[1]
      one.mount_id, one.id = one.id, "id"
      local function export(spoil)
        local plan <close> = cachefile.plan(store, {}, { one })
        if spoil then
          assert(os.execute("truncate -s 1 " .. store:workspace().dir .. "/mount-*/tar"))
        end
        local file <close> = assert(fs.open(folder "out" .. "/x.tar", "w"))
        plan:write(require("lamina.archive.tar").new(file:fd()))
        return true
      end
      local done = export()
      local _, err = pcall(export, true)
      print(done, err.kind, err.message)]=])
  end)
end)
