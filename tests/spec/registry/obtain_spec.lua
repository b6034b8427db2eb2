local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina.registry.obtain", function()
  teardown(helper.cleanup)

  it("tells once which image it was that couldn't be pulled, at once or later", function()
    local expected = "pull x:latest: broken\n"
    for _, layer in ipairs { "busybox", '"sha256:" .. ("0"):rep(64)' } do
      assert.equal(expected, fixtures.output(([=[
        local failure, promised = require "lamina.util.failure", function() end
        package.loaded["lamina.registry.pull"] = {
          look = function() return { { diff_ids = { %s }, config = '{"architecture":"amd64",'
            .. '"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' } } end,
          take = function() failure.raise("system", "broken") end,
        }
        local ok, err = pcall(require("lamina.registry.obtain").image, store, "x",
          { policy = "always", promise = function(_, fetch) promised = fetch end })
        if ok then ok, err = pcall(promised) end
        print(err.message)
      ]=]):format(layer)))
    end
  end)
end)
