-- A copy that is made again takes what is unchanged from its last result, by hard link. Whatever it
-- takes, its layer is the one that a store without a past gets.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local function sh(line, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = helper.quote(word) end
  local status, out, err = helper.sh(line:format(table.unpack(words)))
  if status ~= 0 then error(("status %d: %s%s"):format(status, out, err), 2) end
  return out
end

-- What the context holds at first: more than is copied in place.
local first = [[mkdir -p a/b c/d; head -c 1500000 /dev/urandom >a/b/big; echo one >a/one
  echo two >a/b/two; echo three >c/d/three; echo top >top; ln -s ../a/one c/link; mkdir empty
  find . -exec touch -h -d @1600000000 {} +]]

local plain = 'return from "busybox":workdir "/app":copy(".", ".", { exclude = { "recipe.lua" } })'

describe("a copy that is made again", function()
  local run, dir

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    sh("mkdir %s/c; cd %s/c; " .. first, dir, dir)
  end)
  after_each(helper.cleanup)

  local function layers(store, recipe, ...)
    helper.write(dir .. "/recipe.lua", recipe or plain)
    local id = store:ok("build", "-q", "-f", dir .. "/recipe.lua", dir .. "/c", ...):match("%S+")
    return store:ok("inspect", "--format", "{{json .RootFS.Layers}}", id):match('sha256:(%x+)"%]')
  end

  --- Builds, changes the context, builds again: the second result is the same in a fresh store.
  -- Answers the folder of its layer.
  local function rebuild(change, recipe, ...)
    layers(run, recipe, ...)
    sh("cd %s/c; " .. change, dir)
    local again = layers(run, recipe, ...)
    local fresh = fixtures.busybox_store()
    assert.equal(layers(fresh, recipe, ...), again)
    assert.equal(0, (run("fsck", "--deep")))
    return run.root .. "/layers/" .. again
  end

  local function links(path)
    return tonumber(sh("stat -c %%h %s", path))
  end

  it("links files that are the same, and copies the one that isn't", function()
    local layer = rebuild "echo new >a/one"
    assert.equal(2, links(layer .. "/app/a/b/big"))
    assert.equal(2, links(layer .. "/app/c/d/three"))
    assert.equal(1, links(layer .. "/app/a/one"))
    assert.equal("new\n", helper.read(layer .. "/app/a/one"))
  end)

  it("believes neither size nor time", function()
    local layer = rebuild "cp -p a/b/two ref; echo TWO >a/b/two; touch -r ref a/b/two; rm ref"
    assert.equal(1, links(layer .. "/app/a/b/two"))
    assert.equal("TWO\n", helper.read(layer .. "/app/a/b/two"))
    assert.equal(2, links(layer .. "/app/a/b/big"))
  end)

  it("copies what has another mode or time, or an xattr", function()
    local layer = rebuild [[chmod 755 a/b/big; touch -d @1700000000 a/b/two
      command -v setfattr >/dev/null && setfattr -n user.x -v y c/d/three || echo x >>c/d/three]]
    for _, name in ipairs { "a/b/big", "a/b/two", "c/d/three" } do
      assert.equal(1, links(layer .. "/app/" .. name), name)
    end
    assert.equal(2, links(layer .. "/app/a/one"))
  end)

  it("keeps hard links apart and together as they are now", function()
    local layer = rebuild("ln a/one a/b/same; ln a/one c/other; ln top a/top; echo x >new")
    assert.equal(sh("stat -c %%i %s", layer .. "/app/a/one"),
      sh("stat -c %%i %s", layer .. "/app/c/other"))
    assert.equal(sh("stat -c %%i %s", layer .. "/app/top"),
      sh("stat -c %%i %s", layer .. "/app/a/top"))
    layer = rebuild("cp -p a/one x; rm a/b/same; mv x a/b/same")
    assert.are_not.equal(sh("stat -c %%i %s", layer .. "/app/a/one"),
      sh("stat -c %%i %s", layer .. "/app/a/b/same"))
  end)

  it("does so for a destination with files in it, and for one that is new", function()
    local layer = rebuild("echo more >a/more", 'return from "busybox":run "mkdir -p /app/a/b;'
      .. 'echo old >/app/a/one; echo s >/app/a/s; chmod 700 /app/a; touch -d @1500000000 /app/a"'
      .. ':copy(".", "/app")')
    assert.equal(2, links(layer .. "/app/c/d/three"))
    assert.equal("one\n", helper.read(layer .. "/app/a/one"))
    layer = rebuild("echo still more >a/b/more", 'return from "busybox":copy("a", "/x/y/")')
    assert.equal(2, links(layer .. "/x/y/b/big"))
  end)

  it("does so with link, parents, owners and modes", function()
    local layer = rebuild("echo 1 >a/one",
      'return from "busybox":copy(".", "/l/", { link = true, chmod = "u+x" })')
    assert.equal(2, links(layer .. "/l/top"))
    layer = rebuild("echo 2 >a/one", 'return from "busybox":copy("a/b", "/p/", { parents = true })')
    assert.equal("1500000\n", sh("stat -c %%s %s", layer .. "/p/a/b/big"))
    if helper.has_ids then
      rebuild("echo 3 >a/one", 'return from "busybox":copy(".", "/o/", { chown = "5:6" })')
    end
  end)

  it("clamps no time of a layer that is there", function()
    local before = layers(run, plain)
    local layer = rebuild("echo new >a/one; touch a/b/two", plain, "--source-date-epoch",
      "1500000000")
    assert.equal("1500000000\n", sh("stat -c %%Y %s", layer .. "/app/a/b/big"))
    assert.equal(2, links(layer .. "/app/c/d/three"))
    local old = run.root .. "/layers/" .. before
    assert.equal("1600000000\n", sh("stat -c %%Y %s", old .. "/app/a/b/big"))
  end)

  it("doesn't mind when the earlier layer is gone", function()
    layers(run)
    run:ok("prune", "--force", "--all")
    run:ok("import", fixtures.busybox_tar(), "busybox")
    local layer = rebuild "true"
    assert.equal(1, links(layer .. "/app/a/b/big"))
  end)
end)
