local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina import", function()
  local lamina, tar

  setup(function()
    lamina, tar = helper.store(), fixtures.busybox_tar()
  end)

  teardown(helper.cleanup)

  local function inspect(name)
    return json.decode(lamina:ok("inspect", "--type", "image", name))[1]
  end

  it("makes an image of a tar and prints its id", function()
    local id = lamina:ok("import", tar, "bombo/box:v1"):match("^(sha256:%x+)\n$")
    local image = inspect("bombo/box:v1")
    assert.equal(id, image.Id)
    assert.equal("Imported from " .. tar:match("[^/]+$"), image.Comment)
    assert.equal("here\n", lamina:ok("run", "--rm", "bombo/box:v1", "echo", "here"))
  end)

  it("reads every compression, from a file and from standard input, to the same layer", function()
    local layers = {}
    for _, program in ipairs { "cat", "gzip", "bzip2", "xz -1", "zstd -q" } do
      local file = helper.tmpdir() .. "/root.tar.x"
      assert.equal(0, (helper.sh(("%s <%s >%s"):format(program, helper.quote(tar), file))))
      local status, out, err = lamina:script(("lamina import - <%s"):format(file))
      assert.equal(0, status, err)
      layers[inspect(out:match("%S+")).RootFS.Layers[1]] = true
      out = lamina:ok("import", file)
      layers[inspect(out:match("%S+")).RootFS.Layers[1]] = true
    end
    assert.is_string(next(layers))
    assert.is_nil(next(layers, next(layers)))
  end)

  it("applies instructions and a message", function()
    lamina:ok("import", "-c", "ENV A=1 B=2", "-c", 'CMD ["sh", "-c", "echo $A$B"]', "-c",
      "WORKDIR /tmp", "-m", "by hand", tar, "changed")
    local image = inspect("changed")
    assert.same({ "A=1", "B=2" }, image.Config.Env)
    assert.equal("/tmp", image.Config.WorkingDir)
    assert.equal("by hand", image.Comment)
    assert.equal("12\n", lamina:ok("run", "--rm", "changed"))
  end)

  it("is for the platform that is asked for", function()
    lamina:ok("import", "--platform", "linux/arm64/v8", tar, "foreign")
    local image = inspect("foreign")
    assert.equal("arm64", image.Architecture)
    assert.equal("linux", image.Os)
    assert.equal(2, (lamina("import", "--platform", "a/b/c/d", tar)))
  end)

  it("gives the same id for the same tar and time", function()
    local line = ("SOURCE_DATE_EPOCH=1700000000 lamina import -m x %s"):format(helper.quote(tar))
    local _, first = lamina:script(line)
    local _, second = lamina:script(line)
    assert.equal(first, second)
    assert.equal("2023-11-14T22:13:20Z", inspect(first:match("%S+")).Created)
  end)

  it("refuses what is no tar, names it, and keeps nothing of it", function()
    local store, dir = helper.store(), helper.tmpdir()
    helper.write(dir .. "/text", "hello\n")
    helper.write(dir .. "/empty", "")
    helper.sh(("head -c 100000 %s >%s/cut"):format(helper.quote(tar), dir))
    for _, name in ipairs { "text", "empty", "cut", "missing", "" } do
      local status, out, err = store("import", dir .. "/" .. name, "x")
      assert.equal(1, status)
      assert.equal("", out)
      local start = "lamina: import " .. dir .. "/" .. name .. ": "
      assert.equal(start, err:sub(1, #start))
    end
    assert.equal("", store:ok("images", "-q"))
    local _, left = helper.sh(("ls %s/tmp; ls %s/layers"):format(store.root, store.root))
    assert.equal("", left)
  end)

  it("refuses a bad name or instruction before it reads anything", function()
    local status, _, err = lamina("import", "/nowhere", "Box")
    assert.equal(1, status)
    assert.matches("invalid image name 'Box': names are lower-case", err, 1, true)
    status, _, err = lamina("import", "-c", "RUN make", "/nowhere")
    assert.equal(1, status)
    assert.matches("RUN can't be applied to an image\nhint: ", err, 1, true)
    _, _, err = lamina("import", "-c", "ENTRYPIONT x", "/nowhere")
    assert.matches("did you mean ENTRYPOINT?", err, 1, true)
  end)

  it("doesn't wait for a person to type a tar", function()
    local status, out = helper.sh("script -qec " .. helper.quote(lamina:line("import", "-"))
      .. " /dev/null")
    assert.equal(2, status)
    assert.matches("a tar is expected on standard input, which is a terminal", out, 1, true)
  end)

  it("has an example that works", function()
    local status, out, err = lamina:script(("mmdebstrap() { cat %s; }\n%s"):format(
      helper.quote(tar), require("lamina.cli.cmd.import").example))
    assert.equal(0, status, err)
    assert.equal(out:match("%S+"), inspect("debian:bookworm").Id)
    assert.same({ "/bin/sh", "-c", "bash" }, inspect("debian:bookworm").Config.Cmd)
  end)
end)
