-- Layers whose tars take directories for granted: what the layers below say of them stays.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local layout = require "support.layout"
local media_type = require "lamina.image.media_type"
local tar = require "support.tar"

describe("a layer without an entry for a directory", function()
  local run

  --- An image of busybox and further layers, given as lists of tar entries.
  local function load(...)
    local it = layout.new()
    local tars = { helper.read(fixtures.busybox_tar()) }
    for i, entries in ipairs { ... } do tars[i + 1] = tar.of(entries) end
    local layers, ids = {}, {}
    for i, bytes in ipairs(tars) do
      layers[i], ids[i] = it:blob(bytes, media_type.layer), "sha256:" .. digest.sha256(bytes)
    end
    it:index { (it:manifest { layers = layers, diff_ids = ids }) }
    local status, _, err = run("load", "-q", it.dir)
    assert.equal(0, status, err)
    local _, id = run("images", "-q")
    return (id:match "%x+")
  end

  local function stat(id, ...)
    local status, out, err = run("run", "--rm", "--network", "none", id, "stat", "-c",
      "%a %u:%g %n", ...)
    assert.equal(0, status, err)
    return out
  end

  before_each(function() run = helper.store() end)
  after_each(helper.cleanup)

  it("leaves it as the layers below have it", function()
    local id = load({ { "opt/", mode = 488, uid = 3, gid = 4, type = "5" },
      { "opt/deep/", mode = 449, type = "5" } }, { { "tmp/f", body = "x" },
      { "opt/deep/new/f", body = "x" } })
    assert.equal("1777 0:0 /tmp\n750 3:4 /opt\n701 0:0 /opt/deep\n755 0:0 /opt/deep/new\n",
      stat(id, "/tmp", "/opt", "/opt/deep", "/opt/deep/new"))
    assert.equal("644 0:0 /tmp/f\n", stat(id, "/tmp/f"))
  end)

  it("has it as 0755 where nothing below says anything", function()
    assert.equal("755 0:0 /new\n", stat(load { { "new/f", body = "x" } }, "/new"))
  end)

  it("gives way to an entry above it, and to one that comes late in the same layer", function()
    local id = load({ { "tmp/f", body = "x" } }, { { "tmp/", mode = 448, type = "5" } })
    assert.equal("700 0:0 /tmp\n", stat(id, "/tmp"))
    run("rmi", "-f", id)
    id = load { { "tmp/f", body = "x" }, { "tmp/", mode = 511, type = "5" } }
    assert.equal("777 0:0 /tmp\n", stat(id, "/tmp"))
  end)

  it("doesn't look below a directory that was removed and made again", function()
    local id = load({ { "opt/", mode = 448, type = "5" } }, { { ".wh.opt", body = "" } },
      { { "opt/f", body = "x" } })
    assert.equal("755 0:0 /opt\n", stat(id, "/opt"))
  end)

  it("is built and committed on like any other", function()
    local id = load { { "tmp/f", body = "x" } }
    run("tag", id, "base")
    local dir = helper.tmpdir()
    helper.write(dir .. "/recipe.lua",
      'return image(from "base":run "echo 1 >/tmp/g", { name = "next" })')
    assert.equal(0, (run("build", "-q", dir)))
    assert.equal("1777 0:0 /tmp\n", stat("next", "/tmp"))
    run("run", "--name", "one", "base", "touch", "/tmp/h")
    local _, diff = run("diff", "one")
    assert.equal("C /tmp\nA /tmp/h\n", diff)
    run("commit", "one", "committed")
    assert.equal("1777 0:0 /tmp\n", stat("committed", "/tmp"))
    assert.equal(0, (run("fsck", "--deep")))
  end)
end)
