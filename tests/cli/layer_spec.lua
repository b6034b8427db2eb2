-- Steps grouped into one layer: stage:layer and stage:squash.
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("layer", function()
  local run, dir

  local function build(recipe, ...)
    helper.write(dir .. "/recipe.lua", recipe)
    local words = { "build", "--progress=plain", ... }
    words[#words + 1] = dir
    local status, _, err = run(table.unpack(words))
    assert.equal(0, status, err)
    return err
  end

  local function layers(name)
    return json.decode(run:ok("inspect", "--format", "{{json .RootFS.Layers}}", name))
  end

  --- Names, modes, owners and texts below /d, and whether hard links are such.
  local function listing(name)
    local _, out, err = run("run", "--rm", "--network", "none", name, "sh", "-c", [[cd /; find d |
      sort | while read f; do stat -c "%A %u:%g %n" $f; [ ! -f $f ] || cat $f; done
      [ d/a/new -ef d/a/linked ] && echo linked]])
    assert.equal("", err)
    return out
  end

  -- Everything that one layer can do to another: replace, remove, bring back, change in type.
  local steps = [[
    s:run "mkdir -p /d/a/b /d/gone /d/kept; echo 1 >/d/a/f; echo 1 >/d/gone/f; echo 1 >/d/type"
     :run "echo 2 >/d/a/f; rm -r /d/gone; chmod 700 /d/a; rm /d/type"
     :run "mkdir /d/type; echo x >/d/type/x"
     :run "rm -r /d/a; mkdir /d/a; echo 3 >/d/a/new; ln /d/a/new /d/a/linked; chown 7:8 /d/kept"
     :run "rm -r /d/type; ln -s a /d/type; rm /etc/group; mkfifo /d/pipe"]]

  before_each(function()
    run, dir = helper.store(), helper.tmpdir()
    assert(run("import", fixtures.busybox_tar(), "busybox") == 0)
  end)

  after_each(helper.cleanup)

  it("has the files that its steps have made, and counts as one", function()
    build('local s = from "busybox"\nreturn image(' .. steps .. ', { name = "plain" })')
    build('return image(from "busybox":layer(function(s) return ' .. steps
      .. " end), { name = 'grouped' })")
    assert.equal(6, #layers "plain")
    assert.equal(2, #layers "grouped")
    assert.equal(listing "plain", listing "grouped")
    for _, name in ipairs { "plain", "grouped" } do
      assert.equal(1, (run("run", "--rm", name, "test", "-e", "/etc/group")), name)
      assert.equal(1, (run("run", "--rm", name, "test", "-e", "/d/gone")), name)
    end
    assert.equal(0, (run("fsck", "--deep")))
  end)

  it("makes one layer of an image with squash, which needs nothing below", function()
    build('local s = from "busybox"\nreturn image(' .. steps .. ', { name = "plain" })')
    build('local s = from "busybox"\nreturn image((' .. steps .. '):squash(), { name = "one" })')
    assert.equal(1, #layers "one")
    assert.equal(listing "plain", listing "one")
    local folder = ("%s/layers/%s"):format(run.root, layers("one")[1]:sub(8))
    assert.same({ 0, "", "" }, { helper.sh(("find %s -type c"):format(folder)) })
    local _, history = run("history", "--format", "{{.CreatedBy}} {{.Size}}", "one")
    assert.equal(6, select(2, history:gsub("\n", "\n")))
  end)

  it("caches each of its steps, and itself", function()
    local first = 'return from "busybox":layer(function(s) return s:run "echo 1 >/1"'
    build(first .. ':run "echo 2 >/2" end)')
    local progress = build(first .. ':run "echo 2 >/2" end)')
    assert.is_nil(progress:find "DONE")
    progress = build(first .. ':run "echo three >/3" end)')
    assert.matches('run "echo 1 >/1"\n#2 CACHED', progress, 1, true)
    assert.equal(2, select(2, progress:gsub("DONE", "")))
  end)

  it("leaves a single layer as it is, and metadata in its place", function()
    build [[return image(from "busybox":layer(function(s) return s:run "echo 1 >/1":env { A = "1" }
      end), { name = "single" })]]
    assert.equal(2, #layers "single")
    assert.matches('"A=1"', (select(2, run("inspect", "--format", "{{json .Config.Env}}",
      "single"))))
  end)

  it("tells what a chown of a tree costs; what is put back as it was costs nothing", function()
    local recipe = [[local s = from "busybox":run "mkdir /d; dd if=/dev/zero of=/d/f bs=1M count=3"
      return image(s:run %q, { name = "owned" })]]
    local progress = build(recipe:format "chown -R 5:5 /d")
    assert.matches("#3 NOTE 1 files (3.15MB) lie in this layer once more because their owner or "
      .. "mode was changed", progress, 1, true)
    progress = build(recipe:format "chown -R 5:5 /d; chown -R 0:0 /d")
    assert.not_matches("NOTE", progress)
    local _, sizes = run("history", "--format", "{{.Size}}", "owned")
    assert.matches("^0B\n", sizes)
  end)

  it("gives the same layer in another store", function()
    local recipe = 'return image(from "busybox":layer(function(s) return ' .. steps
      .. " end), { name = 'grouped' })"
    local ids = {}
    for i = 1, 2 do
      build(recipe, "--source-date-epoch", "1")
      ids[i] = (select(2, run("inspect", "--format", "{{json .RootFS.Layers}}", "grouped")))
      run = helper.store()
      run("import", fixtures.busybox_tar(), "busybox")
    end
    assert.equal(ids[1], ids[2])
  end)
end)
