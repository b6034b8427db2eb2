local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("lamina cp", function()
  local run

  setup(function()
    run = fixtures.busybox_store()
    run:ok("run", "--name", "box", "busybox", "sh", "-c", [[
      mkdir -p /dir/sub && chmod 2750 /dir && echo a >/dir/a && echo b >/dir/sub/b
      chmod 640 /dir/a; touch -d @1000000000 /dir/a
      ln -s a /dir/link; ln -s /dir /to-dir; ln -s /etc/passwd /to-file; ln /dir/a /dir/hard]])
  end)
  teardown(helper.cleanup)

  --- What is below a folder: a line an entry, with what a link says.
  local function tree(dir)
    return select(2, helper.sh(("cd %s && find . ! -name . -printf '%%P %%y %%l\n' | sort")
      :format(helper.quote(dir))))
  end

  local function fails(pattern, ...)
    local status, out, err = run("cp", ...)
    assert.equal("", out)
    assert.matches(pattern, err)
    assert.not_equal(0, status)
  end

  --- A fresh container whose files a test may change.
  local boxes = 0
  local function fresh()
    boxes = boxes + 1
    local name = "fresh" .. boxes
    run:ok("run", "--name", name, "busybox", "true")
    return name
  end

  --- The output of a command in a stopped container.
  local function look(name, text)
    run:ok("commit", name, "looked-at")
    return run:ok("run", "--rm", "looked-at", "sh", "-c", text)
  end

  describe("from a container", function()
    it("copies a file under its name into a directory, or under a new one", function()
      local dir = helper.tmpdir()
      run:ok("cp", "box:/dir/a", dir)
      run:ok("cp", "box:dir/a", dir .. "/other")
      assert.equal("a\n", helper.read(dir .. "/a"))
      assert.equal("a\n", helper.read(dir .. "/other"))
    end)

    it("keeps mode and time, and gives it to the caller", function()
      local dir = helper.tmpdir()
      run:ok("cp", "box:/dir/a", dir .. "/a")
      local _, out = helper.sh("stat -c '%a %Y %u' " .. dir .. "/a; id -u")
      assert.matches("^640 1000000000 (%d+)\n%1\n$", out)
    end)

    it("replaces a file that is there", function()
      local dir = helper.tmpdir()
      helper.write(dir .. "/a", "much longer than before")
      run:ok("cp", "box:/dir/a", dir)
      assert.equal("a\n", helper.read(dir .. "/a"))
    end)

    it("copies a directory into one that is there, else under the new name", function()
      local dir = helper.tmpdir()
      local content = "%s/a f \n%s/hard f \n%s/link l a\n%s/sub d \n%s/sub/b f \n"
      run:ok("cp", "box:/dir", dir)
      assert.equal("dir d \n" .. content:gsub("%%s", "dir"), tree(dir))
      run:ok("cp", "box:/dir", dir .. "/new")
      assert.equal((content:gsub("%%s/", "")), tree(dir .. "/new"))
      assert.equal("2750\n2750\n", (select(2, helper.sh("stat -c %a " .. dir .. "/dir " .. dir
        .. "/new"))))
    end)

    it("copies what is in a directory with '/.'", function()
      local dir = helper.tmpdir()
      run:ok("cp", "box:/dir/.", dir)
      assert.equal("a f \nhard f \nlink l a\nsub d \nsub/b f \n", tree(dir))
    end)

    it("copies a link as it is, what it points at with -L or a '/' behind it", function()
      local dir = helper.tmpdir()
      run:ok("cp", "box:/to-dir", dir)
      run:ok("cp", "-L", "box:/to-file", dir)
      run:ok("cp", "box:/to-dir/", dir .. "/followed")
      assert.equal("followed d \nfollowed/a f \nfollowed/hard f \nfollowed/link l a\n"
        .. "followed/sub d \nfollowed/sub/b f \nto-dir l /dir\nto-file f \n", tree(dir))
      assert.matches("^root:x:0:0:root:/root:/bin/sh\n", helper.read(dir .. "/to-file"))
    end)

    it("keeps hard links together", function()
      local dir = helper.tmpdir()
      run:ok("cp", "box:/dir", dir)
      assert.equal("2\n", (select(2, helper.sh("stat -c %h " .. dir .. "/dir/a"))))
    end)

    it("refuses what isn't there, and a target whose directory isn't", function()
      local dir = helper.tmpdir()
      fails("^lamina: open /nothing: No such file", "box:/nothing", dir)
      fails("/no/such: there is no such directory", "box:/dir/a", dir .. "/no/such/file")
      fails("/missing/: there is no such directory", "box:/dir/a", dir .. "/missing/")
      helper.write(dir .. "/file", "")
      fails("/file is not a directory", "box:/dir", dir .. "/file")
      helper.sh("mkfifo " .. dir .. "/pipe; ln -s pipe " .. dir .. "/to_pipe")
      for _, name in ipairs { "/pipe", "/to_pipe" } do
        fails(name .. " is neither a directory nor a regular file", "box:/dir/a", dir .. name)
        fails(name .. " is neither a directory nor a regular file", "box:/to-dir", dir .. name)
      end
      assert.equal("file f \npipe p \nto_pipe l pipe\n", tree(dir))
    end)
  end)

  describe("into a container", function()
    it("copies files and directories, owned by root", function()
      local dir, name = helper.tmpdir(), fresh()
      helper.write(dir .. "/f", "content\n")
      run:ok("cp", dir .. "/f", name .. ":/etc")
      run:ok("cp", dir, name .. ":/copied")
      assert.equal("content\ncontent\nroot root\n",
        look(name, "cat /etc/f /copied/f; stat -c '%U %G' /copied/f"))
    end)

    it("is a change that diff tells and commit keeps", function()
      local file, name = helper.write(helper.tmpdir() .. "/new", "x"), fresh()
      run:ok("cp", file, name .. ":/root/")
      assert.equal("C /root\nA /root/new\n", run:ok("diff", name))
    end)

    it("refuses a file as a directory and the other way round", function()
      local file, name = helper.write(helper.tmpdir() .. "/f", "x"), fresh()
      fails("/etc/passwd: there is no such directory", file, name .. ":/etc/passwd/x")
      fails("/nowhere/: there is no such directory", file, name .. ":/nowhere/")
      fails("/etc/passwd is not a directory", helper.tmpdir(), name .. ":/etc/passwd")
      assert.equal("", run:ok("diff", name))
    end)
  end)

  describe("a tar", function()
    it("is written with the name of what is copied", function()
      local _, out = helper.sh(run:line("cp", "box:/dir", "-") .. " | tar t | sort")
      assert.equal("dir/\ndir/a\ndir/hard\ndir/link\ndir/sub/\ndir/sub/b\n", out)
      _, out = helper.sh(run:line("cp", "box:/dir/a", "-") .. " | tar tv --numeric-owner")
      assert.matches("^%-rw%-r%-%-%-%-%- 0/0 +2 2001%-09%-09 01:46 a\n$", out)
    end)

    it("is unpacked into a directory, whatever its compression", function()
      local dir, name = helper.tmpdir(), fresh()
      helper.write(dir .. "/f", "from a tar\n")
      for _, option in ipairs { "", "z", "J", "j", "--zstd " } do
        local flags = option:find("^%-") and option .. "-c" or "-c" .. option
        local status, _, err = helper.sh(("tar -C %s %s f | %s"):format(dir, flags,
          run:line("cp", "-", name .. ":/tmp")))
        assert.equal("", err)
        assert.equal(0, status)
      end
      assert.equal("from a tar\n", look(name, "cat /tmp/f"))
      local _, _, err = helper.sh(("tar -C %s -c f | %s"):format(dir,
        run:line("cp", "-", name .. ":/no/dir")))
      assert.matches("/no/dir: .*No such file", err)
    end)

    it("that isn't one is refused", function()
      local name = fresh()
      local status, _, err = helper.sh(run:line("cp", "-", name .. ":/tmp"), "no tar at all")
      assert.not_equal(0, status)
      assert.matches("lamina: ", err)
      assert.equal("", run:ok("diff", name))
    end)
  end)

  describe("a running container", function()
    local name = "running"

    setup(function()
      run:ok("run", "-d", "--name", name, "-v", "vol:/vol", "busybox", "sh", "-c",
        "echo in-volume >/vol/f; echo here >/tmp/f; sleep 1000")
      run:wait_for(name, "test -s /tmp/f")
    end)
    teardown(function() run:ok("rm", "-f", name) end)

    it("is seen as it sees itself, its volumes too", function()
      local dir = helper.tmpdir()
      run:ok("cp", name .. ":/tmp/f", dir .. "/tmp")
      run:ok("cp", name .. ":/vol/f", dir .. "/vol")
      assert.equal("here\n", helper.read(dir .. "/tmp"))
      assert.equal("in-volume\n", helper.read(dir .. "/vol"))
    end)

    it("sees at once what is copied into it", function()
      run:ok("cp", helper.write(helper.tmpdir() .. "/f", "new\n"), name .. ":/vol/new")
      assert.equal("new\n", run:ok("exec", name, "cat", "/vol/new"))
    end)

    it("takes paths of the host from where the caller is, and as he sees them", function()
      local dir = helper.tmpdir()
      helper.write(dir .. "/to", "relative\n")
      local function there(words)
        assert.same({ 0, "", "" }, { helper.sh(("cd %s && %s"):format(dir, words)) })
      end
      there(run:line("cp", "to", name .. ":/relative"))
      there(run:line("cp", name .. ":/relative", "back"))
      there(run:line("cp", name .. ":/relative", "."))
      assert.equal("back f \nrelative f \nto f \n", tree(dir))
      if not helper.is_root then return end -- what he mounts, only he and his see
      there(("unshare -m sh -c 'mkdir m && mount -t tmpfs t m && %s && test -e m/relative'"):format(
        run:line("cp", name .. ":/relative", dir .. "/m"):gsub("'", "")))
      assert.equal("", tree(dir .. "/m"))
    end)
  end)

  it("finds the volumes of a stopped container", function()
    local dir = helper.tmpdir()
    run:ok("run", "--name", "stopped", "-v", "/vol", "-v", "ro:/ro:ro", "busybox", "sh", "-c",
      "echo v >/vol/f")
    run:ok("cp", "stopped:/vol/f", dir)
    assert.equal("v\n", helper.read(dir .. "/f"))
    run:ok("cp", dir .. "/f", "stopped:/vol/g")
    assert.equal("", run:ok("diff", "stopped"))
    fails("/ro is mounted read%-only", dir .. "/f", "stopped:/ro/g")
  end)

  describe("a hostile container (CVE-2018-15664, CVE-2019-14271)", function()
    local outside

    setup(function()
      outside = helper.tmpdir()
      helper.write(outside .. "/secret", "secret\n")
      run:ok("run", "--name", "evil", "busybox", "sh", "-c", ([[
        ln -s %s /abs; ln -s ../../../../../../..%s /rel; ln -s /abs /chain
        ln -s %s/secret /file; mkdir /d; ln -s / /d/up; ln -s /loop /loop]])
        :format(outside, outside, outside))
    end)

    it("can't have files of the host copied out", function()
      local dir = helper.tmpdir()
      for _, at in ipairs { "abs/secret", "rel/secret", "chain/secret", "d/up/../.." .. outside
        .. "/secret" } do
        fails("No such file", "evil:/" .. at, dir)
      end
      fails("No such file", "-L", "evil:/file", dir)
      fails("lamina: ", "-L", "evil:/loop", dir)
      assert.equal("", tree(dir))
    end)

    it("can't have files of the host changed", function()
      local file = helper.write(helper.tmpdir() .. "/f", "attack\n")
      for _, at in ipairs { "abs/new", "rel/new", "chain/new", "file", "loop" } do
        run("cp", file, "evil:/" .. at)
      end
      helper.sh(("tar -C %s -c f | %s"):format(file:match("(.*)/"),
        run:line("cp", "-", "evil:/abs")))
      assert.equal("secret f \n", tree(outside))
      assert.equal("secret\n", helper.read(outside .. "/secret"))
    end)

    it("can't hide links in what is copied: they stay links", function()
      local dir = helper.tmpdir()
      run:ok("cp", "evil:/d", dir)
      run:ok("cp", "evil:/file", dir)
      assert.equal("d d \nd/up l /\nfile l " .. outside .. "/secret\n", tree(dir))
    end)
  end)

  it("gives what comes out of a container no power over the host", function()
    local dir = helper.tmpdir()
    local status = run("run", "--name", "strong", "busybox", "sh", "-c", [[
      mkdir /d; mkfifo /d/pipe; echo x >/d/set-id; chmod 6755 /d/set-id
      mknod -m 666 /d/disk b 8 0; mknod -m 666 /d/null c 1 3; true]])
    assert.equal(0, status)
    local _, _, err = run("cp", "strong:/d", dir)
    assert.equal("d d \nd/pipe p \nd/set-id f \n", tree(dir))
    assert.equal("755\n", (select(2, helper.sh("stat -c %a " .. dir .. "/d/set-id"))))
    if helper.is_root then assert.equal("lamina: cp: 2 device nodes were left out\n", err) end
  end)

  it("wants exactly one side in a container, and says how", function()
    fails("one of SOURCE and TARGET is in a container: CONTAINER:PATH", "/a", "/b")
    fails("one of SOURCE and TARGET is in a container", "box:/a", "box:/b")
    fails("no container 'bok'\nhint: did you mean 'box'%?", "bok:/a", "/tmp")
  end)
end)
