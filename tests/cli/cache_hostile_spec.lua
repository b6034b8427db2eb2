-- Attempts to make the cache give what wasn't asked for: contexts that change behind its back,
-- layers that are gone, builds beside each other.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("the cache, against its user,", function()
  local run, dir

  local function sh(script, ...)
    local status, out, err = helper.sh(("set -e; umask 022; cd %s\n"):format(dir)
      .. script:format(...))
    assert.equal(0, status, script .. "\n" .. out .. err)
    return out
  end

  local function build(recipe, ...)
    helper.write(dir .. "/recipe.lua", recipe)
    local words = { "build", "--progress=plain", "-t", "it", "-f", dir .. "/recipe.lua", ... }
    words[#words + 1] = dir .. "/c"
    local status, _, err = run(table.unpack(words))
    assert.equal(0, status, err)
    return err
  end

  --- What a file of the image that was built last holds.
  local function content(path)
    return run:ok("run", "--rm", "it", "cat", path)
  end

  before_each(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    sh "mkdir c; echo one >c/f"
  end)

  after_each(helper.cleanup)

  local copy = 'return from "busybox":copy("f", "/f")'

  it("sees a file that has its old size and time again", function()
    sh "touch -d @1000000000 c/f"
    build(copy)
    build(copy) -- now its digest is remembered
    sh "echo two >c/f; touch -d @1000000000 c/f"
    build(copy)
    assert.equal("two\n", content "/f")
    sh "touch -r c/f t; echo six >t; touch -d @1000000000 t; mv t c/f"
    build(copy)
    assert.equal("six\n", content "/f")
  end)

  it("sees a file that was changed right before, and right after, it was read", function()
    for i = 1, 5 do
      sh("echo %d >c/f", i)
      build(copy)
      assert.equal(i .. "\n", content "/f")
    end
  end)

  it("sees changes in a context on another file system mounted at the same place", function()
    if not helper.is_root then return pending "only root mounts without a namespace's help" end
    sh "mkdir a b; echo one >a/f; echo two >b/f; touch -d @1 a/f b/f"
    helper.write(dir .. "/recipe.lua", copy)
    local line = run:line("build", "-q", "-t", "it", "-f", dir .. "/recipe.lua", dir .. "/c")
    for _, case in ipairs {
      { "mount --bind a c", "one" }, { "mount --bind b c", "two" }, { "mount --bind a c", "one" },
      { "mount -t tmpfs t c; echo one >c/f; touch -d @1 c/f", "one" },
      { "mount -t tmpfs t c; echo two >c/f; touch -d @1 c/f", "two" },
      { "mount -t tmpfs t x; mkdir x/u x/w; mount -t overlay -o lowerdir=a,upperdir=x/u,workdir=x/w"
        .. " o c", "one" },
      { "mount -t tmpfs t x; mkdir x/u x/w; mount -t overlay -o lowerdir=a,upperdir=x/u,workdir=x/w"
        .. " o c; echo two >c/f; touch -d @1 c/f", "two" },
    } do
      sh("mkdir -p x; unshare -m sh -e <<'END'\n%s\n%s\nEND", case[1], line)
      assert.equal(case[2] .. "\n", content "/f", case[1])
    end
  end)

  it("doesn't remember what a step made of files that were changed while it read them", function()
    local recipe = [[return from "busybox":run("cat /src/f; "
      .. "until grep -q two /src/f; do sleep 0.02; done; cp /src/f /f",
      { mounts = { bind { target = "/src" } } })]]
    helper.write(dir .. "/recipe.lua", recipe)
    local line = run:line("build", "--progress=plain", "-f", dir .. "/recipe.lua", dir .. "/c")
    local function changed_meanwhile()
      return sh([[echo one >c/f; %s >log 2>&1 & p=$!
        until grep -q ' one$' log; do kill -0 $p; sleep 0.02; done
        echo two >c/f; wait $p; cat log]], line)
    end
    assert.matches("NOTE the build context was changed while this step", changed_meanwhile())
    assert.not_matches("CACHED", changed_meanwhile())
    assert.not_matches("NOTE", build(recipe))
    assert.matches("CACHED", build(recipe))
  end)

  it("follows no link that takes a file's place", function()
    build(copy)
    sh "echo secret >outside; ln -sf ../outside c/f"
    local status, _, err = run("build", "-f", dir .. "/recipe.lua", dir .. "/c")
    assert.equal(1, status)
    assert.matches("'f' isn't in the build context", err, 1, true)
  end)

  it("builds again what was removed with its base, and gives the same (SEMANTICS 75)", function()
    local recipe = 'return from "busybox":run "echo made >/made"'
    build(recipe)
    run:ok("rmi", "-f", "it", "busybox")
    run:ok("prune", "--force", "--all")
    run:fails(1, "busybox", "build", "-q", "-f", dir .. "/recipe.lua", dir .. "/c")
    run:ok("import", fixtures.busybox_tar(), "busybox")
    build(recipe)
    assert.equal("made\n", content "/made")
    run:ok "fsck"
  end)

  it("knows names that are no text, and tells them apart", function()
    sh "mkdir c/d; echo x >c/d/$(printf 'n\\377'); printf x >c/d/$(printf 'n\\376')"
    local recipe = 'return from "busybox":copy("d/*", "/d/"):copy("d/*", "/p/", { parents = true })'
    build(recipe)
    assert.equal(2, select(2, build(recipe):gsub("CACHED", "")))
    sh "mv c/d/$(printf 'n\\377') c/d/$(printf 'n\\375')"
    assert.not_matches("CACHED", build(recipe))
    sh "mkdir $(printf 'c/\\377'); mv c/f c/$(printf '\\377')/recipe.lua"
    helper.write(dir .. "/c/\255/recipe.lua", 'return from "busybox":copy("recipe.lua", "/")')
    run:ok("build", "-q", dir .. "/c/\255")
    helper.write(dir .. "/c/\255/recipe.lua", 'return from "busybox":run "false"')
    run:fails(1, "recipe.lua:1: exit status 1", "build", "-q", dir .. "/c/\255")
    run:fails(1, "the build argument 'A' isn't UTF%-8", "build", "-q", "--build-arg", "A=\255", dir)
    run:fails(1, "the label 'A' isn't UTF%-8", "build", "-q", "--label", "A=\255", "-f",
      dir .. "/recipe.lua", dir .. "/c")
  end)

  it("takes the base that a name means now (SEMANTICS 75)", function()
    local recipe = 'return from "busybox":run "cat /etc/which >/copy 2>&1; true"'
    build(recipe)
    run:ok("run", "--name", "change", "busybox", "sh", "-c", "echo new >/etc/which")
    run:ok("commit", "change", "busybox")
    assert.not_matches("CACHED", build(recipe))
    assert.equal("new\n", content "/copy")
    run:ok("run", "--name", "more", "busybox", "true")
    run:ok("commit", "--change", "ENV A=1", "more", "busybox")
    assert.not_matches("CACHED", build(recipe), "another configuration, the same layers")
  end)

  it("never remembers a step that failed (SEMANTICS 66, 77)", function()
    local recipe = [[return from "busybox":run("echo ran; test $(cat /c/n) = 2", { mounts = {
      cache "/c" } })]]
    build [[return from "busybox":run("echo 1 >/c/n", { mounts = { cache "/c" } })]]
    helper.write(dir .. "/recipe.lua", recipe)
    for _ = 1, 2 do
      run:fails(1, "#2 ran", "build", "--progress=plain", "-f", dir .. "/recipe.lua", dir .. "/c")
    end
    build [[return from "busybox":run("echo 2 >/c/n", { mounts = { cache "/c" } })]]
    assert.matches("#2 ran", build(recipe))
    assert.matches("CACHED", build(recipe))
  end)

  it("gives what builds that make one step at once agree on", function()
    helper.write(dir .. "/recipe.lua", [[return from "busybox"
      :run "cat /proc/sys/kernel/random/uuid >/id; sleep 0.2":run "cat /id >/again"]])
    local line = run:line("build", "-q", "-f", dir .. "/recipe.lua", dir .. "/c")
    local ids = sh("for i in 1 2 3 4; do %s >id.$i & done; wait; cat id.*", line)
    for id in ids:gmatch "%S+" do
      local out = run:ok("run", "--rm", id, "sh", "-c", "cmp /id /again && echo same || true")
      assert.equal("same\n", out)
    end
    assert.equal(4, select(2, ids:gsub("sha256:", "")))
    run:ok "fsck"
  end)

  it("lets no two steps wait for each other's caches (SEMANTICS 67)", function()
    -- each is filled by its first step, which takes long enough for the other one to take its first
    sh "mkdir c/d; echo >c/d/f"
    build([[local seeded = { sharing = "locked", from = context "d" }
      local a, b = cache("/a", seeded), cache("/b", seeded)
      local list = {}
      for i = 1, 8 do
        list[i] = from "busybox":run("echo " .. i .. " >/n", { mounts = i % 2 == 0 and { a, b }
          or { b, a } })
      end
      return merge(list)]], "--jobs", "8")
  end)

  it("shares a cache as its mounts say: together, one by one, or apart (SEMANTICS 67)", function()
    local function recipe(sharing)
      return ([[local function step(n) return from "busybox":run("for i in 1 2 3; do "
          .. "mkdir /c/busy || exit 1; sleep 0.05; rmdir /c/busy; done; echo " .. n .. " >/n",
          { mounts = { cache("/c", { id = "%s", sharing = "%s" }) } }) end
        return merge { step(1), step(2), step(3) }]]):format(sharing, sharing)
    end
    build(recipe "locked", "--jobs", "3")
    build(recipe "private", "--jobs", "3")
    build [[return from "busybox":run("echo x >/a/f; cat /b/f >/seen", { mounts = {
      cache("/a", { id = "one" }), cache("/b", { id = "one", sharing = "locked" }) } })]]
    assert.equal("x\n", content "/seen")
  end)
end)
