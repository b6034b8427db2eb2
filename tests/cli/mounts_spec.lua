-- What a run step can mount, option by option (SEMANTICS 63, 67, 70, 77); how secrets and agents
-- get into a step, and that nothing of it stays there.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("a mount of run", function()
  local run, dir

  local function build(mounts, command, ...)
    helper.write(dir .. "/recipe.lua", ([[local s = from "busybox":run
        "mkdir -p /s/d; echo -n one >/s/f; echo -n two >/s/d/g"
      return image(from "busybox":run(%q, { cache = false, network = "none", mounts = { %s } }),
        { name = "result" })]]):format(command, mounts))
    return run("build", "--progress", "plain", "-f", dir .. "/recipe.lua", dir .. "/context", ...)
  end

  --- What a command prints in a step with these mounts; lines of lamina's own left out.
  local function says(mounts, command, ...)
    local status, _, err = build(mounts, "(" .. command .. ") 2>&1 | sed 's/^/> /'", ...)
    if status ~= 0 then error(err, 2) end
    local lines = {}
    for line in err:gmatch("#%d+ > ([^\n]*)") do lines[#lines + 1] = line end
    return table.concat(lines, " ")
  end

  local function fails(pattern, mounts, ...)
    local status, _, err = build(mounts, "true", ...)
    assert.not_equal(0, status)
    assert.matches(pattern, err)
  end

  setup(function()
    run, dir = fixtures.busybox_store(), helper.tmpdir()
    helper.sh("mkdir -p " .. dir .. "/context/sub")
    helper.write(dir .. "/context/sub/file", "own")
    helper.write(dir .. "/context/left", "out")
    helper.write(dir .. "/context/.dockerignore", "left\n")
    helper.write(dir .. "/token", "hush")
  end)

  teardown(helper.cleanup)

  it("leaves nothing in the layer, neither files nor the place it had (63)", function()
    local status, _, why = build([[bind { target = "/m/bind", source = "sub" }, cache "/m/cache",
      tmpfs "/m/tmpfs", secret { id = "t", target = "/m/secret" }]], "touch /m/cache/x",
      "--secret", "id=t,src=" .. dir .. "/token")
    assert.equal(0, status, why)
    assert.equal("no\n", run:ok("run", "--rm", "--network", "none", "result", "sh", "-c",
      "[ -e /m ] || echo no"))
  end)

  describe("bind", function()
    it("shows the context, less what it excludes, and is read-only", function()
      assert.equal("own no ro", says([[bind { target = "/in" }]],
        "cat /in/sub/file; echo; [ -e /in/left ] || echo no; touch /in/x 2>/dev/null || echo ro"))
    end)

    it("shows a stage, a directory or a file of it", function()
      assert.equal("one", says('bind { target = "/in", from = s, source = "s" }', "cat /in/f"))
      assert.equal("two", says('bind { target = "/in", from = s, source = "/s/d/g" }', "cat /in"))
    end)

    it("can be written to with readonly = false; what is written is thrown away", function()
      local mounts = 'bind { target = "/in", from = s, source = "s", readonly = false }'
      assert.equal("new", says(mounts, "echo new >/in/f; cat /in/f"))
      assert.equal("one", says(mounts, "cat /in/f"))
    end)

    it("never writes to a file of the caller's, nor of a stage", function()
      local own = helper.tmpdir()
      helper.write(own .. "/f", "mine")
      local mounts = 'bind { target = "/in", from = "%s", source = "f", readonly = false }'
      assert.equal("new", says(mounts:format("own"), "echo new >/in; cat /in", "--build-context",
        "own=" .. own))
      assert.equal("mine", helper.read(own .. "/f"))
      mounts = 'bind { target = "/in", from = s, source = "s/f", readonly = false }'
      assert.equal("new", says(mounts, "echo new >/in; cat /in"))
      assert.equal("one", says(mounts, "cat /in"))
    end)

    it("shows the context's files as root's, as copy has them (51)", function()
      if not helper.is_root then return pending "an ordinary user gives nothing away" end
      local own = helper.tmpdir()
      assert.equal(0, helper.sh(("mkdir %s/d && touch %s/d/f && chown 7:7 %s/d/f"):format(own, own,
        own)))
      for _, readonly in ipairs { "true", "false" } do
        local mounts = 'bind { target = "/in", from = "own", readonly = %s }'
        assert.equal("0:0 0:0", says(mounts:format(readonly), "stat -c %u:%g /in/d /in/d/f",
          "--build-context", "own=" .. own))
      end
    end)

    it("is told where there is no such source", function()
      fails("'none' isn't in the build context", 'bind { target = "/in", source = "none" }')
    end)
  end)

  describe("cache", function()
    it("keeps what was written for steps with its id, whatever their target is", function()
      says('cache("/a", { id = "kept" })', "echo kept >/a/f")
      assert.equal("kept", says('cache("/b", { id = "kept" })', "cat /b/f"))
      assert.equal("kept ro", says('cache("/b", { id = "kept", readonly = true })',
        "cat /b/f; touch /b/g 2>/dev/null || echo ro"))
    end)

    it("begins with files of a stage, and has mode and owner", function()
      assert.equal("two 750 1:2", says(
        'cache("/c", { id = "seeded", from = s, source = "s/d", mode = 750, uid = 1, gid = 2 })',
        "cat /c/g; echo; stat -c '%a %u:%g' /c"))
    end)

    it("has one of three ways to share", function()
      for _, sharing in ipairs { "shared", "private", "locked" } do
        assert.equal("x", says(('cache("/c", { sharing = "%s" })'):format(sharing), "echo x"))
      end
      fails("shared, locked or private", 'cache("/c", { sharing = "mine" })')
    end)
  end)

  it("has a target that isn't lamina's own, whatever links lead to it (DF-10)", function()
    fails("nothing can be mounted on /proc/self", 'tmpfs "/proc/self"')
    for target, real in pairs { ["/l"] = "/", ["/p"] = "/proc", ["/l/sys/fs"] = "/sys/fs",
      ["/p/sys/kernel"] = "/proc/sys/kernel", ["/d"] = "/dev" } do
      local status, _, err = run("build", "-f", helper.write(dir .. "/Dockerfile", ([[FROM busybox
RUN ln -s / /l; ln -s l/proc /p; ln -s /dev /d
RUN --mount=type=tmpfs,target=%s true
]]):format(target)), dir)
      assert.equal(1, status)
      assert.matches(("Dockerfile:3: run: mount: nothing can be mounted on %s\n"):format(real), err,
        1, true)
    end
  end)

  it("has ids and modes that there can be", function()
    fails("cache: uid can't be %-1", 'cache("/c", { uid = -1 })')
    fails("secret: gid can't be 4294967295", 'secret { id = "t", gid = 4294967295 }')
    local status, _, err = run("build", "-f", helper.write(dir .. "/Dockerfile",
      "FROM busybox\nARG M=10000\nRUN --mount=type=cache,target=/c,mode=$M true\n"), dir)
    assert.equal(1, status)
    assert.matches("Dockerfile:3: run: mount: cache: mode can't be 4096", err, 1, true)
  end)

  it("tmpfs has a size and a mode", function()
    assert.equal("1777 1024", says('tmpfs { target = "/t", size = "1m", mode = 1777 }',
      "stat -c %a /t; stat -f -c '%b %S' /t | while read n s; do echo $((n * s / 1024)); done"))
  end)

  it("tmpfs has a size from a variable, with a unit too", function()
    local function shown(size)
      return run("build", "--build-arg", "S=" .. size, "--progress=plain", "-f",
        helper.write(dir .. "/Dockerfile", "FROM busybox\nARG S\n"
          .. "RUN --mount=type=tmpfs,target=/t,size=$S df -k /t\n"), dir)
    end
    for size, kilobytes in pairs { ["1m"] = 1024, ["2MiB"] = 2048, ["524288"] = 512 } do
      local status, _, err = shown(size)
      assert.equal(0, status, err)
      assert.matches("tmpfs +" .. kilobytes .. " ", err)
    end
    local status, _, err = shown "many"
    assert.equal(1, status)
    assert.matches("Dockerfile:3: run: mount: tmpfs: size can't be 'many'", err, 1, true)
    assert.equal("1024", says('tmpfs { target = "/t", size = "${S:-1m}" }',
      "df -k /t | awk 'END { print $2 }'"))
  end)

  it("one inside another can be reached by every user", function()
    assert.equal("755 755", says('tmpfs "/t", cache "/t/a/b/c"', "stat -c %a /t/a /t/a/b"))
  end)

  describe("secret", function()
    local given

    setup(function() given = "id=t,src=" .. dir .. "/token" end)

    it("is a file, 0400 and root's, or as it is asked for", function()
      assert.equal("hush 400 0:0", says('secret { id = "t" }',
        "cat /run/secrets/t; echo; stat -c '%a %u:%g' /run/secrets/t", "--secret", given))
      local mounts = 'secret { id = "t", target = "/x", mode = 440, uid = 1, gid = 2 }'
      assert.equal("440 1:2", says(mounts, "stat -c '%a %u:%g' /x", "--secret", given))
    end)

    it("is a variable, and then no file without a target", function()
      assert.equal("hush no", says('secret { id = "t", env = "T" }',
        "echo $T; [ -e /run/secrets/t ] || echo no", "--secret", given))
    end)

    it("may be missing unless it is required", function()
      assert.equal("no", says('secret { id = "t" }', "[ -e /run/secrets/t ] || echo no"))
      fails("the secret 't' isn't given", 'secret { id = "t", required = true }')
    end)

    it("comes out of a pipe, for every step that asks", function()
      local file = helper.write(dir .. "/Dockerfile", [[
FROM busybox
RUN --mount=type=secret,id=p,required cat /run/secrets/p; echo " >one"
RUN --mount=type=secret,id=p,required cat /run/secrets/p; echo " >two"
]])
      local _, _, err = helper.sh("printf hush | " .. run:line("build", "--progress", "plain", "-f",
        file, dir .. "/context", "--secret", "id=p,src=/dev/fd/0"))
      assert.matches("hush >one\n.*hush >two\n", err)
      helper.sh(("mkfifo %s/named"):format(dir))
      fails("named: not a regular file", 'secret { id = "t" }', "--secret",
        ("id=t,src=%s/named"):format(dir))
    end)

    it("changes no key (77)", function()
      helper.write(dir .. "/recipe.lua", [[return from "busybox":run("echo run; true",
        { mounts = { secret { id = "t" } }, network = "none" })]])
      run:ok("build", "-q", "-f", dir .. "/recipe.lua", "--secret", given, dir .. "/context")
      helper.write(dir .. "/other", "changed")
      local _, _, err = run("build", "--progress", "plain", "-f", dir .. "/recipe.lua", "--secret",
        "id=t,src=" .. dir .. "/other", dir .. "/context")
      assert.matches("CACHED", err)
    end)
  end)

  describe("ssh", function()
    local agent, key

    setup(function()
      key = dir .. "/key"
      local status, out = helper.sh(("ssh-keygen -q -t ed25519 -N '' -C testing -f %s && "
        .. "ssh-agent -a %s/agent && SSH_AUTH_SOCK=%s/agent ssh-add -q %s"):format(key, dir, dir,
        key))
      assert.equal(0, status)
      agent = out:match("SSH_AGENT_PID=(%d+)")
    end)
    teardown(function() os.execute("kill " .. agent) end)

    -- The host's own ssh-add, with its libraries, as files of the context.
    local list = "exec /h/ld.so --library-path /h /h/ssh-add -l"

    setup(function()
      assert.equal(0, (helper.sh(([==[mkdir %s/context/h && cd %s/context/h &&
        cp $(command -v ssh-add) . &&
        cp $(ldd ssh-add | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p') . &&
        cp $(ldd ssh-add | grep -o "/[^ ]*/ld-[^ ]*") ld.so]==]):format(
        dir, dir))))
    end)

    --- What ssh-add finds in a step.
    local function finds(...)
      return says('ssh {}, bind { target = "/h", source = "h" }', list, "--ssh", ...)
    end

    it("reaches the caller's agent, by SSH_AUTH_SOCK or by path", function()
      assert.matches("testing %(ED25519%)", finds("default=" .. dir .. "/agent"))
      local status, _, err = helper.sh(("SSH_AUTH_SOCK=%s/agent %s"):format(dir, run:line("build",
        "--progress", "plain", "--ssh", "default", "-f", dir .. "/recipe.lua", dir .. "/context")))
      assert.equal(0, status)
      assert.matches("testing %(ED25519%)", err)
    end)

    it("has the keys of files, and each id its own", function()
      assert.matches("testing %(ED25519%)", finds("default=" .. key))
      fails("can't be used", "ssh {}", "--ssh", "default=" .. dir .. "/token")
    end)

    it("lets a step use the keys, and not take them away, add one or lock them", function()
      helper.sh(("ssh-keygen -q -t ed25519 -N '' -C more -f %s/context/h/more"):format(dir))
      for _, words in ipairs { "-D", "-d /h/more", "/h/more", "-l" } do
        says('ssh {}, bind { target = "/h", source = "h" }',
          list:gsub("%-l$", words) .. "; true", "--ssh", "default=" .. dir .. "/agent")
      end
      local _, out = helper.sh("SSH_AUTH_SOCK=" .. dir .. "/agent ssh-add -l")
      assert.matches("^%S+ %S+ testing %(ED25519%)\n$", out)
    end)

    it("reaches users of the step that aren't root, where the socket is theirs", function()
      local socket = 'ssh { uid = 1000, gid = 1000 }, bind { target = "/h", source = "h" }'
      assert.matches("testing", says(socket, "su guest -s /bin/sh -c '" .. list .. "'", "--ssh",
        "default=" .. dir .. "/agent"))
    end)

    it("is refused where the caller has none", function()
      for word, pattern in pairs { [""] = "an id expected", ["default=/nowhere"] = "No such file",
        ["default=" .. dir] = "neither a socket nor a key" } do
        fails(pattern, "ssh {}", "--ssh", word)
      end
      local status, _, err = helper.sh("unset SSH_AUTH_SOCK; " .. run:line("build", "--ssh",
        "default", "-f", dir .. "/recipe.lua", dir .. "/context"))
      assert.equal(2, status)
      assert.matches("SSH_AUTH_SOCK isn't set", err)
    end)

    it("is a socket of the step's own, with mode and owner", function()
      assert.equal("600 0:0 /run/buildkit/ssh_agent.0", says("ssh {}",
        "echo $(stat -c '%a %u:%g' $SSH_AUTH_SOCK) $SSH_AUTH_SOCK", "--ssh",
        "default=" .. dir .. "/agent"))
      assert.equal("660 1:2 /x", says('ssh { target = "/x", mode = 660, uid = 1, gid = 2 }',
        "echo $(stat -c '%a %u:%g' $SSH_AUTH_SOCK) $SSH_AUTH_SOCK", "--ssh",
        "default=" .. dir .. "/agent"))
    end)

    it("may be missing unless it is required", function()
      assert.equal("none", says("ssh {}", "echo ${SSH_AUTH_SOCK:-none}"))
      fails("the ssh agent 'other' isn't given", 'ssh { id = "other", required = true }',
        "--ssh", "default=" .. dir .. "/agent")
    end)
  end)
end)
