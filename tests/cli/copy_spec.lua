-- What copy and add do with files: SEMANTICS D4, by number.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local applets = [[
  cd /; find out -mindepth 1 | sort | while read f; do
    if [ -L "$f" ]; then stat -c "%A %u:%g %n" "$f"; readlink "$f"
    elif [ -d "$f" ]; then stat -c "%a %u:%g %n/" "$f"
    elif [ -f "$f" ]; then echo "$(stat -c "%a %u:%g %n" "$f") $(cat "$f")"
    else stat -c "%F %n" "$f"; fi
  done]]

describe("copy", function()
  local run, dir

  --- Builds `calls` (methods of a stage on busybox) with the context's files as they are now, and
  -- lists /out: "mode uid:gid path text" a line.
  local function build(calls, before)
    helper.write(dir .. "/recipe.lua", (before or "") .. [[
      return image(from "busybox"]] .. calls .. [[, { name = "result" })]])
    helper.write(dir .. "/context/.dockerignore", "")
    local status, _, err = run("build", "-q", "-f", dir .. "/recipe.lua", dir .. "/context")
    if status ~= 0 then return nil, err end
    local listed, out, why = run("run", "--rm", "--network", "none", "result", "sh", "-c", applets)
    assert.equal(0, listed, why)
    return out
  end

  --- The listing without blanks at the beginning of its lines.
  local function listing(text)
    return (text:gsub("\n +", "\n"):gsub("^%s+", ""))
  end

  local function check(calls, expected, before)
    local out, err = build(calls, before)
    assert.equal(listing(expected), out, err)
  end

  local function files(script)
    assert.equal(0, (helper.sh("set -e; umask 022; cd " .. dir .. "/context\n" .. script)))
  end

  setup(function()
    run, dir = helper.store(), helper.tmpdir()
    assert(run("import", fixtures.busybox_tar(), "busybox") == 0)
    helper.sh("mkdir " .. dir .. "/context")
    files [[
      mkdir -p sub/deep; echo -n a >a.txt; echo -n b >b.txt; echo -n dot >.dot
      echo -n s >sub/s.txt; echo -n d >sub/deep/d.txt; chmod 755 b.txt; chmod 700 sub/deep
      ln -s a.txt link; ln -s sub/deep dirlink; ln -s /sub/s.txt abs; ln -s ../../etc/passwd evil
      mkdir links; ln -s ../a.txt links/l; echo -n h >links/h1; ln links/h1 links/h2
      mkdir -p go/x; echo -n go >go/main.go; echo -n md >go/README.md; echo -n go2 >go/x/y.go]]
  end)

  teardown(helper.cleanup)

  it("cleans a source against the root; a directory gives its contents (45)", function()
    for _, source in ipairs { "sub", "/sub", "sub/", "../../sub", "./x/../sub" } do
      check((':copy(%q, "/out/")'):format(source), [[
        700 0:0 out/deep/
        644 0:0 out/deep/d.txt d
        644 0:0 out/s.txt s
        ]])
    end
    check(':copy("sub/*", "/out/")', [[
      644 0:0 out/d.txt d
      644 0:0 out/s.txt s
      ]])
  end)

  it("takes the destination as a file, or as a directory where it ends with / or is one (46)",
    function()
      check(':copy("a.txt", "/out/new")', "644 0:0 out/new a\n")
      check(':copy("a.txt", "/out/new/")', "755 0:0 out/new/\n644 0:0 out/new/a.txt a\n")
      check(':run "mkdir -p /out/old":copy("a.txt", "/out/old")',
        "755 0:0 out/old/\n644 0:0 out/old/a.txt a\n")
      check(':workdir "/out":copy("a.txt", ".")', "644 0:0 out/a.txt a\n")
      check(':workdir "/out":copy("a.txt", "")', "644 0:0 out/a.txt a\n")
      check(':workdir "/out":copy("a.txt", "x/y")', "755 0:0 out/x/\n644 0:0 out/x/y a\n")
      check(':copy("a.txt", "/out/f"):copy("b.txt", "/out/f")', "755 0:0 out/f b\n")
    end)

  it("refuses what can't be: a directory over a file and a file over a directory (46)", function()
    local _, err = build ':copy("a.txt", "/out/f"):copy("sub", "/out/f")'
    assert.matches("'f' is there, and is no directory", err, 1, true)
    _, err = build ':run "mkdir -p /out/a.txt/x":copy("a.txt", "/out/")'
    assert.matches("'a.txt': a file can't replace the directory that is there", err, 1, true)
    _, err = build ':run "mkdir -p /out/deep/d.txt":copy("sub", "/out/")'
    assert.matches("'sub/deep/d.txt': a file can't replace the directory", err, 1, true)
    _, err = build ':run "mkdir /out; : >/out/deep":copy("sub", "/out/")'
    assert.matches("'sub/deep': a directory can't replace the file that is there", err, 1, true)
  end)

  it("wants a directory for several sources (47)", function()
    local _, err = build ':copy({ "a.txt", "b.txt" }, "/out")'
    assert.matches("ends with '/'", err, 1, true)
    check(':copy({ "a.txt", "b.txt" }, "/out/")', "644 0:0 out/a.txt a\n755 0:0 out/b.txt b\n")
  end)

  it("matches wildcards as filepath.Match does, dotfiles too (48)", function()
    check(':copy("*.txt", "/out/")', "644 0:0 out/a.txt a\n755 0:0 out/b.txt b\n")
    check(':copy("[a].t?t", "/out/")', "644 0:0 out/a.txt a\n")
    check(':copy(".d?t", "/out/")', [[
      644 0:0 out/.dot dot
      ]])
    check(':copy("s*/*.txt", "/out/")', "644 0:0 out/s.txt s\n")
  end)

  it("takes a wildcard without a match for nothing, and misses a literal path (49)", function()
    check(':run "mkdir /out":copy("no*", "/out/")', "")
    local _, err = build ':copy("a.tx", "/out/")'
    assert.matches("'a.tx' isn't in the build context\nhint: did you mean 'a.txt'?", err, 1, true)
  end)

  it("follows the source's own link inside the context; deeper links stay links (50)", function()
    check(':copy("link", "/out/")', "644 0:0 out/link a\n")
    check(':copy("dirlink", "/out/")', "644 0:0 out/d.txt d\n")
    check(':copy("dirlink/d.txt", "/out/")', "644 0:0 out/d.txt d\n")
    check(':copy("abs", "/out/")', "644 0:0 out/abs s\n")
    check(':copy("links/l", "/out/")', "644 0:0 out/l a\n")
    local out = build ':copy("links", "/out/")'
    assert.matches("lrwxrwxrwx 0:0 out/l\n../a.txt\n", out, 1, true)
    local _, err = build ':copy("evil", "/out/")'
    assert.matches("isn't in the build context", err, 1, true)
  end)

  it("follows links of the destination inside the stage (50)", function()
    check(':run "mkdir -p /out/real; ln -s /out/real /to":copy("a.txt", "/to/")',
      "755 0:0 out/real/\n644 0:0 out/real/a.txt a\n")
    check(':run "mkdir /out; ln -s ../../../../out/f /to":copy("a.txt", "/to")',
      "644 0:0 out/f a\n")
  end)

  it("makes files from the context root's, and keeps owners from a stage (51)", function()
    check(':copy("/src", "/out/", { from = b })', [[
      750 7:8 out/d/
      640 9:9 out/d/f x
      ]], [[local b = from "busybox":run("mkdir -p /src/d; echo -n x >/src/d/f; chmod 750 /src/d;"
        .. "chmod 640 /src/d/f; chown 7:8 /src/d; chown 9:9 /src/d/f")
      ]])
  end)

  it("leaves a directory that is there its owner and mode, a nested one gets the source's (51)",
    function()
      check(':run "mkdir -p /out/top/deep; chmod 777 /out/top /out/top/*"'
        .. ':copy("sub", "/out/top")', [[
        777 0:0 out/top/
        700 0:0 out/top/deep/
        644 0:0 out/top/deep/d.txt d
        644 0:0 out/top/s.txt s
        ]])
    end)

  it("chowns to ids and names of the stage; a name brings its group (52)", function()
    check(':copy("a.txt", "/out/", { chown = "5" })', "644 5:5 out/a.txt a\n")
    check(':copy("a.txt", "/out/", { chown = "5:6" })', "644 5:6 out/a.txt a\n")
    check(':copy("a.txt", "/out/", { chown = "guest" })', "644 1000:1000 out/a.txt a\n")
    check(':copy("a.txt", "/out/", { chown = "guest:extra" })', "644 1000:1001 out/a.txt a\n")
    check(':copy("sub", "/out/new/", { chown = "5:6" })', [[
      755 5:6 out/new/
      700 5:6 out/new/deep/
      644 5:6 out/new/deep/d.txt d
      644 5:6 out/new/s.txt s
      ]])
    local _, err = build ':copy("a.txt", "/out/", { chown = "nobody" })'
    assert.matches("nobody", err)
  end)

  it("chmods with octal digits all, with letters what was copied; never links (53)", function()
    check(':copy("a.txt", "/out/new/f", { chmod = "640" })',
      "640 0:0 out/new/\n640 0:0 out/new/f a\n")
    check(':copy("a.txt", "/out/new/f", { chmod = "u=rwx,go+X,o-r" })',
      "755 0:0 out/new/\n751 0:0 out/new/f a\n")
    check(':copy("a.txt", "/out/s", { chmod = 4755, chown = "5:5" })', "4755 5:5 out/s a\n")
    local out = build ':copy("links", "/out/", { chmod = "600" })'
    assert.matches("lrwxrwxrwx 0:0 out/l\n", out, 1, true)
    local _, err = build ':copy("a.txt", "/out/", { chmod = "999" })'
    assert.matches("isn't an octal mode", err, 1, true)
    _, err = build ':copy("a.txt", "/out/", { chmod = "u+y" })'
    assert.matches("mode 'u+y'", err, 1, true)
  end)

  it("keeps times, which are no part of the key (54)", function()
    files "echo times >times.txt; touch -d @1500000000 times.txt"
    local list = ':copy("times.txt", "/out/")'
    build(list)
    local function time()
      return (select(2, run("run", "--rm", "result", "stat", "-c", "%Y", "/out/times.txt")))
    end
    assert.equal("1500000000\n", time())
    files "touch -d @1600000000 times.txt"
    local _, _, progress = run("build", "--progress=plain", "-f", dir .. "/recipe.lua",
      dir .. "/context")
    assert.matches("CACHED", progress)
    assert.equal("1500000000\n", time())
  end)

  it("misses for each change that counts (72, 74)", function()
    local function status()
      local _, _, progress = run("build", "--progress=plain", "-f", dir .. "/recipe.lua",
        dir .. "/context")
      return progress:match "CACHED" or progress:match "DONE"
    end
    files "mkdir key; echo 1 >key/f; echo g >key/g"
    build ':copy("key/*", "/out/"):copy("key", "/out/all/")'
    assert.equal("CACHED", status())
    for _, change in ipairs { "echo 2 >key/f", "chmod 600 key/f", "mv key/f key/renamed",
      "rm key/g; ln -s renamed key/g", "echo new >key/new",
      "ln -sf new key/g" } do
      files(change)
      assert.equal("DONE", status(), change)
      assert.equal("CACHED", status(), change)
    end
    files "touch key/new"
    assert.equal("CACHED", status())
    files "echo x >outside"
    assert.equal("CACHED", status())
  end)

  it("keeps hard links within one copy, and leaves sockets out (55)", function()
    build ':copy("links", "/out/")'
    local _, inodes = run("run", "--rm", "result", "stat", "-c", "%h", "/out/h1", "/out/h2")
    assert.equal("2\n2\n", inodes)
    build ':copy({ "links/h1", "links/h2" }, "/out/")' -- each source by itself
    _, inodes = run("run", "--rm", "result", "stat", "-c", "%h", "/out/h1", "/out/h2")
    assert.equal("1\n1\n", inodes)
    build ':copy("links/h?", "/out/")'
    _, inodes = run("run", "--rm", "result", "stat", "-c", "%h", "/out/h1", "/out/h2")
    assert.equal("2\n2\n", inodes)
    files "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"links/sock\")'"
    assert.not_matches("sock", build ':copy("links", "/out/")')
  end)

  it("unpacks archives with add, by their content (56)", function()
    files [[mkdir t; echo -n x >t/f; tar -C t --owner=3 --group=4 --numeric-owner -czf ar.bin f
      tar -C t --owner=0 --group=0 -cJf ar.xz f; echo plain >no.tar.gz; : >empty.tar]]
    check(':add("ar.bin", "/out/new")', "755 0:0 out/new/\n644 3:4 out/new/f x\n")
    check(':add("ar.bin", "/out/", { chown = "7:8" })', "644 7:8 out/f x\n")
    check(':add("no.tar.gz", "/out/")', "644 0:0 out/no.tar.gz plain\n")
    check(':add("empty.tar", "/out/")', "644 0:0 out/empty.tar \n")
    check(':add("a.txt", "/out/")', "644 0:0 out/a.txt a\n")
    local out = build ':add("ar.bin", "/out/", { unpack = false })'
    assert.matches("out/ar.bin", out)
    assert.matches("out/ar.bin", (build ':copy("ar.bin", "/out/")'))
    assert.matches("0:0 out/new/f x\n", (build ':add("ar.xz", "/out/new/")'))
  end)

  it("leaves out what exclude says, relative to the source (59)", function()
    check(':copy("go", "/out/", { exclude = { "*.md", "x/*.go" } })', [[
      644 0:0 out/main.go go
      755 0:0 out/x/
      ]])
    check(':copy("go", "/out/", { exclude = { "**/*.go", "!x/y.go" } })', [[
      644 0:0 out/README.md md
      755 0:0 out/x/
      644 0:0 out/x/y.go go2
      ]])
  end)

  it("doesn't see what .dockerignore leaves out, but for copies from a stage (59, 60)", function()
    helper.write(dir .. "/recipe.lua", [[
      local s = from "busybox":copy({ ["x.md"] = "kept" }, "/src/")
      return image(from "busybox":copy(".", "/out/"):copy("/src", "/out/", { from = s }),
        { name = "result" })]])
    helper.write(dir .. "/context/.dockerignore", "*\n!go\n**/*.md\n!go/x\n.dockerignore\n")
    local status, _, err = run("build", "-q", "-f", dir .. "/recipe.lua", dir .. "/context")
    assert.equal(0, status, err)
    local _, out = run("run", "--rm", "result", "sh", "-c", applets)
    assert.equal(listing [[
      755 0:0 out/go/
      644 0:0 out/go/main.go go
      755 0:0 out/go/x/
      644 0:0 out/go/x/y.go go2
      644 0:0 out/x.md kept
      ]], out)
  end)

  it("sees no more of a context that is named by a link (59)", function()
    files "ln -s go golink"
    helper.write(dir .. "/recipe.lua", [[return image(from "busybox":copy(".", "/out/",
      { from = context { path = "golink" } }), { name = "result" })]])
    helper.write(dir .. "/context/.dockerignore", "go/x\ngo/*.md\n")
    local status, _, err = run("build", "-q", "-f", dir .. "/recipe.lua", dir .. "/context")
    assert.equal(0, status, err)
    local _, out = run("run", "--rm", "result", "sh", "-c", applets)
    assert.equal("644 0:0 out/main.go go\n", out)
  end)

  it("says that .dockerignore is why a file isn't there", function()
    helper.write(dir .. "/recipe.lua", 'return from "busybox":copy("a.txt", "/")')
    helper.write(dir .. "/context/.dockerignore", "a.txt")
    local status, _, err = run("build", "-f", dir .. "/recipe.lua", dir .. "/context")
    assert.equal(1, status)
    assert.matches("hint: .dockerignore, or 'exclude', leaves it out", err, 1, true)
  end)

  it("keeps the path below the destination with parents", function()
    check(':copy({ "sub/deep/d.txt", "go/*.go" }, "/out/", { parents = true })', [[
      755 0:0 out/go/
      644 0:0 out/go/main.go go
      755 0:0 out/sub/
      700 0:0 out/sub/deep/
      644 0:0 out/sub/deep/d.txt d
      ]])
  end)

  it("takes ** for any number of directories with parents (48)", function()
    files "mkdir -p deep/a/b/c; for d in deep deep/a deep/a/b/c; do echo -n x >$d/f.x; done"
    check(':copy("deep/**/*.x", "/out/", { parents = true })', [[
      755 0:0 out/deep/
      755 0:0 out/deep/a/
      755 0:0 out/deep/a/b/
      755 0:0 out/deep/a/b/c/
      644 0:0 out/deep/a/b/c/f.x x
      644 0:0 out/deep/a/f.x x
      644 0:0 out/deep/f.x x
      ]])
    check(':copy("**/b/**/f.x", "/out/", { parents = true })', [[
      755 0:0 out/deep/
      755 0:0 out/deep/a/
      755 0:0 out/deep/a/b/
      755 0:0 out/deep/a/b/c/
      644 0:0 out/deep/a/b/c/f.x x
      ]])
    check(':copy("deep/./a/**", "/out/", { parents = true, exclude = { "**/*.x" } })', [[
      755 0:0 out/a/
      755 0:0 out/a/b/
      755 0:0 out/a/b/c/
      ]])
    check(':copy("deep/**/*.x", "/out/")', "644 0:0 out/f.x x\n") -- one directory, as *
  end)

  it("keeps what follows a dot in the path with parents", function()
    check(':copy({ "./sub/./deep/d.txt", "go/./*.go", "b.txt" }, "/out/", { parents = true })', [[
      755 0:0 out/b.txt b
      700 0:0 out/deep/
      644 0:0 out/deep/d.txt d
      644 0:0 out/main.go go
      ]])
    check(':copy("/from/./a/*", "/out/", { from = s, parents = true })', [[
      750 0:0 out/a/
      644 0:0 out/a/x x
      ]], 'local s = from "busybox":run "mkdir -p -m 750 /from/a; echo -n x >/from/a/x"\n')
    local _, err = build ':copy("none/./x", "/out/", { parents = true })'
    assert.matches("'none' isn't in the build context", err, 1, true)
  end)

  it("sees files below a dot in the path as .dockerignore and the cache do", function()
    helper.write(dir .. "/Dockerfile", "FROM busybox\nCOPY --parents dots/./* /out/\n")
    helper.write(dir .. "/context/.dockerignore", "dots/no\n")
    files "mkdir -p dots; echo -n 1 >dots/yes; echo -n 2 >dots/no"
    local function builds()
      local status, _, err = run("build", "--progress=plain", "-t", "result", "-f",
        dir .. "/Dockerfile", dir .. "/context")
      assert.equal(0, status, err)
      return (select(2, run("run", "--rm", "result", "sh", "-c", applets))),
        err:find("CACHED", 1, true) ~= nil
    end
    assert.same({ "644 0:0 out/yes 1\n", false }, { builds() })
    assert.same({ "644 0:0 out/yes 1\n", true }, { builds() })
    files "echo -n 3 >dots/yes"
    assert.same({ "644 0:0 out/yes 3\n", false }, { builds() })
  end)

  it("stands on nothing with link: the stage's directories don't count (61)", function()
    check(':run "mkdir -p /out/tmp; chmod 1777 /out/tmp"'
      .. ':copy("a.txt", "/out/tmp/", { link = true })',
      "755 0:0 out/tmp/\n644 0:0 out/tmp/a.txt a\n")
    local _, _, progress = run("build", "--progress=plain", "-f", helper.write(dir .. "/other.lua",
      'return from "busybox":run "echo other >/o":copy("a.txt", "/out/tmp/", { link = true })'),
      dir .. "/context")
    assert.matches('copy "a.txt" "/out/tmp/"\n#3 CACHED', progress, 1, true)
  end)

  it("leaves the times of directories it copies into, so that every day gives one layer", function()
    local ids = {}
    for i = 1, 2 do
      assert.is_truthy(build ':copy("a.txt", "/etc/sub/a"):copy("sub", "/var/")')
      local _, layers = run("inspect", "--format", "{{json .RootFS.Layers}}", "result")
      ids[i] = layers
      run("prune", "--all", "--force")
      assert(run("import", fixtures.busybox_tar(), "busybox") == 0)
    end
    assert.equal(ids[1], ids[2])
  end)

  it("copies nothing from outside the context, whatever its links say (DF-07, DF-09)", function()
    files "ln -s / rootlink; mkfifo pipe"
    for _, source in ipairs { "rootlink/etc/shadow", "../secret", "/etc/shadow", "evil" } do
      local _, err = build((':copy(%q, "/out/")'):format(source))
      assert.matches("isn't in the build context", err, 1, true, source)
    end
    check(':copy("a.txt", "/../../../out/x")', "644 0:0 out/x a\n")
    assert.matches("fifo out/pipe", (build ':copy("pipe", "/out/")'))
  end)

  it("believes no marks of lamina's in the context: a file is a file there", function()
    files [[mkdir marked; : >marked/f; setfattr -n user.lamina.device -v b:8:0:0:0:644 marked/f
      setfattr -n user.lamina.xattr.trusted.x -v 1 marked/f]]
    check(':copy("marked", "/out/", { chown = "0:0" })'
      .. ':copy("./marked/./f", "/out/p/", { parents = true })',
      "644 0:0 out/f \n755 0:0 out/p/\n644 0:0 out/p/f \n")
    local saved = dir .. "/saved"
    local status, out, err = run:script(("lamina save --format docker -o %s.tar result && mkdir %s"
      .. " && tar -C %s -xf %s.tar && cd %s && for l in $(find . -type f); do"
      .. " tar -tvf $l 2>/dev/null; done; true"):format(saved, saved, saved, saved, saved))
    assert.equal(0, status, err)
    assert.matches("\n%-rw%-r%-%-r%-%- [^\n]* out/f\n", out)
    assert.matches("\n%-rw%-r%-%-r%-%- [^\n]* out/p/f\n", out)
    assert.not_matches("8,0", out, 1, true)
  end)
end)
