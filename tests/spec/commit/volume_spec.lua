local failure = require "lamina.util.failure"
local helper = require "support.helper"
local volume = require "lamina.commit.volume"

-- What --volume says, and what it means. /tmp is there on every machine.
local parsed = {
  { "/data", { target = "/data" } },
  { "/data/../x/", { target = "/x" } },
  { "name:/data", { volume = "name", target = "/data" } },
  { "na.me-1_x:/data:ro", { volume = "na.me-1_x", target = "/data", readonly = true } },
  { "name:/data:rw", { volume = "name", target = "/data", readonly = false } },
  { "name:/data:nocopy,ro", { volume = "name", target = "/data", nocopy = true, readonly = true } },
  { "/tmp:/data:z", { source = "/tmp", target = "/data" } },
  { "/usr/..:/data", { source = "/", target = "/data" } },
}

local refused = {
  { "data", "the place in the container is an absolute path" },
  { "name:data", "the place in the container is an absolute path" },
  { "/tmp:/", "nothing can be mounted on /" },
  { "/tmp:/a/..", "nothing can be mounted on /" },
  { "/tmp:/x:shared", "unknown option 'shared'" },
  { "/tmp:/x:ro:rw", "unknown option" },
  { "/no/such/place:/x", "/no/such/place: there is no such file or directory" },
  { "a/b:/x", "'a/b' is neither a path nor a volume's name" },
  { "x:/x", "'x' is neither a path nor a volume's name" }, -- one letter: a name has two
  { ".hidden:/x", "neither a path" },
  { ":/x", "" },
  { "", "" },
}

describe("lamina.commit.volume", function()
  after_each(helper.cleanup)

  for _, case in ipairs(parsed) do
    it("reads " .. case[1], function() assert.same(case[2], volume.parse(case[1])) end)
  end

  for _, case in ipairs(refused) do
    it("refuses '" .. case[1] .. "'", function()
      local ok, err = pcall(volume.parse, case[1])
      assert.is_false(ok)
      assert.is_true(failure.is(err, "usage"))
      assert.matches("--volume '" .. case[1], err.message, 1, true)
      assert.matches(case[2], err.message, 1, true)
    end)
  end

  it("lists what is asked for and the image's, outer ones first", function()
    local list = volume.list({ "name:/a/b", "/c" }, { ["/a"] = {}, ["c/"] = {}, ["../../d"] = {} })
    local targets = {}
    for i, mount in ipairs(list) do targets[i] = mount.target end
    assert.same({ "/a", "/a/b", "/c", "/d" }, targets)
    assert.equal("name", list[2].volume)
  end)

  it("takes an image's volume of / for nothing: the root is no volume", function()
    assert.same({}, volume.list({}, { ["/"] = {}, ["/.."] = {} }))
  end)

  it("refuses two for one place", function()
    local ok, err = pcall(volume.list, { "/a", "name:/b/../a" })
    assert.is_false(ok)
    assert.matches("something is mounted there already", err.message)
  end)

  it("knows where each lies: in the store, in its container's folder, or on the host", function()
    local record = { dir = "/store/containers/id", config = { host = { mounts = {
      { target = "/a" }, { target = "/b", volume = "name", readonly = true },
      { target = "/c", source = "/host" } } } } }
    assert.same({
      { source = "/store/containers/id/volumes/1", target = "/a", readonly = false },
      { source = "/store/volumes/name", target = "/b", readonly = true },
      { source = "/host", target = "/c", readonly = false },
    }, volume.mounts({ root = "/store" }, record))
  end)
end)
