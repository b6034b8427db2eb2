local wildcard = require "lamina.build.wildcard"

describe("lamina.build.wildcard", function()
  --- A scan of so many directories, one in the other, that counts how often it is asked.
  local function nested(depth)
    local scan = { asked = 0 }
    function scan:match(pattern)
      self.asked = self.asked + 1
      local _, slashes = pattern:gsub("/", "")
      return slashes < depth and { ("d/"):rep(slashes) .. "d" } or {}
    end
    function scan.entry() return { type = "dir" } end
    return scan
  end

  it("has \"**\" stand for any number of directories, where that is asked for", function()
    assert.same({ "d", "d/d", "d/d/d" }, wildcard.match(nested(3), "**/d", true))
    assert.same({ "d/d" }, wildcard.match(nested(3), "**/d"))
  end)

  it("tries no pattern twice, however many \"**\" there are", function()
    local scan = nested(8)
    wildcard.match(scan, ("**/"):rep(8) .. "d", true)
    assert.is_true(scan.asked < 1000, scan.asked)
  end)
end)
