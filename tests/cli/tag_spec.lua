local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina tag", function()
  local lamina, id

  setup(function()
    lamina, id = fixtures.busybox_store()
  end)

  teardown(helper.cleanup)

  local function id_of(name)
    return lamina:ok("inspect", "--type", "image", "-f", "{{.Id}}", name):match("%S+")
  end

  it("gives an image another name", function()
    for _, name in ipairs { "debian", "bombo/debian:git01", "localhost:5000/a/b:c",
      "registry.example.org/x/y_z/w:V1.0-rc_2" } do
      local status, out = lamina("tag", "busybox", name)
      assert.equal(0, status)
      assert.equal("", out)
      assert.equal(id, id_of(name))
    end
  end)

  it("knows a name in its long and its short form", function()
    lamina:ok("tag", "busybox", "docker.io/library/same:latest")
    assert.equal(id, id_of("same"))
    assert.equal(id, id_of("docker.io/same"))
    assert.matches("\nsame ", lamina:ok("images"))
  end)

  it("takes an id, whole, shortened, with and without sha256:", function()
    for _, word in ipairs { id, id:sub(8), id:sub(8, 19), id:sub(1, 12), id:sub(8, 9):upper() } do
      lamina:ok("tag", word, "by-id")
      assert.equal(id, id_of("by-id"))
      lamina:ok("rmi", "by-id")
    end
  end)

  it("prefers a name to the beginning of an id", function()
    local other = lamina:ok("import", "--message", "other", fixtures.busybox_tar()):match("%S+")
    local name = other:sub(8, 12)
    lamina:ok("tag", id, name)
    assert.equal(id, id_of(name))
    lamina:ok("rmi", name)
    assert.equal(other, id_of(name))
  end)

  it("moves a name, and the image that had it becomes <none>", function()
    lamina:ok("import", "--message", "2", fixtures.busybox_tar(), "moving")
    local other = id_of("moving")
    lamina:ok("tag", "busybox", "moving")
    assert.equal(id, id_of("moving"))
    local nameless = lamina:ok("images", "-q", "--no-trunc", "--filter", "dangling=true")
    assert.matches(other, nameless, 1, true)
  end)

  it("takes the manifest's digest for a name", function()
    local digest = lamina:ok("inspect", "-f", "{{index .RepoDigests 0}}", "busybox"):match("%S+")
    lamina:ok("tag", digest, "by-digest")
    assert.equal(id, id_of("by-digest"))
    local status, _, err = lamina("tag", "busybox@sha256:" .. ("0"):rep(64), "x")
    assert.equal(1, status)
    assert.matches("no image 'busybox@sha256:0000", err, 1, true)
  end)

  it("refuses what is no name", function()
    for _, name in ipairs { "Debian", "a//b", "-x", "x:", "x:-tag", "a@sha256:" .. ("0"):rep(64),
      ("a"):rep(64), "../x", "a b", "host:99999/x", "x\27[31m" } do
      local status, out, err = lamina("tag", "--", "busybox", name)
      assert.equal(1, status, name)
      assert.equal("", out)
      assert.matches("^lamina: invalid image name '", err)
      assert.matches("\nhint: a name looks like debian, bombo/debian:git01", err, 1, true)
      assert.is_nil(err:find("\27", 1, true))
    end
  end)

  it("suggests the nearest name for an image that isn't there", function()
    local status, _, err = lamina("tag", "busybux", "x")
    assert.equal(1, status)
    assert.equal("lamina: no image 'busybux' in the store\nhint: did you mean 'busybox'?\n", err)
    _, _, err = lamina("tag", "something-else-entirely", "x")
    assert.matches("hint: `lamina images` lists what there is\n", err, 1, true)
  end)

  it("has an example that works", function()
    lamina:ok("tag", "busybox", "debian:bookworm")
    assert.equal(0, (lamina:example("tag")))
    assert.equal(id, id_of("localhost:5000/base:v1"))
  end)
end)
