local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina rmi", function()
  local lamina, id

  before_each(function()
    lamina, id = fixtures.busybox_store()
  end)

  after_each(helper.cleanup)

  local function names()
    local _, out = lamina("images", "--format", "{{.Repository}}:{{.Tag}}")
    return out
  end

  it("takes a name away and leaves the image its other names", function()
    lamina("tag", "busybox", "localhost:5000/a/b:c")
    local status, out = lamina("rmi", "busybox")
    assert.equal(0, status)
    assert.equal("Untagged: busybox:latest\n", out)
    assert.equal("localhost:5000/a/b:c\n", names())
  end)

  it("removes the image and its files with its last name", function()
    local status, out = lamina("rmi", "busybox:latest")
    assert.equal(0, status)
    assert.equal(("Untagged: busybox:latest\nDeleted: %s\n"):format(id), out)
    assert.equal("", names())
    local _, left = helper.sh(("ls %s/layers; ls %s/blobs/sha256"):format(lamina.root, lamina.root))
    assert.equal("", left)
  end)

  it("removes by a shortened id", function()
    local status, out = lamina("rmi", id:sub(8, 13))
    assert.equal(0, status)
    assert.matches("Deleted: " .. id, out, 1, true)
  end)

  it("wants --force to remove several names by an id", function()
    lamina("tag", "busybox", "other")
    local status, out, err = lamina("rmi", id)
    assert.equal(1, status)
    assert.equal("", out)
    assert.matches("several names: busybox:latest, other:latest", err, 1, true)
    status, out = lamina("rmi", "--force", id)
    assert.equal(0, status)
    assert.equal(("Untagged: busybox:latest\nUntagged: other:latest\nDeleted: %s\n"):format(id),
      out)
  end)

  it("leaves an image that a container was made from, unless forced", function()
    lamina("run", "--name", "one", "busybox", "true")
    local status, _, err = lamina("rmi", "busybox")
    assert.equal(1, status)
    assert.matches("is used by container one\nhint: ", err, 1, true)
    assert.equal("busybox:latest\n", names())
    assert.equal(0, (lamina("rmi", "-f", "busybox")))
    assert.equal("", names())
    assert.equal(0, (lamina("start", "-a", "one"))) -- its files are there
  end)

  it("goes on after an image that isn't there and says so", function()
    local status, out, err = lamina("rmi", "busybux", "busybox")
    assert.equal(1, status)
    assert.matches("Untagged: busybox:latest\n", out, 1, true)
    assert.equal("lamina: no image 'busybux' in the store\nhint: did you mean 'busybox'?\n", err)
    assert.equal(0, (lamina("rmi", "--force", "busybux")))
  end)

  it("keeps the files of a layer that another image has", function()
    local _, other = lamina("import", "--message", "other", fixtures.busybox_tar(), "other")
    assert.are_not.equal(id, other)
    assert.equal(0, (lamina("rmi", "busybox")))
    assert.equal(0, (lamina("run", "--rm", "other", "true")))
  end)

  it("leaves the files for prune where --no-prune asks for that", function()
    assert.equal(0, (lamina("rmi", "--no-prune", "busybox")))
    local _, out = lamina("prune", "--force")
    assert.matches("Also deleted: 1 layer, 2 blobs\n", out, 1, true)
  end)

  it("has an example that works", function()
    lamina:ok("tag", "busybox", "bombo/debian:git01")
    local status, out = lamina:example("rmi")
    assert.equal(0, status)
    assert.equal("Untagged: bombo/debian:git01\n", out)
  end)
end)
