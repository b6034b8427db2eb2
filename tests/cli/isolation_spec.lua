-- What a program in a container can reach (SECURITY: ESC-01 and on). The probes are busybox and
-- tests/support/probe.c, which is built static and mounted at /probe.
local fixtures = require "support.fixtures"
local fs = require "lamina.core.fs"
local helper = require "support.helper"

local is_amd64 = select(2, helper.sh "uname -m") == "x86_64\n"

local probe = helper.top .. "/" .. helper.build .. "/fixtures/probe"

local function build_probe()
  return helper.sh(([[
    set -e
    mkdir -p $(dirname %s); [ -x %s ] && exit 0
    cc -static-pie -O1 -o %s.$$ tests/support/probe.c
    mv %s.$$ %s]]):format(probe, probe, probe, probe, probe)) == 0
end

describe("a container", function()
  local run, has_probe

  setup(function()
    run = fixtures.busybox_store()
    has_probe = build_probe()
  end)
  teardown(helper.cleanup)

  --- Runs words in a new container; answers status, output, errors.
  local function container(options, ...)
    local words = { "--rm", "-v", probe .. ":/probe:ro" }
    if not has_probe then words = { "--rm" } end
    table.move(options, 1, #options, #words + 1, words)
    words[#words + 1] = "busybox"
    return run("run", table.unpack(table.move({ ... }, 1, select("#", ...), #words + 1, words)))
  end

  local function shell(text, ...)
    local _, out = container({ ... }, "sh", "-c", text)
    return out
  end

  local function probed(what, ...)
    if not has_probe then return pending("there is no static C library to build the probe with") end
    local words = { "/probe" }
    for word in what:gmatch("%S+") do words[#words + 1] = word end
    local status, out, err = container({ ... }, table.unpack(words))
    assert.equal("", err)
    assert.equal(0, status)
    return out
  end

  -- Each: identifier, what holds, the shell text, what it prints, options of run.
  local cases = {
    { "ESC-01", "has no descriptor but its own three", "ls /proc/self/fd", "0\n1\n2\n3\n" },
    { "ESC-02", "sees only its own processes", "ls -d /proc/[0-9]*", "/proc/1\n" },
    { "ESC-04", "can't mount, unmount or remount",
      "mount -t tmpfs x /tmp; umount /proc; mount -o remount,rw /sys; mount --bind / /tmp; "
        .. "mount | grep -c ' /tmp '", "0\n" },
    { "ESC-05", "can't write the kernel's settings", [[
      for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches \
        /proc/irq/default_smp_affinity /sys/kernel/uevent_helper /sys/power/state; do
        [ ! -e $f ] || (echo x >$f) 2>/dev/null && [ -e $f ] && echo "$f"; done; echo end]],
      "end\n" },
    { "ESC-05", "reads nothing from what is masked", [[
      for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts /proc/sched_debug; do
        [ ! -e $f ] || [ "$(head -c 1 $f | wc -c)" = 0 ] || echo $f; done
      for d in /proc/acpi /proc/scsi /proc/asound /sys/firmware; do
        [ ! -d $d ] || [ -z "$(ls -A $d)" ] || echo $d; done; echo end]], "end\n" },
    { "ESC-05", "can't become less likely to be killed for memory than the host allows",
      "echo -1000 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj",
      function(out) return tonumber(out) >= -999 or not helper.is_root end },
    { "ESC-05", "sees its cgroup as the root, read-only",
      "grep -v ':/$' /proc/self/cgroup; mkdir /sys/fs/cgroup/x 2>/dev/null && echo made; echo end",
      "end\n" },
    { "ESC-10", "has Docker's fourteen capabilities, none to inherit or ambient",
      "grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' /proc/self/status", [[
CapInh:	0000000000000000
CapPrm:	00000000a80425fb
CapEff:	00000000a80425fb
CapBnd:	00000000a80425fb
CapAmb:	0000000000000000
NoNewPrivs:	0
Seccomp:	2
]] },
    { "ESC-10", "keeps them from a user that isn't root",
      "grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status | tr -d '0:\\t\\n'",
      "CapInhCapPrmCapEffCapAmb", { "-u", "1000" } },
    { "ESC-10", "gains no privileges where that is asked for",
      "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1\n",
      { "--security-opt", "no-new-privileges" } },
    { "ESC-11", "has no controlling terminal", "(: </dev/tty) 2>&1; echo end", "tty.*\nend\n$" },
    { "ESC-11", "is the leader of its own session", "cut -d' ' -f5,6 /proc/self/stat",
      "1 1\n" },
    { "ESC-17", "has limits that can be read, and no core dump by default",
      "ulimit -c", "0\n" },
    { "ESC-18", "has exactly the documented environment", "env | sort",
      "^HOME=/root\nHOSTNAME=%x+\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        .. "\nPWD=/\nSHLVL=1\n$" },
    { "ESC-18", "sees nothing of our arguments",
      "cat /proc/*/cmdline | tr '\\0' ' ' | grep -c '[l]amina'", "0\n" },
  }
  for _, case in ipairs(cases) do
    it(case[2] .. " (" .. case[1] .. ")", function()
      local out = shell(case[3], table.unpack(case[5] or {}))
      if type(case[4]) == "function" then
        assert.is_truthy(case[4](out), out)
      elseif case[4]:find("^^") or case[4]:find("%$$") then
        assert.matches(case[4], out)
      else
        assert.equal(case[4], out)
      end
    end)
  end

  it("inherits none of the caller's descriptors, however many there are (ESC-01)", function()
    local opened = {}
    for fd = 5, 9 do opened[#opened + 1] = ("%d</etc/passwd"):format(fd) end
    local status, out = helper.sh(("exec %s; LAMINA_ROOT=%s %s run --rm busybox ls /proc/self/fd")
      :format(table.concat(opened, " "), helper.quote(run.root), helper.quote(helper.lamina_path)))
    assert.equal(0, status)
    assert.equal("0\n1\n2\n3\n", out)
  end)

  it("gets no file of the store where the caller has closed his streams (ESC-01)", function()
    local status, out = helper.sh(([[LAMINA_ROOT=%s %s run --rm busybox sh -c '
      readlink /proc/1/fd/0; readlink /proc/1/fd/2' <&- 2>&-]])
      :format(helper.quote(run.root), helper.quote(helper.lamina_path)))
    assert.equal(0, status)
    assert.equal("/dev/null\n/dev/null\n", out)
  end)

  it("finds nothing of ours through a descriptor's path (ESC-01)", function()
    for _, fd in ipairs { 3, 4, 5, 7, 10 } do
      local status, out, err = container({ "--entrypoint", ("/proc/self/fd/%d/bin/sh"):format(fd) },
        "-c", "echo in")
      assert.equal(127, status)
      assert.equal("", out)
      assert.matches("No such file", err)
      status = container({ "-w", ("/proc/self/fd/%d"):format(fd) }, "pwd")
      assert.not_equal(0, status)
    end
  end)

  it("never executes the host's program by way of /proc/self/exe (ESC-03)", function()
    if not has_probe then return pending("there is no static C library to build the probe with") end
    -- as the loader of lamina it would run with the host's file as its own
    local text = [[
      mkdir -p /lib64 && cp /probe /lib64/ld-linux-x86-64.so.2
      mkdir -p /lib && cp /probe /lib/ld-linux-aarch64.so.1
      printf '#!/proc/self/exe\n' >/script && chmod 755 /script && ln -s /proc/self/exe /link]]
    run:ok("run", "--name", "loader", "-v", probe .. ":/probe:ro", "busybox", "sh", "-c", text)
    run:ok("commit", "loader", "loader")
    run:ok("rm", "loader")
    for _, entry in ipairs { "/proc/self/exe", "/script", "/link", "/proc/1/exe" } do
      local status, out = run("run", "--rm", "--entrypoint", entry, "loader")
      assert.equal("", out)
      assert.equal(127, status)
      status, out = run("run", "--rm", "--init", "--entrypoint", entry, "loader")
      assert.equal("", out)
      assert.is_true(status == 127 or status == 126)
    end
  end)

  it("can't trace or read the first process of ours (ESC-02, CVE-2016-9962)", function()
    assert.equal("ptrace 1 EPERM\nmem 1 EACCES\nexe 1 EACCES\n", probed("ptrace", "--init"))
  end)

  it("is refused every call that isn't known to be harmless (ESC-04, ESC-06, ESC-13)", function()
    local count = 0
    for line in probed("calls"):gmatch("[^\n]+") do
      count = count + 1
      assert.matches(line:find("^clone3 ") and " ENOSYS$" or " EPERM$", line)
    end
    assert.is_true(count >= 35, count)
  end)

  it("is refused them by other doors into the kernel as well (ESC-06)", function()
    if not is_amd64 then return pending("only x86-64 has other doors that are tried") end
    local count = 0
    for line in probed("foreign"):gmatch("[^\n]+") do
      count = count + 1
      assert.matches(" EPERM$", line)
    end
    assert.is_true(count >= 5, count)
  end)

  it("may open sockets, but not of families that reach past the network (ESC-06)", function()
    assert.equal("unix ok\ninet ok\ninet6 ok\nnetlink ok\nalg EPERM\nvsock EPERM\n",
      probed("sockets"))
  end)

  it("may not push input into a terminal (ESC-11, CVE-2017-5226)", function()
    assert.equal("TIOCSTI ENOTTY\nTIOCLINUX ENOTTY\n/dev/tty ENXIO\n", probed("terminal"))
  end)

  for _, node in ipairs { "/dev/x", "/dev/shm/x", "/tmp/x", "/x" } do
    it("opens no device by a node of its own in " .. node .. " (ESC-07)", function()
      for _, device in ipairs { "c 1 3", "c 1 1", "c 10 200", "b 254 0" } do
        local out = probed(("node %s %s"):format(node, device))
        assert.equal(helper.is_root and "open EACCES\n" or "mknod EPERM\n", out)
      end
    end)
  end

  it("can't change the host's devices through its own (ESC-07)", function()
    local before = fs.stat("/dev/null").mode
    shell "chmod 600 /dev/null; chown 7 /dev/null; rm -f /dev/null; mv /dev/zero /dev/null"
    local after = fs.stat("/dev/null")
    assert.equal(before, after.mode)
    assert.equal(0, after.uid)
  end)

  it("reaches no abstract socket of the host but with the host's network (ESC-09)", function()
    if not has_probe then return pending("there is no static C library to build the probe with") end
    local name = "lamina-test-" .. fs.getpid()
    local pipe <close> = io.popen(("echo $$; exec %s listen %s"):format(probe, name))
    local pid = pipe:read("l")
    assert.equal("listening", pipe:read("l"))
    local none, host = probed("connect " .. name, "--network", "none"),
      probed("connect " .. name, "--network", "host")
    os.execute("kill " .. pid)
    assert.equal("connect ECONNREFUSED\n", none)
    assert.equal("connect ok\n", host)
  end)

  it("keeps set-id programs from working where that is asked for (ESC-10)", function()
    if not has_probe then return pending("there is no static C library to build the probe with") end
    local text = "cp /probe /p; chmod 4755 /p; chmod 755 /; busybox su guest -c '/p ids'"
    assert.equal("1000 0\n", shell(text))
    assert.equal("1000 1000\n", shell(text, "--security-opt", "no-new-privileges"))
  end)

  it("can't hurt the host's processes, and leaves none (ESC-08)", function()
    local pipe <close> = io.popen("echo $$; exec sleep 1000")
    local pid = pipe:read("l")
    local marker = tostring(100000 + fs.getpid())
    shell(([[
      (setsid sh -c 'trap "" TERM HUP; sleep %s' &) ; (sleep %s &)
      i=2; while [ $i -lt 300 ]; do kill -9 $i; i=$((i+1)); done 2>/dev/null
      kill -9 %s; kill -9 -1; exit 0]]):format(marker, marker, pid))
    assert.is_truthy(fs.read(("/proc/%s/comm"):format(pid)))
    os.execute("kill " .. pid)
    -- words end in NUL there, which makes it binary; a process that ends meanwhile is an error of
    -- grep's, so what it finds counts and not its status
    assert.equal("", select(2, helper.sh(
      ("grep -la '[s]leep.%s' /proc/[0-9]*/cmdline 2>/dev/null"):format(marker))))
  end)

  it("changes no mount of the host (ESC-04)", function()
    local before = fs.read "/proc/self/mountinfo"
    shell "mount --make-rshared /; mount -t tmpfs x /tmp; umount -l /"
    assert.equal(before, fs.read "/proc/self/mountinfo")
  end)

  it("passes many megabytes without a newline on (ESC-11)", function()
    local status, out = container({}, "sh", "-c", "head -c 20000000 /dev/zero")
    assert.equal(0, status)
    assert.equal(20000000, #out)
  end)

  -- ESC-17: a root file system that lies. Each is made in a container and run as an image.
  local hostile = {
    ["/proc, /sys and /dev that are links out"] =
      "mkdir /x; for d in proc sys dev; do ln -s /tmp/out /x/$d; done",
    ["/proc that is a file"] = "mkdir /x; touch /x/proc",
    ["/dev that is a FIFO"] = "mkdir /x; mkfifo /x/dev",
    ["/etc that is a link out"] = "mkdir /x; ln -s /tmp/out /x/etc",
  }
  for name, text in pairs(hostile) do
    it("isn't started on, or escapes from, " .. name .. " (ESC-17)", function()
      local dir = helper.tmpdir()
      local made = text:gsub("/x", "x"):gsub("/tmp/out", dir .. "/out")
      assert.equal(0, (helper.sh(([[set -e; mkdir %s/out; touch %s/out/canary; cd %s; %s
        mkdir -p x/bin; cp $(which busybox) x/bin/sh; tar -C x -cf x.tar .]])
        :format(dir, dir, dir, made))))
      run:ok("import", dir .. "/x.tar", "hostile")
      local status, _, err = run("run", "--rm", "hostile", "sh", "-c", "exit 0")
      if status ~= 0 then assert.matches("^lamina: ", err) end
      assert.same({ "canary" }, fs.list(dir .. "/out"))
    end)
  end

  describe("makes no device node by what it says of a file,", function()
    --- As what the layers of an image have a file: a letter for each, as tar tells it.
    local function listed(image, path)
      local out = helper.tmpdir() .. "/layout"
      run:ok("save", "--format", "oci-dir", "--compress", "none", "-o", out, image)
      local _, lines = helper.sh(("for f in %s/blobs/sha256/*; do tar -tvf $f %s 2>/dev/null; done")
        :format(out, path))
      return (("\n" .. lines):gsub("\n(.?)[^\n]*", "%1"))
    end

    it("neither in a step whose files somebody makes his own", function()
      if not has_probe then return pending("there is no static C library to build it with") end
      local dir = helper.tmpdir()
      helper.sh(("cp %s %s/probe"):format(probe, dir))
      helper.write(dir .. "/recipe.lua", [[
        return from("busybox"):copy("probe", "/probe", { chmod = "755" })
          :run("mkdir /w; chmod 777 /w")
          :run({ "/probe", "mark", "/w/disk" }, { user = "1:1" })
          :run "chown -R 0:0 /w"]])
      run:ok("build", "-q", "-t", "marked", dir)
      assert.equal("--", listed("marked", "w/disk"))
    end)

    it("nor in a container that is committed", function()
      if not has_probe then return pending("there is no static C library to build it with") end
      assert.equal("mark ok\n", run:ok("run", "--name", "marks", "-v", probe .. ":/probe:ro",
        "busybox", "/probe", "mark", "/disk"))
      run:ok("commit", "marks", "committed")
      assert.equal("-", listed("committed", "disk"))
      run:ok("rm", "marks")
    end)
  end)
end)
