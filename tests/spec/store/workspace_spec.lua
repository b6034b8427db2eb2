local fs = require "lamina.core.fs"
local helper = require "support.helper"
local workspace = require "lamina.store.workspace"

describe("lamina.store.workspace", function()
  local tmp
  before_each(function() tmp = helper.tmpdir() end)
  after_each(helper.cleanup)

  it("gives a folder that is gone when it is closed, which may be twice", function()
    local own = workspace.new(tmp)
    local dir = own:temp("step")
    helper.write(dir .. "/file", "x")
    assert.equal(448, fs.stat(own.dir).mode) -- 0700
    own:close()
    own:close()
    assert.same({}, fs.list(tmp))
  end)

  it("isn't swept while its process lives", function()
    local own <close> = workspace.new(tmp)
    assert.equal(0, workspace.sweep(tmp))
    assert.equal("dir", fs.stat(own.dir).type)
  end)

  it("is swept when its process is gone, whatever lies in it", function()
    helper.sh(("mkdir -p %s/dead/deep/er; echo x >%s/dead/deep/er/file; touch %s/dead/lock; "
      .. "chmod 0 %s/dead/deep"):format(tmp, tmp, tmp, tmp))
    helper.sh(("mkdir %s/unlocked; mkfifo %s/fifo; ln -s /etc %s/link; touch %s/file"):format(tmp,
      tmp, tmp, tmp))
    assert.equal(5, workspace.sweep(tmp))
    assert.same({}, fs.list(tmp))
    assert.equal("dir", fs.stat("/etc").type)
  end)

  it("is swept after a sweeper that was killed itself", function()
    helper.sh(("mkdir -p %s/gone.dead; touch %s/gone.dead/half"):format(tmp, tmp))
    assert.equal(1, workspace.sweep(tmp))
    assert.same({}, fs.list(tmp))
  end)

  it("is made while others sweep all the time", function()
    local program = ([[local workspace = require "lamina.store.workspace"
      local fs = require "lamina.core.fs"
      for _ = 1, 300 do %s end]])
    local make = program:format(([[local own = workspace.new(%q)
      local dir = own:temp()
      assert(fs.write(dir .. "/x", ""))
      own:close()]]):format(tmp))
    local sweep = program:format(("workspace.sweep(%q)"):format(tmp))
    local status, _, err = helper.sh(
      ("for i in 1 2 3; do lua5.4 -e %s & lua5.4 -e %s & done; wait"):format(helper.quote(make),
        helper.quote(sweep)))
    assert.equal("", err)
    assert.equal(0, status)
    workspace.sweep(tmp)
    assert.same({}, fs.list(tmp))
  end)
end)
