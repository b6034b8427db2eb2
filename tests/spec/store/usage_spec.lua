local helper = require "support.helper"
local usage = require "lamina.store.usage"

describe("lamina.store.usage", function()
  after_each(helper.cleanup)

  it("counts the bytes of files, a file with several names once", function()
    local dir = helper.tmpdir()
    helper.sh(("cd %s; mkdir -p a/b; printf 12345 >a/b/file; ln a/b/file a/other; printf 123 >c; "
      .. "ln -s /etc/passwd link; mkfifo pipe"):format(dir))
    assert.equal(8, usage.tree(dir))
    assert.equal(3, usage.tree(dir .. "/c"))
  end)

  it("takes nothing for what isn't there", function()
    assert.equal(0, usage.tree "/nowhere")
  end)
end)
