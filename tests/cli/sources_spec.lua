-- http and git as sources of copy, add and mounts: SEMANTICS 56 to 58, 75.
local digest = require "lamina.core.digest"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local server = require "support.server"

describe("a source from elsewhere", function()
  local run, dir, web, other

  --- Writes a recipe whose stage on `base` has `calls`, and builds it. $U is the server.
  local function build(calls, ...)
    local text = ([[local U, V = %q, %q
      return image(from "busybox"%s, { name = "result" })]]):format(web:url "", other:url "",
      calls)
    helper.write(dir .. "/recipe.lua", text)
    return run("build", "--progress", "plain", "-f", dir .. "/recipe.lua", dir .. "/context", ...)
  end

  local function builds(calls, ...)
    local status, out, err = build(calls, ...)
    if status ~= 0 then error(err, 2) end
    return out, err
  end

  local function fails(pattern, calls)
    local status, _, err = build(calls)
    assert.equal(1, status)
    assert.matches(pattern, err)
    assert.same({}, require("lamina.core.fs").list(run.root .. "/tmp"))
    return err
  end

  --- What a shell text in the built image says.
  local function shows(text)
    return run:ok("run", "--rm", "--network", "none", "result", "sh", "-c", text)
  end

  local function git(line)
    local status, out, err = helper.sh(([[cd %s/work && export HOME=%s GIT_CONFIG_NOSYSTEM=1 \
      GIT_AUTHOR_DATE=@1500000000 GIT_COMMITTER_DATE=@1500000000 GIT_AUTHOR_NAME=n \
      GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=a@b && %s]]):format(dir, dir,
      line))
    assert.equal(0, status, err)
    return out:match("^%s*(.-)%s*$")
  end

  setup(function()
    run, dir, web, other = fixtures.busybox_store(), helper.tmpdir(), server.start(),
      server.start()
    helper.sh("mkdir " .. dir .. "/context " .. dir .. "/work")
    git "git init -q . && git symbolic-ref HEAD refs/heads/main"
    git [[mkdir -p docs/deep && echo one >docs/a && echo two >docs/deep/b && echo run >run && \
      chmod 775 run && ln -s /etc/passwd evil && git add . && git commit -qm one && git tag v1]]
    git(("git clone -q --bare . %s/git/r.git"):format(web.dir))
    git(("git remote add origin %s/git/r.git"):format(web.dir))
  end)

  teardown(function()
    web:close()
    other:close()
    helper.cleanup()
  end)

  before_each(function()
    web:log()
    other:log()
  end)

  describe("by URL", function()
    it("is root's, 0600, as old as Last-Modified says, and called as in the URL (57)", function()
      web:put("x.txt", "text\n", 1600000000)
      builds ':add(U .. "/files/x.txt?y=/z", "/a/"):add(U .. "/files/x.txt", "/b")'
      assert.equal("600 0:0 1600000000 text\n600 0:0 1600000000 text\n",
        shows "for f in /a/x.txt /b; do echo $(stat -c '%a %u:%g %Y' $f) $(cat $f); done")
    end)

    it("is a value that may have another name, and chown, chmod and a context beside it", function()
      web:put("x.txt", "text\n")
      helper.write(dir .. "/context/own", "own\n")
      builds [[:copy({ "own", http(U .. "/files/x.txt", { name = "y *" }) }, "/a/",
        { chmod = "640", chown = "5" })]]
      assert.equal("640 5:5 own\n640 5:5 y *\n", shows "cd /a; stat -c '%a %u:%g %n' *")
    end)

    it("is asked for again, and not downloaded again while it is the same", function()
      web:put("x.txt", "first\n", 1600000000)
      local calls = ':add(U .. "/files/x.txt", "/cond")'
      local first = builds(calls)
      web:log()
      local again, err = builds(calls)
      assert.equal(first, again)
      assert.matches("CACHED", err)
      local log = web:log()
      assert.equal(1, #log)
      assert.matches("If%-None%-Match", log[1])
      web:put("x.txt", "second\n", 1600000001)
      builds(calls)
      assert.equal("second\n", shows "cat /cond")
    end)

    it("isn't asked for at all where its checksum is given and it was built", function()
      web:put("sum.txt", "text\n")
      local calls = (':add(U .. "/files/sum.txt", "/s", { checksum = "sha256:%s" })'):format(
        digest.sha256 "text\n")
      builds(calls)
      assert.equal(1, #web:log())
      builds(calls)
      assert.same({}, web:log())
      builds(calls, "--no-cache") -- the file is there
      assert.same({}, web:log())
      builds(calls:gsub("/s\"", "/t\"") .. (':copy(http(U .. "/files/sum.txt", { sha256 = "%s" }),'
        .. ' "/u")'):format(digest.sha256 "text\n"))
      assert.same({}, web:log())
    end)

    it("with another checksum than was given is refused, with both digests", function()
      web:put("x.txt", "text\n")
      local wrong = ("0"):rep(64)
      local err = fails("sha256:" .. digest.sha256 "text\n",
        (':add(U .. "/files/x.txt", "/w", { checksum = "sha256:%s" })'):format(wrong))
      assert.matches(wrong, err)
      assert.matches("127.0.0.1", err)
    end)

    it("needs one source for one checksum", function()
      local sum = '{ checksum = "sha256:' .. ("1"):rep(64) .. '" }'
      fails("a checksum is for one URL", ':add({ U .. "/a", U .. "/b" }, "/x/", ' .. sum .. ")")
      fails("a checksum is for one URL", ':add("own", "/x/", ' .. sum .. ")")
      fails("belongs to the source itself", ':add(http(U .. "/a"), "/x", ' .. sum .. ")")
      fails("is no checksum", ':add(U .. "/a", "/x", { checksum = "md5:12" })')
      fails("64 hexadecimal digits", ':add(http(U .. "/a", { sha256 = "12" }), "/x")')
    end)

    it("isn't unpacked but with unpack (56)", function()
      local tar = helper.tmpdir()
      helper.sh(("cd %s && echo in >f && tar -czf %s/files/t.tgz f"):format(tar, web.dir))
      builds ':add(U .. "/files/t.tgz", "/p/"):add(U .. "/files/t.tgz", "/q/", { unpack = true })'
      assert.equal("t.tgz\nf\n", shows "ls /p /q | grep -v :  | grep .")
    end)

    it("goes through redirects, but to http and https alone (DF-08)", function()
      web:put("x.txt", "text\n")
      builds ':add(V .. "/redirect?to=" .. U .. "/files/x.txt", "/r")'
      assert.equal("text\n", shows "cat /r")
      fails("redirects to: a URL of the scheme 'file'",
        ':add(V .. "/redirect?to=file:///etc/passwd", "/r")')
    end)

    it("is told with its status and step when it can't be had", function()
      fails("step %d+ %(add .*recipe.lua:%d+: http://127.*: HTTP status 404: it isn't there",
        ':add(U .. "/nothing", "/x")')
      fails("HTTP status 500", ':add(U .. "/status/500", "/x")')
      fails("127.0.0.1:%d+:", ':add(U .. "/truncated", "/x")')
      fails("no file name", ':add(U .. "/", "/x/")')
      fails("password", ':add("http://a:b@127.0.0.1/x", "/x")')
      fails("is no file name", ':add(U .. "/a/..%2f", "/x")')
    end)

    it("is tried again when the server was busy or the connection was cut", function()
      web:put("x.txt", ("text\n"):rep(1000))
      builds ':add(U .. "/flaky/2/x.txt", "/f"):add(U .. "/cut/1/x.txt", "/g")'
      assert.equal("5000\n5000\n", shows "cat /f | wc -c; cat /g | wc -c")
    end)

    it("goes on where a cut download with a checksum has ended", function()
      web:put("x.txt", ("text\n"):rep(1000))
      builds((':add(U .. "/cut/1/x.txt?b", "/g", { checksum = "sha256:%s" })'):format(
        digest.sha256(("text\n"):rep(1000))))
      assert.matches('"Range": "bytes=2500%-"', table.concat(web:log()))
    end)

    it("is a path, or refused, where it can't be a URL", function()
      fails("is a URL", ':copy(U .. "/x", "/x")')
      fails("is a URL", ':add(U .. "/x", "/x", { from = "busybox" })')
      fails("begins with https", ':copy(http "ftp://x/y", "/x")')
    end)

    it("can be mounted", function()
      web:put("x.txt", "text\n")
      builds [[:run("cp /in/x.txt /out", { mounts = {
        bind { from = http(U .. "/files/x.txt"), target = "/in" } } })]]
      assert.equal("text\n", shows "cat /out")
    end)

    it("is expanded in a Dockerfile's ADD", function()
      web:put("v1.txt", "text\n")
      helper.write(dir .. "/Dockerfile", ([[
FROM busybox
ARG V=v1
ADD --checksum=sha256:%s %s/files/$V.txt /a/
]]):format(digest.sha256 "text\n", web:url ""))
      run:ok("build", "-t", "result", "-f", dir .. "/Dockerfile", dir .. "/context")
      assert.equal("text\n", shows "cat /a/v1.txt")
    end)

    it("is kept until prune, which takes downloads with the build cache", function()
      web:put("x.txt", "text\n")
      builds ':add(U .. "/files/x.txt", "/k")'
      local function count()
        local line = "ls " .. run.root .. "/cache | grep -c '^file-\\|^url-\\|^git-'"
        return select(2, helper.sh(line))
      end
      assert.not_equal("0\n", count())
      run:ok("prune", "--force")
      assert.equal("0\n", count())
      assert.equal(0, (run("fsck")))
    end)
  end)

  describe("from git", function()
    local function commit() return git "git rev-parse HEAD" end

    it("has files 0644 and 0755, directories 0755, no .git, and the commit's time (58)", function()
      builds ':add(U .. "/git/r.git", "/r/")'
      assert.equal("644 0:0 1500000000 docs/a\n755 0:0 1500000000 docs\n755 0:0 1500000000 run\n",
        shows "cd /r; stat -c '%a %u:%g %Y %n' docs/a docs run")
      assert.equal("/etc/passwd\nno\n", shows "readlink /r/evil; [ -e /r/.git ] || echo no")
    end)

    it("takes a branch, a tag, a commit, and a directory", function()
      local id = commit()
      for _, ref in ipairs { "main", "v1", id } do
        builds((':add(U .. "/git/r.git#%s:docs", "/d/")'):format(ref))
        assert.equal("one\ntwo\n", shows "cat /d/a /d/deep/b; ls /d | grep -q run && echo run; :")
      end
      builds(':copy("deep", "/e/", { from = git(U .. "/git/r.git",'
        .. ' { ref = "v1", subdir = "docs" }) })')
      assert.equal("two\n", shows "cat /e/b")
    end)

    it("is looked up by its name, and not fetched while that is the same commit", function()
      local calls = ':add(U .. "/git/r.git#main", "/same/")'
      builds(calls)
      web:log()
      local _, err = builds(calls)
      assert.matches("CACHED", err)
      local log = table.concat(web:log(), "\n")
      assert.not_matches("git%-upload%-pack HTTP.*fetch", log)
      git "echo more >more && git add . && git commit -qm two && git push -q origin main"
      builds(calls)
      assert.equal("more\n", shows "cat /same/more")
    end)

    it("asks nobody for a commit that was built", function()
      local calls = (':add(U .. "/git/r.git#%s", "/c/")'):format(commit())
      builds(calls)
      web:log()
      builds(calls)
      assert.same({}, web:log())
    end)

    it("isn't read again when what a step takes of it is the same", function()
      builds ':copy("docs", "/only/", { from = git(U .. "/git/r.git") })'
      git "echo other >other && git add . && git commit -qm three && git push -q origin main"
      local _, err = builds ':copy("docs", "/only/", { from = git(U .. "/git/r.git") })'
      assert.matches("CACHED", err)
    end)

    it("takes what a Dockerfile's URL asks for behind '?'", function()
      builds ':add(U .. "/git/r.git?tag=v1&subdir=docs", "/q/")'
      assert.equal("a\ndeep\n", shows "ls /q")
      builds(':add(U .. "/git/r.git?branch=main&keep-git-dir&commit=' .. commit() .. '", "/k/")')
      assert.equal(commit() .. "\n", shows "cat /k/.git/HEAD")
      builds ':copy(git(U .. "/git/r.git?ref=v1&subdir=docs#v1"), "/t/")'
      assert.equal("a\ndeep\n", shows "ls /t")
    end)

    it("takes a query in a Dockerfile, which its translation takes, too", function()
      local file, recipe = dir .. "/Dockerfile", dir .. "/translated.lua"
      local function write(flags, query)
        helper.write(file, ("FROM busybox\nARG T=v1\nADD %s %s/git/r.git?%s /d/\n"):format(flags,
          web:url "", query))
        return run("build", "-q", "-t", "result", "-f", file, dir .. "/context")
      end
      assert.equal(0, (write("--keep-git-dir=true", "tag=$T&subdir=docs&keep-git-dir=1")))
      assert.equal("a\ndeep\n", shows "ls /d")
      local id = run:ok("images", "-q", "--no-trunc", "result")
      helper.write(recipe, run:ok("translate", file))
      run:ok("build", "-q", "-t", "result", "-f", recipe, dir .. "/context")
      assert.equal(id, run:ok("images", "-q", "--no-trunc", "result"))
      local status, _, err = write("--keep-git-dir=false", "tag=$T&keep-git-dir")
      assert.equal(1, status)
      assert.matches("Dockerfile:3: .*keep%-git%-dir is 'false' here and 'true' in the URL", err)
    end)

    it("refuses a query that contradicts itself or isn't known", function()
      for query, message in pairs {
        ["tag=v1&branch=main"] = "a tag and a branch are named",
        ["tag=v1#main"] = "the ref is both 'main' and 'refs/tags/v1'",
        ["subdir=a#:b"] = "the directory is both 'b' and 'a'",
        ["ref=v1&ref=v1"] = "'ref' comes twice", ["ref="] = "'ref' has no value",
        ["brnch=x"] = "did you mean 'branch'?", ["submodules=2"] = "neither true nor false",
      } do
        fails(message, (':add(U .. "/git/r.git?%s", "/x/")'):format(query))
      end
      fails("keep%-git%-dir is 'false' here and 'true' in the URL",
        ':add(U .. "/git/r.git?keep-git-dir", "/x/", { keep_git_dir = false })')
      fails("was expected", ':add(U .. "/git/r.git?tag=v1&commit=1234567", "/x/")')
    end)

    it("keeps .git where that is asked for", function()
      builds ':add(U .. "/git/r.git#v1", "/g/", { keep_git_dir = true })'
      assert.equal(git "git rev-parse v1" .. "\n", shows "cat /g/.git/HEAD")
      assert.equal("0\n", shows "ls /g/.git/hooks 2>/dev/null | wc -l")
    end)

    it("has its submodules, unless they aren't wanted", function()
      git(([[git clone -q --bare %s/git/r.git %s/git/sub.git && git clone -q %s/git/sub.git %s/s &&
        cd %s/s && git -c protocol.file.allow=always submodule --quiet add %s/git/r.git inner &&
        git config -f .gitmodules submodule.inner.url ../r.git && git add . &&
        git commit -qm sub && git push -q]]):format(web.dir, web.dir, web.dir, dir, dir, web.dir))
      builds ':add(U .. "/git/sub.git", "/m/")'
      assert.equal("one\nno\n", shows "cat /m/inner/docs/a; [ -e /m/inner/.git ] || echo no")
      builds ':copy(git(U .. "/git/sub.git", { submodules = false }), "/n/")'
      assert.equal("0\n", shows "ls /n/inner | wc -l")
    end)

    it("runs nothing that the repository or the host's configuration names", function()
      local hook = dir .. "/ran"
      helper.write(dir .. "/.gitconfig", ("[core]\n\thooksPath = %s/hooks\n"):format(dir))
      helper.sh(("mkdir %s/hooks; printf '#!/bin/sh\\ntouch %s\\n' >%s/hooks/post-checkout; "
        .. "chmod 755 %s/hooks/post-checkout"):format(dir, hook, dir, dir))
      helper.write(dir .. "/recipe.lua", ([[return image(from "busybox"
        :add(%q, "/h/"), { name = "result" })]]):format(web:url "/git/r.git#v1"))
      run:ok("prune", "--force")
      local status, _, err = helper.sh(("HOME=%s XDG_CONFIG_HOME=%s %s"):format(dir, dir,
        run:line("build", "-f", dir .. "/recipe.lua", dir .. "/context")))
      assert.equal(0, status, err)
      assert.is_nil(io.open(hook))
      os.remove(dir .. "/.gitconfig")
    end)

    it("refuses what git would take for an option, a program or a file", function()
      for _, case in ipairs {
        { "git://-oProxyCommand=touch/x", "no host" },
        { "ssh://-oProxyCommand=touch/x", "no host" },
        { "https://u:p@127.0.0.1/x.git", "password" },
        { "git://127.0.0.1/", "path" },
      } do
        fails(case[2], (':add(%q, "/x")'):format(case[1]))
      end
      for _, url in ipairs { "ext::sh -c id", "file:///etc", "/etc", "-u", "ftp://h/x" } do
        fails("git: ", (':copy(git(%q), "/x")'):format(url))
      end
      for _, ref in ipairs { "-upload-pack=x", "a b", "a..b", "a@{1}", "$(x)", "a;b", "/a" } do
        fails("is no branch, tag or commit", (':copy(git(U .. "/git/r.git", { ref = %q }), "/x")')
          :format(ref))
      end
    end)

    it("tells what isn't there", function()
      fails("has no branch or tag 'nowhere'", ':add(U .. "/git/r.git#nowhere", "/x/")')
      fails("40 digits", ':add(U .. "/git/r.git#' .. commit():sub(1, 10) .. '", "/x/")')
      fails("has no directory 'none'", ':add(U .. "/git/r.git#v1:none", "/x/")')
      fails("no directory 'evil'", ':add(U .. "/git/r.git#v1:evil", "/x/")')
      fails("none%.git", ':add(U .. "/git/none.git", "/x/")')
      fails("was expected", ':add(U .. "/git/r.git#v1", "/x/", { checksum = "' .. ("1"):rep(40)
        .. '" })')
    end)
  end)
end)
