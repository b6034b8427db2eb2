local boxed = require "support.boxed"
local helper = require "support.helper"

local output, outcome = boxed.output, boxed.outcome

if helper.is_under_valgrind() then return end

describe("lamina.core.namespace", function()
  after_each(helper.cleanup)

  describe("enter", function()
    it("tells who we were, and which ids there are", function()
      local out = output [=[
        print(home.rootless, home.userxattr, home.ids >= 1, home.uid, fs.getuid())]=]
      if helper.is_root then
        assert.equal("false\tfalse\ttrue\t0\t0\t0\n", out)
      else
        assert.matches("^true\ttrue\ttrue\t%d+\t0\t0\n$", out)
      end
    end)

    it("keeps what is mounted from everybody else", function()
      local before = helper.read "/proc/self/mountinfo"
      assert.equal("true\n", output [=[
        local before = fs.read "/proc/self/mountinfo"
        os.execute("mount -t tmpfs x " .. dir)
        print(before ~= fs.read "/proc/self/mountinfo")]=])
      assert.equal(before, helper.read "/proc/self/mountinfo")
    end)

    it("joins the home of another process", function()
      local dir = helper.tmpdir()
      local first = helper.write(dir .. "/first.lua", ([[
        local fs, namespace = require "lamina.core.fs", require "lamina.core.namespace"
        assert(namespace.enter())
        assert(os.execute "mount -t tmpfs x %s && echo there >%s/file")
        print(fs.getpid())
        io.stdout:flush()
        io.read()]]):format(dir, dir))
      local second = helper.write(dir .. "/second.lua", ([[
        local fs, namespace = require "lamina.core.fs", require "lamina.core.namespace"
        local home = assert(namespace.enter { join = tonumber(arg[1]) })
        print(fs.read "%s/file", home.ids >= 1, select(2, fs.getuid()))
        print(select(2, namespace.enter { join = 999999999 }).errno)]]):format(dir))
      local status, out, err = helper.sh(([[
        mkfifo %s/hold
        exec 3<>%s/hold
        lua5.4 %s <&3 >%s/pid &
        while ! grep -q . %s/pid; do sleep 0.01; done
        lua5.4 %s $(cat %s/pid); status=$?
        echo >&3; wait; exit $status]]):format(dir, dir, first, dir, dir, second, dir))
      assert.equal("", err)
      assert.equal(0, status)
      assert.equal("there\n\ttrue\t0\nESRCH\n", out)
    end)

    it("raises for misuse at the caller's line", function()
      assert.matches("script.lua:%d+: unknown option 'pid'", output [=[
        print(select(2, pcall(function() namespace.enter { pid = 1 } end)))]=])
    end)

    it("says why where the kernel gives no user namespace", function()
      if helper.is_root then return pending "the real root needs none" end
      for errno, message in pairs { EPERM = "the kernel doesn't let an ordinary user make one",
        EINVAL = "the kernel doesn't let an ordinary user make one",
        ENOSPC = "the limit user.max_user_namespaces is reached" } do
        local status, _, err = outcome("", ("strace -f -qq -o /dev/null -e trace=unshare "
          .. "-e inject=unshare:error=%s"):format(errno))
        assert.not_equal(0, status)
        assert.matches(message, err)
      end
    end)
  end)

  describe("start", function()
    it("runs a program and tells its status", function()
      assert.equal("hello\n\t3\tnil\n", output [=[
        local text, status = run "echo hello; exit 3"
        print(text, status.exited, status.signal)]=])
      assert.equal("9\tSIGKILL\n", output [=[
        local process <close> = sh "sleep 1000"
        assert(process:kill "kill")
        local status = assert(process:wait())
        print(status.signal, status.name)]=])
    end)

    it("tells a program that isn't there from one that can't be executed", function()
      assert.equal("127\tENOENT\tnone: No such file or directory\n"
        .. "127\tENOENT\t/bin/none: No such file or directory\n"
        .. "126\tEACCES\t/etc/passwd: Permission denied\n"
        .. "126\tEACCES\tpasswd: Permission denied\n"
        .. "126\tENOEXEC\tscript: Exec format error\n", output [=[
        assert(fs.write(dir .. "/root/script", "echo no magic", { mode = 493 }))
        for _, name in ipairs { "none", "/bin/none", "/etc/passwd", "passwd", "script" } do
          local none, err = namespace.start(spec { args = { name },
            env = { "PATH=/bin::/etc:/none:/" } })
          print(err.status, err.errno, err.message)
        end]=])
    end)

    it("looks a program up in the container's own PATH, never in the working directory", function()
      assert.equal("127\n127\n0\n", output [=[
        assert(fs.write(dir .. "/root/mine", "#!/bin/sh\n", { mode = 493 }))
        for _, path in ipairs { "PATH=", "PATH=:/bin:", "PATH=/bin:/" } do
          local process, err = namespace.start(spec { args = { "mine" }, env = { path } })
          print(process and process:wait().exited or err.status)
        end]=])
    end)

    it("gives it exactly the arguments, environment and directory it is told", function()
      assert.equal("A=b\nPATH=/bin\nPWD=/tmp\nSHLVL=1\nzero|one two||\n/tmp\n", output [=[
        local process <close> = assert(namespace.start(spec {
          args = { "sh", "-c", [[env | sort; echo "$0|$1|$2|"; pwd]], "zero", "one two", "" },
          env = { "PATH=/bin", "A=b" }, cwd = "/tmp" }))
        assert(process:wait())
        io.write(written())]=])
    end)

    it("runs it as whoever it is told, with these groups and no others", function()
      local out = output [=[
        local user = { uid = 1000, gid = 1001, groups = { 1001, 7, 8 } }
        if home.ids == 1 then user = { uid = 0, gid = 0, groups = { 0 } } end
        io.write((run("echo $(id -u) $(id -g) $(id -G)", { user = user })))]=]
      if helper.is_root then assert.equal("1000 1001 1001 7 8\n", out) end
      assert.is_true(out:find("^1000 1001 1001 7 8\n") ~= nil or out:find("^0 0 0") ~= nil)
    end)

    it("has resource limits where they are given", function()
      assert.equal("64\n128\n0\n", output [=[
        io.write((run("ulimit -Sn; ulimit -Hn; ulimit -c",
          { rlimits = { nofile = { 64, 128 }, core = { 0, 0 } } })))]=])
    end)

    it("has the capabilities it is given, and no others", function()
      assert.equal("CapEff:\t0000000000000021\nCapBnd:\t0000000000000021\n", output [=[
        io.write((run("grep -E 'Cap(Eff|Bnd)' /proc/self/status",
          { capabilities = { "CHOWN", "cap_kill" } })))]=])
      assert.equal("nil\tnil\tunknown capability 'FLY'\n", output [=[
        fails(namespace.start(spec { args = { "true" }, capabilities = { "FLY" } }))]=])
    end)

    it("can do without the system-call filter", function()
      assert.equal("Seccomp:\t0\n", output [=[
        io.write((run("grep ^Seccomp: /proc/self/status", { seccomp = false })))]=])
    end)

    it("may have a read-only root", function()
      assert.equal("1\n", output [=[
        print(select(2, run("exec 2>/dev/null; echo x >/file", { readonly = true })).exited)]=])
    end)

    it("mounts directories, files and memory where it is told", function()
      assert.equal("from a file\nfrom a folder\nread-only\n1024\n", output [=[
        assert(fs.write(dir .. "/a", "from a file\n"))
        assert(fs.write(folder "b" .. "/x", "from a folder\n"))
        local b <close> = assert(fs.open(dir .. "/b", "path"))
        local stubs <close> = assert(namespace.prepare(root, { { path = "/m/a", kind = "file" },
          { path = "/m/b" }, { path = "/m/c", kind = "dir" } }))
        io.write((run([[cat /m/a /m/b/x; (: >/m/b/y) 2>/dev/null || echo read-only
          df -k /m/c | tail -1 | tr -s ' ' | cut -d' ' -f2]], { mounts = {
          { source = dir .. "/a", target = "/m/a" },
          { type = "bind", fd = b:fd(), target = "/m/b", readonly = true },
          { type = "tmpfs", target = "/m/c", size = "1m" } } })))]=])
    end)

    it("never mounts on a link, and says which", function()
      assert.matches("^nil\tELOOP\t.*/link", output [=[
        assert(fs.symlink(dir .. "/outside", dir .. "/root/link"))
        fails(namespace.start(spec { args = { "true" }, mounts = {
          { type = "tmpfs", target = "/link" } } }))]=])
    end)

    it("gives it a terminal whose other side is ours", function()
      assert.equal("/dev/pts/0\n24 80\n", output [=[
        local process <close> = sh("tty; read line; stty size", { terminal = true })
        require("lamina.core.terminal").set_size(process:terminal(), 24, 80)
        local uv, text = require "luv", ""
        uv.fs_write(process:terminal(), "\n", -1) -- goes on; it is echoed
        repeat
          local bytes = uv.fs_read(process:terminal(), 100, -1)
          text = text .. (bytes or "")
        until not bytes or bytes == ""
        io.write((text:gsub("[\r\n]+", "\n"):gsub("^\n", "")))]=])
    end)

    it("may have a first process that reaps, and passes the status on", function()
      assert.equal("2\t7\n", output [=[
        local text, status = run("echo $$; exit 7", { init = true })
        print(text:match("%d+"), status.exited)]=])
    end)

    it("kills it and everything it started when it is closed", function()
      assert.equal("true\n", output [=[
        local process = sh "(setsid sleep 1000 &); trap '' TERM; sleep 1000; sleep 1000"
        local pid = process:pid()
        poll(function() return (fs.read("/proc/" .. pid .. "/task/" .. pid .. "/children")
          or ""):find("%d") end)
        process:close()
        process:close()
        print(fs.stat("/proc/" .. pid) == nil and children() == "")]=])
    end)

    it("leaves no descriptor and no process, whether it starts or not", function()
      assert.equal("true\n", output [=[
        run "true"
        local before = descriptors()
        for _ = 1, 5 do
          do local _process <close> = sh "sleep 1000" end
          sh "true"
          namespace.start(spec { args = { "none" } })
          namespace.start(spec { args = { "true" }, cwd = "/none" })
          namespace.start(spec { args = { "true" }, mounts = {
            { type = "bind", source = dir, target = "/tmp" },
            { type = "bind", source = "/none", target = "/tmp" } } })
        end
        print(descriptors() == before and children() == "")]=])
    end)

    it("raises for misuse at the caller's line", function()
      local cases = {
        { "{}", "option 'args': table expected" },
        { "spec { args = {} }", "option 'args' is empty" },
        { "spec { args = { 1 } }", "option 'args': strings expected" },
        { "spec { args = { 'a\\0b' } }", "zero byte" },
        { "spec { args = { 'a' }, env = { 'A=\\0' } }", "zero byte" },
        { "spec { args = { 'a' }, cwd = 1 }", "option 'cwd': string expected" },
        { "spec { args = { 'a' }, root = -1 }", "option 'root'" },
        { "spec { args = { 'a' }, network = 'x' }", "option 'network'" },
        { "spec { args = { 'a' }, user = 1 }", "option 'user'" },
        { "spec { args = { 'a' }, user = { uid = -1 } }", "option 'uid'" },
        { "spec { args = { 'a' }, user = { uid = 1 << 32 } }", "option 'uid'" },
        { "spec { args = { 'a' }, user = { uid = 1, groups = { -1 } } }", "option 'groups'" },
        { "spec { args = { 'a' }, rlimits = { files = { 1, 1 } } }", "unknown option 'files'" },
        { "spec { args = { 'a' }, rlimits = { nofile = 1 } }", "option 'nofile'" },
        { "spec { args = { 'a' }, mounts = { { type = 'x', target = '/' } } }", "bind" },
        { "spec { args = { 'a' }, mounts = { { type = 'tmpfs' } } }", "needs a target" },
        { "spec { args = { 'a' }, mounts = { { type = 'tmpfs', target = '/', size = '1,x=y' } } }",
          "option 'size'" },
        { "spec { args = { 'a' }, capability = {} }", "unknown option 'capability'" },
      }
      local text = {}
      for i, case in ipairs(cases) do
        text[i] = ("print(select(2, pcall(function() namespace.start(%s) end)))"):format(case[1])
      end
      local at = 0
      for line in output(table.concat(text, "\n")):gmatch("[^\n]+") do
        at = at + 1
        assert.matches("script.lua:%d+: ", line)
        assert.matches(cases[at][2], line)
      end
      assert.equal(#cases, at)
    end)
  end)
end)
