-- The rest of lamina.core.namespace: what is done with processes, and around them.
local boxed = require "support.boxed"
local helper = require "support.helper"

local output = boxed.output

if helper.is_under_valgrind() then return end

describe("lamina.core.namespace", function()
  after_each(helper.cleanup)

  describe("a process", function()
    it("is waited for, also without waiting, and tells its end for ever", function()
      assert.equal("nil\n0\n0\ntrue\n", output [=[
        local process <close> = sh "sleep 1000"
        print(process:wait(true))
        local second <close> = sh "exit 0"
        print(second:wait().exited)
        print(second:wait(true).exited)
        print(second:pid() > 0)]=])
    end)

    it("takes signals by number and by name", function()
      assert.equal("143\n130\n139\n", output [=[
        for _, signal in ipairs { "TERM", "sigint", 11 } do
          local process <close> = sh("sleep 1000", { init = true })
          local pid = process:pid()
          poll(function() return (fs.read("/proc/" .. pid .. "/task/" .. pid .. "/children")
            or ""):find("%d") end)
          process:kill(signal)
          print(process:wait().exited)
        end]=])
    end)

    it("can't be signalled any more when it is gone", function()
      assert.equal("nil\tESRCH\nnil\tESRCH\nKILL\n", output [=[
        local function name(value, err) print(value, err.errno) end
        local ended <close> = sh "true"
        assert(ended:wait())
        name(ended:kill "TERM")
        local closed = sh "sleep 1000"
        closed:close()
        name(closed:kill "TERM")
        print((closed:wait().name:gsub("SIG", "")))]=])
    end)

    it("is attended in the foreground: its status comes back", function()
      assert.equal("5\n", output [=[
        local process <close> = sh "exit 5"
        print(process:attend { stdin = -1, stdout = -1 }.exited)]=])
    end)

    it("stops and goes on as a whole", function()
      assert.equal("T\tT\nS\tS\nnil\tEINVAL\nnil\tESRCH\n", output [=[
        local process <close> = sh "sleep 1000 & wait"
        local pid, child = process:pid(), nil
        local function state(of) return fs.read("/proc/" .. of .. "/stat"):match("%) (%a)") end
        poll(function()
          child = (fs.read("/proc/" .. pid .. "/task/" .. pid .. "/children") or ""):match("%d+")
          return child and fs.read("/proc/" .. child .. "/comm") == "sleep\n"
        end)
        assert(process:freeze())
        print(state(pid), state(child))
        assert(process:thaw())
        poll(function() return state(pid) == "S" and state(child) == "S" end)
        print(state(pid), state(child))
        assert(namespace.freeze(pid))
        assert(namespace.thaw(pid))
        local function name(value, err) print(value, err.errno) end
        name(namespace.freeze(fs.getpid()))
        name(namespace.freeze(999999999))]=])
    end)

    it("raises for misuse at the caller's line", function()
      local cases = {
        "process:kill 'nonsense'", "process:kill {}", "process.wait({})", "process:attend(1)",
        "namespace.attach 'x'", "namespace.attach(-1)", "namespace.freeze(0)",
        "namespace.join(1, { root = 3, args = { 'a' }, env = {} })",
        "namespace.join(1, { mounts = {}, args = { 'a' }, env = {} })",
        "namespace.spawn {}", "namespace.spawn { args = {} }",
        "namespace.spawn { args = { 'a' }, fds = { 'x' } }",
        "namespace.spawn { args = { 'a' }, fds = 1 }",
        "namespace.spawn { args = { 'a' }, fds = { 1.5 } }",
        "namespace.spawn { args = { 'a' }, cwd = '/' }",
        "namespace.prepare(root, 1)", "namespace.prepare(root, { {} })",
        "namespace.prepare(root, { { path = '/x', kind = 'fifo' } })",
        "namespace.prepare(root, { { path = 'a\\0b' } })",
        "namespace.resolve_user(root)", "namespace.daemonize()",
      }
      local text = { "local process <close> = sh 'sleep 1000'" }
      for _, case in ipairs(cases) do
        text[#text + 1] = ("print(select(2, pcall(function() local _ = %s end)))"):format(case)
      end
      local count = 0
      for line in output(table.concat(text, "\n")):gmatch("[^\n]+") do
        count = count + 1
        assert.matches("script.lua:%d+: ", line)
      end
      assert.equal(#cases, count)
    end)
  end)

  describe("join", function()
    it("starts a further process in a container's namespaces", function()
      assert.equal("box\nthere\n14\n", output [=[
        local process <close> = sh("echo there >/tmp/x; sleep 1000", { hostname = "box" })
        poll(function() return fs.read("/tmp/x", { root = root }) == "there\n" end)
        local second <close> = assert(namespace.join(process:pid(), {
          args = { "sh", "-c", "hostname; cat /tmp/x; ls /proc | grep -c '^[0-9]'; exit 14" },
          env = { "PATH=/bin" }, stdout = out:fd() }))
        local status = second:wait()
        io.write((written():gsub("%d+\n$", "")), status.exited, "\n")]=])
    end)

    it("gives it a terminal of the container's", function()
      assert.matches("^/dev/pts/%d+\r\n\n$", output [=[
        local process <close> = sh "sleep 1000"
        local second <close> = assert(namespace.join(process:pid(), {
          args = { "busybox", "tty" }, env = { "PATH=/bin" }, terminal = true }))
        assert(second:wait())
        print(require("luv").fs_read(second:terminal(), 100, -1))]=])
    end)

    it("tells what can't be executed, and who isn't there", function()
      assert.equal("127\tENOENT\n125\tESRCH\n", output [=[
        local process <close> = sh "sleep 1000"
        local none, err = namespace.join(process:pid(), { args = { "none" }, env = {} })
        print(err.status, err.errno)
        none, err = namespace.join(999999999, { args = { "none" }, env = {} })
        print(err.status, err.errno)]=])
    end)

    it("leaves no process and no descriptor", function()
      assert.equal("true\n", output [=[
        local process <close> = sh "sleep 1000"
        local function once(name)
          local second = namespace.join(process:pid(), { args = { name }, env = { "PATH=/bin" } })
          if second then second:close() end
        end
        once "true"
        local before, alone = descriptors(), children()
        for _ = 1, 5 do once "true" once "none" once "cat" end
        print(descriptors() == before and children() == alone)]=])
    end)
  end)

  it("attaches to somebody else's process, and leaves it alone", function()
    assert.equal("nil\n0\ntrue\nnil\tESRCH\n", output [=[
      local process <close> = sh "sleep 1000"
      local other = assert(namespace.attach(process:pid()))
      print(other:wait(true))
      other:close()
      other = assert(namespace.attach(process:pid()))
      assert(other:kill "KILL")
      print(assert(other:wait()).exited)
      print(process:wait().signal == 9)
      local none, err = namespace.attach(999999999)
      print(none, err.errno)]=])
  end)

  describe("spawn", function()
    it("runs a program of the host with the descriptors it is given", function()
      assert.equal("one\ntwo\n0\n1\n2\n3\n4\nA=b\n", output [=[
        assert(fs.write(dir .. "/one", "one\n"))
        assert(fs.write(dir .. "/two", "two\n"))
        local one <close> = assert(fs.open(dir .. "/one", "r"))
        local two <close> = assert(fs.open(dir .. "/two", "r"))
        local process <close> = assert(namespace.spawn {
          args = { "sh", "-c", "cat <&3; cat <&4; ls /proc/$$/fd; env | grep A=" },
          env = { "PATH=/usr/bin:/bin", "A=b" }, stdout = out:fd(), fds = { one:fd(), two:fd() } })
        assert(process:wait())
        io.write((written():gsub("10\n", "")))]=])
    end)

    it("may exchange its streams", function()
      assert.equal("swapped\n", output [=[
        local process <close> = assert(namespace.spawn {
          args = { "sh", "-c", "echo swapped >&2" }, stdout = 2, stderr = 1 })
        assert(process:wait())]=])
    end)

    it("says what can't be executed", function()
      assert.equal("nil\tENOENT\t/no/such/program: No such file or directory\n", output [=[
        fails(namespace.spawn { args = { "/no/such/program" } })]=])
    end)

    it("does so however few descriptors there may be", function()
      local status, out, err = boxed.outcome([=[
        fails(namespace.spawn { args = { "/no/such/program" }, fds = { 2 } })]=],
        "prlimit --nofile=60")
      assert.equal("", err)
      assert.equal(0, status)
      assert.equal("nil\tENOENT\t/no/such/program: No such file or directory\n", out)
    end)
  end)

  describe("prepare", function()
    it("makes what is missing, and takes it away again with the parents' times", function()
      assert.equal("dir\tfile\n\ntrue\ttrue\n", output [=[
        assert(fs.utime(dir .. "/root/etc", 1000000000))
        local made = assert(namespace.prepare(root, { { path = "/a/b/c" },
          { path = "/etc/new", kind = "file" }, { path = "/etc/passwd", kind = "file" } }))
        print(fs.stat("/a/b/c", { root = root }).type, fs.stat("/etc/new", { root = root }).type)
        made:remove()
        made:remove()
        print((fs.stat("/a", { root = root })) or "")
        print(fs.stat("/etc/passwd", { root = root }).size > 0,
          fs.stat("/etc", { root = root }).mtime == 1000000000)]=])
    end)

    it("leaves what isn't empty or isn't the same any more (CVE-2024-23652)", function()
      assert.equal("kept\ntrue\n", output [=[
        local outside = folder "outside"
        assert(fs.write(outside .. "/x", ""))
        local made = assert(namespace.prepare(root, { { path = "/full" }, { path = "/gone" },
          { path = "/file", kind = "file" } }))
        local at = ("/proc/self/fd/%d"):format(root)
        assert(fs.write(at .. "/full/x", "kept"))
        assert(fs.remove(at .. "/gone"))
        assert(fs.symlink(outside, at .. "/gone"))
        assert(fs.remove(at .. "/file"))
        assert(fs.link(at .. "/etc/passwd", at .. "/file"))
        made:remove()
        print(fs.read("/full/x", { root = root }))
        print(fs.stat(outside .. "/x") ~= nil and fs.readlink(at .. "/gone") == outside
          and fs.stat("/etc/passwd", { root = root }) ~= nil)]=])
    end)

    it("never leaves the root", function()
      assert.equal("nil\tENOENT\n0\ttrue\n", output [=[
        local outside = folder "outside"
        assert(fs.symlink(outside, dir .. "/root/out"))
        local none, err = namespace.prepare(root, { { path = "/out/x" } })
        print(none, err.errno)
        local made <close> = assert(namespace.prepare(root, { { path = "/../../y" } }))
        print(#fs.list(outside), fs.stat("/y", { root = root }) ~= nil)]=])
    end)

    it("leaves nothing of what it had made when it fails, though nobody collects it", function()
      assert.equal("nil\tENOTDIR\nnil\n", output [=[
        collectgarbage "stop"
        local none, err = namespace.prepare(root, { { path = "/new/a" },
          { path = "/etc/passwd/x" } })
        print(none, err.errno)
        print((fs.stat("/new", { root = root })))]=])
    end)
  end)

  describe("resolve_user", function()
    local function resolve(spec)
      return output(([=[
        local user, err = namespace.resolve_user(root, %q)
        if not user then print(err.errno, err.message) return end
        print(user.uid, user.gid, table.concat(user.groups, " "), user.home, user.name)]=])
        :format(spec))
    end

    it("takes names and numbers", function()
      for spec, expected in pairs {
        [""] = "0\t0\t0\t/root\troot\n", ["root"] = "0\t0\t0\t/root\troot\n",
        ["guest"] = "1000\t1000\t1000 1001\t/home/guest\tguest\n",
        ["1000"] = "1000\t1000\t1000 1001\t/home/guest\tguest\n",
        ["guest:extra"] = "1000\t1001\t1001\t/home/guest\tguest\n",
        ["guest:7"] = "1000\t7\t7\t/home/guest\tguest\n",
        ["4242"] = "4242\t0\t0\t/\t\n", ["4242:4243"] = "4242\t4243\t4243\t/\t\n",
        ["4294967294"] = "4294967294\t0\t0\t/\t\n",
      } do
        assert.equal(expected, resolve(spec))
      end
    end)

    it("takes nothing else for a user (CVE-2016-3697, CVE-2024-40635)", function()
      for spec, errno in pairs {
        ["nobody-here"] = "ENOENT", ["root:nothing"] = "ENOENT", ["-1"] = "ENOENT",
        ["4294967295"] = "EINVAL", ["4294967296"] = "EINVAL", ["99999999999999999999"] = "EINVAL",
        ["0x0"] = "ENOENT", ["1000 "] = "ENOENT", ["root:4294967295"] = "EINVAL",
        ["1000:1:2"] = "ENOENT",
      } do
        assert.matches("^" .. errno, resolve(spec))
      end
    end)

    it("reads regular files of the root only (CVE-2024-9676)", function()
      assert.matches("not a regular file", output [=[
        assert(os.execute("cd " .. dir .. "/root/etc && rm passwd && mkfifo passwd"))
        fails(namespace.resolve_user(root, "guest"))]=])
      assert.matches("ENOENT", output [=[
        assert(fs.write(dir .. "/passwd", "guest:x:0:0::/:\n"))
        assert(os.execute(("cd %s/root/etc && rm passwd && ln -s %s/passwd passwd")
          :format(dir, dir)))
        fails(namespace.resolve_user(root, "guest"))]=])
    end)
  end)

  it("makes a network with loopback up, for several processes", function()
    assert.equal("true\nup\n", output [=[
      run "true" -- what is made once a state is there from here on
      assert(out:seek(0))
      local before = descriptors()
      do
        local net <close> = assert(namespace.network())
        local text = run("cat /sys/class/net/lo/flags", { network = net:fd() })
        net:close()
        net:close()
        io.write(text == "0x9\n" and "true\n" or text)
      end
      assert(descriptors() == before)
      print "up"]=])
  end)

  it("goes on in the background, and says when it is ready", function()
    assert.equal("true\nfrom the child\nparent\tfalse\n", output [=[
      local uv = require "luv"
      local who, ready = namespace.daemonize(dir .. "/log")
      if who == "child" then
        io.stdout:write("from the child\n")
        io.stdout:flush()
        uv.fs_write(ready, "1", -1)
        os.exit(0, false)
      end
      print(ready)
      io.write(fs.read(dir .. "/log"))
      who, ready = namespace.daemonize(dir .. "/log")
      if who == "child" then os.exit(1, false) end
      print(who, ready)]=])
  end)

  it("never daemonizes into what it can't open", function()
    assert.equal("parent\tfalse\n", output [=[
      print(namespace.daemonize(dir .. "/none/log"))]=])
  end)
end)
