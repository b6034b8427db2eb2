local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- Runs a command in busybox; prints its output, then its status, then what is in the upper.
local run = [=[
  local exec = require "lamina.exec.exec"
  local upper, work = folder "upper", folder "work"
  local function spec(more)
    local all = { layers = { busybox }, upper = upper, work = work, env = { "PATH=/bin" },
      volatile = true, network = "none" }
    for key, value in pairs(more) do all[key] = value end
    return all
  end
  local function run(more)
    local running <close> = exec.start(store, spec(more))
    local status = running:wait()
    running:close()
    print("status", status.exited or status.name)
  end
]=]

local function output(text)
  local status, out, err = fixtures.script(run .. text)
  assert.equal("", err)
  assert.equal(0, status)
  return out
end

describe("lamina.exec", function()
  after_each(helper.cleanup)

  it("runs a command with exactly its environment, and HOME from passwd (SEMANTICS 62)", function()
    assert.equal("A=b\nHOME=/root\nPATH=/bin\nstatus\t0\n", output [=[
      run { args = { "sh", "-c", "unset PWD SHLVL; env | sort" }, env = { "PATH=/bin", "A=b" } }]=])
    assert.matches("HOME=/mine\n", output [=[
      run { args = { "env" }, env = { "PATH=/bin", "HOME=/mine" } }]=])
  end)

  it("takes users from the image, with their groups (SEMANTICS 35)", function()
    local script = [=[run { args = { "id" }, user = %q }]=]
    assert.matches("uid=1000%(guest%) gid=1000%(guest%)", output(script:format "guest"))
    assert.matches("uid=1000%(guest%) gid=0%(root%)", output(script:format "1000:0"))
  end)

  it("says which user isn't there", function()
    local status, _, err = fixtures.script(run
      .. [=[run { args = { "id" }, user = "nobody-here" }]=])
    assert.not_equal(0, status)
    assert.matches("nobody%-here", err)
  end)

  it("makes a missing working directory, owned by the user (SEMANTICS 34)", function()
    local out = output [=[
      local words = { "sh", "-c", "pwd; stat -c '%a %U' . .." }
      run { args = words, cwd = "/srv/app", user = "guest" }]=]
    assert.equal("/srv/app\n755 guest\n755 guest\nstatus\t0\n", out)
  end)

  it("follows a working directory's links inside the root only (CVE-2026-55686)", function()
    local outside = helper.tmpdir()
    local out = output(([=[
      run { args = { "ln", "-s", %q, "/link" } }
      work = folder "again" -- an upper of a volatile mount is mounted with another work directory
      run { args = { "pwd" }, cwd = "/link/made" }]=]):format(outside))
    assert.equal(("status\t0\n%s/made\nstatus\t0\n"):format(outside), out)
    assert.equal(0, (helper.sh("[ -z \"$(ls -A " .. helper.quote(outside) .. ")\" ]")))
  end)

  it("leaves nothing of its own in the upper directory (SEMANTICS 63)", function()
    local out = output [=[
      run { args = { "true" } }
      os.execute("cd " .. upper .. " && find . ! -type d")]=]
    assert.equal("status\t0\n", out)
  end)

  it("names the machine and answers for localhost", function()
    local out = output [=[run { args = { "sh", "-c", "hostname; cat /etc/hosts" } }]=]
    assert.matches("^lamina\n127.0.0.1\tlocalhost lamina\n", out)
  end)

  it("binds a hostname of the caller's choice", function()
    local out = output [=[
      run { args = { "sh", "-c", "hostname; cat /etc/hostname" }, hostname = "box" }]=]
    assert.matches("^box\nbox\n", out)
  end)

  it("gives a step read-only hosts, a container its own", function()
    local try = [=[run { args = { "sh", "-c", "echo x >>/etc/hosts" }, volatile = %s,
      stderr = assert(fs.open("/dev/null", "rw")):fd() }]=]
    assert.equal("status\t1\n", output(try:format "true"))
    assert.equal("status\t0\n", output(try:format "false"))
  end)

  it("has no resolver and only loopback without a network (CVE-2024-29018)", function()
    local out = output [=[
      run { args = { "sh", "-c", "cat /etc/resolv.conf; ls /sys/class/net" } }]=]
    assert.equal("lo\nstatus\t0\n", out)
  end)

  it("tells a command that isn't there from one that can't be run", function()
    local function status_of(command)
      local _, out = fixtures.script(run .. ([=[
        local ok, err = pcall(run, { args = { %q } })
        print(ok, failure.is(err, "system"), err.status)]=]):format(command))
      return out
    end
    assert.equal("false\ttrue\t127\n", status_of "no-such-command")
    assert.equal("false\ttrue\t126\n", status_of "/etc/passwd")
  end)

  it("kills what is left when it is closed", function()
    local out = output [=[
      local running = exec.start(store, spec { args = { "sleep", "1000" } })
      local pid = running.pid
      assert(fs.stat("/proc/" .. pid))
      running:close()
      print(fs.stat("/proc/" .. pid) == nil)
      running:close()]=]
    assert.equal("true\n", out)
  end)

  it("undoes everything when its task is cancelled", function()
    local out = output [=[
      local pid
      local task = sched.spawn(function()
        local running <close> = exec.start(store, spec { args = { "sleep", "1000" } })
        pid = running.pid
        running:wait()
      end)
      sched.sleep(1)
      while not pid do sched.sleep(1) end
      task:cancel()
      print(fs.stat("/proc/" .. pid) == nil)]=]
    assert.equal("true\n", out)
  end)

  it("gives a read-only view without an upper directory", function()
    local out = output [=[
      upper, work = nil, nil
      local mount <close> = exec.mount(store, { busybox })
      print(fs.read("/etc/passwd", { root = mount:fd() }):match("^[^\n]*"))
      print(fs.open("/new", "w", { root = mount:fd() }))]=]
    assert.matches("^root:x:0:0:root:/root:/bin/sh\nnil", out)
  end)

  it("mounts a layer once that is in the stack twice (SEMANTICS 100)", function()
    local out = output [=[run { args = { "true" }, layers = { busybox, busybox } }]=]
    assert.equal("status\t0\n", out)
  end)
end)

describe("the network of steps", function()
  after_each(helper.cleanup)

  it("isn't started before somebody needs it", function()
    local out = output [=[
      local net <close> = exec.network(store)
      run { args = { "true" } }
      print(net.helper == nil)]=]
    assert.equal("status\t0\ntrue\n", out)
  end)

  it("is one for all of them, and goes with them", function()
    local status, out, err = fixtures.script(run .. [=[
      local net = exec.network(store)
      local first, second = net:fd(), net:fd()
      local pid = net.helper:pid()
      run { args = { "ls", "/sys/class/net" }, network = net }
      net:close()
      print(first == second, fs.stat("/proc/" .. pid) == nil)]=])
    if err:find("/dev/net/tun", 1, true) then
      return pending("this machine lets only root open /dev/net/tun")
    end
    assert.equal("", err)
    assert.equal(0, status)
    assert.equal("lo\ntap0\nstatus\t0\ntrue\ttrue\n", out)
  end)
end)
