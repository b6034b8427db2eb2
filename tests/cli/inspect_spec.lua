local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina inspect", function()
  local lamina, id

  setup(function()
    lamina = helper.store()
    local _, out = lamina("import", "--message", "by hand", "--change", "ENV A=1", "--change",
      'CMD ["sh"]', "--change", "LABEL kind=test", "--change", "EXPOSE 80",
      fixtures.busybox_tar(), "bombo/busybox:v1")
    id = out:match("%S+")
    lamina("run", "--name", "one", "--volume", "/tmp:/data:ro", "bombo/busybox:v1", "sh", "-c",
      "echo 12345 >/file; exit 4")
  end)

  teardown(helper.cleanup)

  local function inspect(...)
    local status, out, err = lamina("inspect", ...)
    assert.equal("", err)
    assert.equal(0, status)
    return assert(json.decode(out))
  end

  it("shows an image in Docker's shape", function()
    local list = inspect("bombo/busybox:v1")
    assert.equal(1, #list)
    local image = list[1]
    assert.equal(id, image.Id)
    assert.same({ "bombo/busybox:v1" }, image.RepoTags)
    assert.equal("bombo/busybox@" .. image.Descriptor.digest, image.RepoDigests[1])
    assert.equal("by hand", image.Comment)
    assert.same({ "sh" }, image.Config.Cmd)
    assert.same({ "A=1" }, image.Config.Env)
    assert.equal("test", image.Config.Labels.kind)
    assert.same({ ["80/tcp"] = {} }, image.Config.ExposedPorts)
    assert.equal("linux", image.Os)
    assert.equal("layers", image.RootFS.Type)
    assert.equal(1, #image.RootFS.Layers)
    assert.is_true(image.Size > 1000000)
    assert.matches("^%d+%-%d+%-%d+T%d+:%d+:%d+", image.Created)
  end)

  it("prints nothing that a terminal acts on (SEC-02)", function()
    lamina:ok("import", "--change", "LABEL a=\u{9b}2J", fixtures.busybox_tar(), "hostile")
    for _, words in ipairs { {}, { "--format", "json" }, { "--format", "{{json .}}" } } do
      local out = lamina:ok("inspect", "hostile", table.unpack(words))
      assert.is_nil(out:find("\u{9b}", 1, true))
      local value = json.decode(out)
      assert.equal("\u{9b}2J", (value[1] or value).Config.Labels.a)
    end
  end)

  it("shows a container in Docker's shape", function()
    local one = inspect("one")[1]
    assert.equal("/one", one.Name)
    assert.equal(id, one.Image)
    assert.equal("bombo/busybox:v1", one.Config.Image)
    assert.equal("sh", one.Path)
    assert.same({ "-c", "echo 12345 >/file; exit 4" }, one.Args)
    assert.equal("exited", one.State.Status)
    assert.equal(4, one.State.ExitCode)
    assert.is_false(one.State.Running)
    assert.equal("/data", one.Mounts[1].Destination)
    assert.is_false(one.Mounts[1].RW)
    assert.equal("bind", one.Mounts[1].Type)
    assert.equal(one.Id:sub(1, 12), one.Config.Hostname)
    assert.is_nil(one.Config.host)
    assert.is_nil(one.SizeRw)
    assert.equal(6, inspect("--size", "one")[1].SizeRw)
  end)

  it("tells where a volume's files lie", function()
    lamina:ok("run", "--name", "two", "--volume", "vol:/a", "--volume", "/b", "bombo/busybox:v1",
      "true")
    local mounts = inspect("two")[1].Mounts
    assert.equal(lamina.root .. "/volumes/vol", mounts[1].Source)
    assert.equal("vol", mounts[1].Name)
    assert.is_true(mounts[1].RW)
    assert.equal("/b", mounts[2].Destination)
    assert.equal("volume", mounts[2].Type)
    assert.matches("/containers/%x+/volumes/", mounts[2].Source)
    assert.matches("^vol,/.*/volumes/%d\n$", lamina:ok("ps", "-a", "--filter", "volume=vol",
      "--format", "{{.Mounts}}"))
  end)

  it("takes several, by names and shortened ids", function()
    local list = inspect("one", id:sub(8, 17))
    assert.equal("/one", list[1].Name)
    assert.equal(id, list[2].Id)
  end)

  it("prints by a template, a line each", function()
    local _, out = lamina("inspect", "--format", "{{.Id}} {{json .Config.Env}}", id, id)
    assert.equal((id .. ' ["A=1"]\n'):rep(2), out)
    local status, _, err = lamina("inspect", "-f", "{{.Conf}}", id)
    assert.equal(2, status)
    assert.equal("lamina: --format: there is no field '.Conf'\nhint: did you mean '.Config'?\n",
      err)
  end)

  it("looks only where --type says", function()
    lamina("tag", "bombo/busybox:v1", "one")
    assert.equal("/one", inspect("one")[1].Name)
    assert.equal(id, inspect("--type", "image", "one")[1].Id)
    lamina("rmi", "one")
    local status, out, err = lamina("inspect", "--type", "image", "one")
    assert.equal(1, status)
    assert.equal("[]\n", out)
    assert.matches("no image 'one'", err, 1, true)
    assert.equal(2, (lamina("inspect", "--type", "volume", "one")))
  end)

  it("shows what it finds and tells what it doesn't", function()
    local status, out, err = lamina("inspect", "ane", "one", "bombo/busyboz")
    assert.equal(1, status)
    assert.equal(1, #json.decode(out))
    assert.matches("no container or image 'ane'\nhint: did you mean 'one'?\n", err, 1, true)
    assert.matches("no container or image 'bombo/busyboz'\nhint: did you mean 'bombo/busybox'?\n",
      err, 1, true)
  end)

  it("shows a running container's process", function()
    lamina("run", "--detach", "--name", "alive", "bombo/busybox:v1", "sleep", "1000")
    local _, out = lamina("inspect", "-f", "{{.State.Status}} {{.State.Pid}}", "alive")
    lamina("rm", "--force", "alive")
    assert.matches("^running [1-9]%d*\n$", out)
  end)

  it("has an example that works", function()
    lamina:ok("tag", id, "debian:bookworm")
    local status, out = lamina:example("inspect")
    assert.equal(0, status)
    assert.equal('["sh"]\n', out)
  end)
end)
