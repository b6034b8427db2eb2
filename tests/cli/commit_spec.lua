-- What commit makes of a container; numbers are those of SEMANTICS.
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina commit", function()
  local run, busybox

  setup(function()
    run, busybox = fixtures.busybox_store()
  end)
  teardown(helper.cleanup)

  local function box(name, text, ...)
    local words = { "run", "--name", name, ... }
    words = table.move({ "busybox", "sh", "-c", text or "true" }, 1, 4, #words + 1, words)
    run:ok(table.unpack(words))
  end

  local function image(id)
    return json.decode(run:ok("inspect", "--type", "image", (id:gsub("%s", ""))))[1]
  end

  --- The layer's entries on disk, but for directories that only lead to them.
  local function files_of(id)
    local layers = image(id).RootFS.Layers
    local dir = run.root .. "/layers/" .. layers[#layers]:sub(8)
    return select(2, helper.sh("cd " .. dir .. " && find . ! -name . -printf '%P %y\n' | sort"))
  end

  local function history(id)
    return run:ok("history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Comment}}|{{.Size}}",
      (id:gsub("%s", "")))
  end

  it("prints the image's id, which is the digest of its configuration", function()
    box("one", "echo content >/new")
    local id = run:ok("commit", "one", "one:tag")
    assert.matches("^sha256:%x+\n$", id)
    assert.equal(id, run:ok("images", "-q", "--no-trunc", "one:tag"))
    local blob = run.root .. "/blobs/sha256/" .. id:match(":(%x+)")
    assert.equal(id:match(":(%x+)"), (select(2, helper.sh("sha256sum <" .. blob)):match("%x+")))
    assert.equal("content\n", run:ok("run", "--rm", "one:tag", "cat", "/new"))
  end)

  it("makes an image without a name, too, and moves a name that another one has (96)", function()
    box("two", "echo a >/a")
    local first = run:ok("commit", "two")
    assert.same({}, image(first).RepoTags)
    run:ok("commit", "two", "moving")
    run:ok("start", "-a", "two")
    box("three", "echo b >/b")
    local second = run:ok("commit", "three", "moving")
    assert.same({ "moving:latest" }, image(second).RepoTags)
    assert.same({}, image(first).RepoTags)
  end)

  describe("the layer", function()
    it("holds changes and nothing else: the unchanged is left out (78)", function()
      box("touched", [[
        echo new >/etc/new; rm /bin/yes
        chmod 755 /bin/busybox; : >>/etc/passwd; touch -r /root /root]])
      local id = run:ok("commit", "touched")
      assert.equal("bin d\nbin/yes c\netc d\netc/new f\n", files_of(id))
    end)

    it("63, 94: has no mount point, no stub, nothing of /dev, /proc, /sys, no volume", function()
      box("mounts", [[
        echo x >/vol/f; echo x >/deep/er/f; echo x >>/etc/hosts; echo x >/dev/shm/f
        echo real >/real]],
        "-v", "/vol", "-v", "name:/deep/er")
      assert.equal("real f\n", files_of(run:ok("commit", "mounts")))
    end)

    it("isn't made when nothing was changed (95)", function()
      box("empty")
      local id = run:ok("commit", "-m", "nothing", "empty")
      assert.equal(1, #image(id).RootFS.Layers)
      assert.matches("^sh %-c true|nothing|0B\n", history(id))
    end)

    it("is the same for the same changes, whenever they are made", function()
      box("same1", "echo x >/x; touch -d @1000000000 /x /")
      box("same2", "echo x >/x; touch -d @1000000000 /x /")
      local one, other = image(run:ok("commit", "same1")), image(run:ok("commit", "same2"))
      assert.equal(one.RootFS.Layers[2], other.RootFS.Layers[2])
    end)

    it("keeps hard links, modes, owners and deleted directories", function()
      box("kinds", [[
        echo x >/a; ln /a /b; chmod 4711 /a; rm -r /var/lib; mkdir /var/lib; mkfifo /pipe
        ln -s /a /link; mkdir -m 1777 /sticky]])
      run:ok("commit", "kinds", "kinds")
      assert.equal("4711 2\n0\nfifo\n/a\n1777\n", run:ok("run", "--rm", "kinds", "sh", "-c", [[
        stat -c '%a %h' /b; ls -A /var/lib | wc -l; stat -c %F /pipe; readlink /link
        stat -c %a /sticky]]))
    end)
  end)

  it("82: has all names of a file of the image that was linked", function()
    box("linked", "ln /etc/passwd /second")
    local id = run:ok("commit", "linked", "linked")
    assert.equal("etc d\netc/passwd f\nsecond f\n", files_of(id))
    assert.equal("2 2\n", run:ok("run", "--rm", "linked", "sh", "-c",
      "echo $(stat -c %h /etc/passwd /second)"))
  end)

  it("goes on with the container: what follows is one more layer", function()
    box("steps", "echo 1 >>/log")
    local first = image(run:ok("commit", "steps"))
    assert.equal("", run:ok("start", "-a", "steps"))
    local second = image(run:ok("commit", "steps", "steps"))
    assert.equal(2, #first.RootFS.Layers)
    assert.equal(3, #second.RootFS.Layers)
    assert.equal(first.RootFS.Layers[2], second.RootFS.Layers[2])
    assert.equal("1\n1\n", run:ok("run", "--rm", "steps", "cat", "/log"))
    assert.equal("A /log\n", run:ok("diff", "steps"))
  end)

  describe("the configuration (92)", function()
    it("has the command that was run, and what its options said", function()
      box("conf", "true", "-e", "A=1", "-w", "/tmp", "-l", "who=me", "-u", "0", "--hostname", "h",
        "-v", "/anonymous")
      local config = image(run:ok("commit", "conf")).Config
      assert.same({ "sh", "-c", "true" }, config.Cmd)
      assert.same({ "A=1" }, config.Env)
      assert.equal("/tmp", config.WorkingDir)
      assert.equal("0", config.User)
      assert.same({ who = "me" }, config.Labels)
      assert.is_nil(config.host)
    end)

    it("92: joins variables, labels, ports and volumes with the image's", function()
      box("base92")
      run:ok("commit", "-c", "ENV A=1 B=1", "-c", "LABEL a=1 b=1", "-c", "EXPOSE 80", "-c",
        "VOLUME /v", "base92", "base92")
      run:ok("run", "--name", "over92", "-e", "B=2", "-e", "C=2", "-l", "b=2", "base92", "true")
      local config = image(run:ok("commit", "-c", "EXPOSE 81", "-c", "VOLUME /w", "over92")).Config
      table.sort(config.Env)
      assert.same({ "A=1", "B=2", "C=2" }, config.Env)
      assert.same({ a = "1", b = "2" }, config.Labels)
      assert.same({ ["80/tcp"] = {}, ["81/tcp"] = {} }, config.ExposedPorts)
      assert.same({ ["/v"] = {}, ["/w"] = {} }, config.Volumes)
    end)

    it("92: keeps --entrypoint, with no command of the image", function()
      run:ok("run", "--name", "entry92", "--entrypoint", "true", "busybox")
      local config = image(run:ok("commit", "entry92")).Config
      assert.same({ "true" }, config.Entrypoint)
      assert.is_nil(config.Cmd)
    end)

    it("doesn't bring an entry point back that was taken away", function()
      box("entered")
      run:ok("commit", "-c", 'ENTRYPOINT ["echo"]', "-c", 'CMD ["x"]', "entered", "entered")
      run:ok("run", "--name", "left", "--entrypoint", "", "entered", "true")
      local config = image(run:ok("commit", "left")).Config
      assert.is_nil(config.Entrypoint)
      assert.same({ "true" }, config.Cmd)
      run:ok("run", "--name", "stayed", "entered")
      config = image(run:ok("commit", "-c", "ENTRYPOINT []", "stayed")).Config
      assert.is_nil(config.Entrypoint)
      assert.is_nil(config.Cmd)
    end)

    it("92: fills what a health check leaves out from the image's", function()
      box("healthy")
      run:ok("commit", "-c", "HEALTHCHECK --interval=30s --retries=4 CMD a", "healthy", "healthy")
      run:ok("run", "--name", "healthy2", "healthy", "true")
      local id = run:ok("commit", "-c", "HEALTHCHECK --retries=2 CMD b", "healthy2")
      assert.same({ Test = { "CMD-SHELL", "b" }, Interval = 30000000000, Retries = 2 },
        image(id).Config.Healthcheck)
    end)

    it("93: applies --change as a Dockerfile's lines, with expansion", function()
      box("changed")
      local config = image(run:ok("commit", "-c", "ENV A=a B=b", "--change", "ENV C=$A/$B",
        "-c", "WORKDIR /$A", "-c", 'CMD ["git"]', "changed")).Config
      assert.same({ "A=a", "B=b", "C=a/b" }, config.Env)
      assert.equal("/a", config.WorkingDir)
      assert.same({ "git" }, config.Cmd)
    end)

    it("93: refuses other instructions, and makes nothing then", function()
      local before = run:ok("images", "-aq")
      local status, out, err = run("commit", "-c", "RUN make", "changed", "never")
      assert.equal(1, status)
      assert.equal("", out)
      assert.matches("lamina: %-%-change 'RUN make': RUN can't be applied to an image\nhint: ", err)
      assert.equal(before, run:ok("images", "-aq"))
    end)
  end)

  describe("the history", function()
    it("has the command, the message and the layer's size (87, 88)", function()
      box("told", "echo 12345 >/f")
      local id = run:ok("commit", "-m", "a message", "told")
      assert.equal("sh -c echo 12345 >/f|a message|6B\n",
        history(id):match("^[^\n]*\n"))
      assert.equal(2, select(2, history(id):gsub("\n", "")))
    end)

    it("93: has the author, or the base image's", function()
      box("author")
      assert.equal("Ann", image(run:ok("commit", "-a", "Ann", "author", "by-ann")).Author)
      run:ok("run", "--name", "author2", "by-ann", "true")
      assert.equal("Ann", image(run:ok("commit", "author2")).Author)
      assert.equal("Bob", image(run:ok("commit", "--author", "Bob", "author2")).Author)
    end)

    it("takes its time from SOURCE_DATE_EPOCH", function()
      box("dated")
      local _, id = helper.sh("SOURCE_DATE_EPOCH=1000000000 " .. run:line("commit", "dated"))
      assert.equal("2001-09-09T01:46:40Z", image(id).Created)
      local status, _, err = helper.sh("SOURCE_DATE_EPOCH=now " .. run:line("commit", "dated"))
      assert.equal(2, status)
      assert.matches("SOURCE_DATE_EPOCH 'now' is not a number of seconds", err)
    end)
  end)

  describe("--dry-run", function()
    it("lists what the layer would hold, and does nothing", function()
      box("dry", "echo 12345 >/f; rm /bin/yes; mkdir /d")
      local before = run:ok("images", "-aq")
      assert.equal("C /bin\t0B\nD /bin/yes\t-\nA /d\t0B\nA /f\t6B\n",
        run:ok("commit", "--dry-run", "dry", "unused"))
      assert.equal(before, run:ok("images", "-aq"))
      assert.equal("C /bin\nD /bin/yes\nA /d\nA /f\n", run:ok("diff", "dry"))
    end)
  end)

  describe("a running container", function()
    --- Starts one and waits until the shell text inside says yes.
    local function start(name, text, until_text)
      run:ok("run", "-d", "--name", name, "-v", "/vol", "busybox", "sh", "-c", text)
      run:wait_for(name, until_text)
    end

    -- Two files grow in step; a large one lies between them in the order of reading.
    local counting = "head -c 30000000 /dev/zero >/m; while :; do echo >>/a; echo >>/z; done"

    it("94: is frozen while it is read, and goes on", function()
      start("busy", counting, "test -s /z")
      local both = run:line("commit", "busy", "busy:1") .. " & "
        .. run:line("commit", "busy", "busy:2") .. " & wait"
      assert.equal(2, select(2, select(2, helper.sh(both)):gsub("sha256:", "")))
      local a, z
      for _, tag in ipairs { "1", "2" } do
        local sizes = run:ok("run", "--rm", "busy:" .. tag, "sh", "-c", "wc -c </a; wc -c </z")
        a, z = sizes:match("(%d+)%s+(%d+)")
        assert.is_true(a == z or tonumber(a) == z + 1, sizes)
      end
      run:wait_for("busy", "test $(wc -c </a) -gt " .. a)
      assert.matches("sha256", run:ok("commit", "--pause=false", "busy"))
      run:ok("rm", "-f", "busy")
    end)

    it("goes on when the commit is killed in the middle, and can be committed again", function()
      start("hostage", counting, "test -s /z")
      local pid = run:ok("inspect", "--format", "{{.State.Pid}}", "hostage"):match("%d+")
      local status = helper.sh(([[
        state() { sed 's/.*) //; s/ .*//' /proc/%s/stat; }
        %s & commit=$!
        for i in $(seq 2000); do test "$(state)" = T && frozen=yes && break; done
        kill -KILL $commit; wait
        test "$frozen" = yes || exit 3
        for i in $(seq 2000); do test "$(state)" = T || exit 0; done
        exit 4]]):format(pid, run:line("commit", "hostage")))
      assert.equal(0, status)
      assert.matches("^sha256:", run:ok("commit", "hostage"))
      run:ok("rm", "-f", "hostage")
    end)

    it("has no mount, stub or volume in the layer either (63, 94)", function()
      start("alive", "echo v >/vol/f; echo r >/real; sleep 1000", "test -s /real")
      assert.equal("A /real\t2B\n", run:ok("commit", "--dry-run", "alive"))
      assert.equal("real f\n", files_of(run:ok("commit", "alive")))
      assert.equal("A /real\n", run:ok("diff", "alive"))
      run:ok("rm", "-f", "alive")
    end)
  end)

  it("leaves the image it came from as it was", function()
    assert.equal(busybox, run:ok("images", "-q", "--no-trunc", "busybox"):match("%S+"))
    assert.equal(1, (run("run", "--rm", "busybox", "test", "-e", "/new")))
  end)

  it("says what is wrong", function()
    local function fails(status, pattern, ...)
      local code, _, err = run("commit", ...)
      assert.matches(pattern, err)
      assert.equal(status, code)
    end
    fails(1, "no container 'on'\nhint: did you mean 'one'%?", "on", "x")
    fails(2, "argument missing: CONTAINER")
    fails(1, "invalid image name 'UPPER:x:y'", "one", "UPPER:x:y")
    fails(2, "unknown option '%-%-mesage'", "--mesage", "x", "one")
  end)
end)
