-- `lamina run --network`: what a container reaches, and what it doesn't (SECURITY ESC-09).
local fixtures = require "support.fixtures"
local helper = require "support.helper"

-- Answers "reached" on 127.0.0.1 and on every address; holds an abstract socket. Prints its ports.
local server = [[
import os, socket, sys, threading
def serve(address):
    listener = socket.create_server((address, 0))
    def loop():
        while True:
            peer, _ = listener.accept()
            peer.recv(4096)
            peer.sendall(b"reached\n")
            peer.close()
    threading.Thread(target=loop, daemon=True).start()
    return listener.getsockname()[1]
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\0lamina-test-%d" % os.getpid())
hidden.listen()
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    probe.connect(("192.0.2.1", 9))
    own = probe.getsockname()[0]
except OSError:
    own = "none"
with open(sys.argv[1] + ".new", "w") as file:
    print(os.getpid(), serve("127.0.0.1"), serve("0.0.0.0"), own, file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
sys.stdin.read()
]]

describe("lamina run --network", function()
  local run, stop, pid, loopback, open, address

  setup(function()
    run = fixtures.busybox_store()
    local file = helper.tmpdir() .. "/ports"
    local script = helper.write(helper.tmpdir() .. "/server.py", server)
    stop = assert(io.popen(("exec python3 %s %s"):format(script, file), "w"))
    assert.equal(0, (helper.sh(("for i in $(seq 1000); do test -e %s && exit; sleep 0.01; done; "
      .. "exit 1"):format(file))))
    pid, loopback, open, address = helper.read(file):match("(%d+) (%d+) (%d+) (%S+)")
  end)
  teardown(function()
    stop:close() -- the end of its input is its end
    helper.cleanup()
  end)

  --- Runs a shell text in a container on a network; nil without the device that slirp4netns needs.
  local function shell(network, text)
    local status, out, err = run("run", "--rm", "--network", network, "busybox", "sh", "-c", text)
    if err:find("/dev/net/tun", 1, true) then return nil end
    assert.equal("", err)
    assert.equal(0, status)
    return out
  end

  local no_device = "this machine lets only root open /dev/net/tun"
  local fetch = "echo | busybox nc -w 5 %s %s 2>/dev/null || echo unreached"

  describe("default", function()
    it("has an interface of its own, and loopback", function()
      local out = shell("default", "ls /sys/class/net; ip addr show tap0 | grep -c 'inet 10.0.2.'")
      if not out then return pending(no_device) end
      assert.equal("lo\ntap0\n1\n", out)
    end)

    it("is what 'bridge' means, too", function()
      local out = shell("bridge", "ls /sys/class/net")
      if not out then return pending(no_device) end
      assert.equal("lo\ntap0\n", out)
    end)

    it("reaches other machines", function()
      if address == "none" then return pending("this machine has no address") end
      local out = shell("default", fetch:format(address, open))
      if not out then return pending(no_device) end
      assert.equal("reached\n", out)
    end)

    it("ESC-09: reaches nothing on the host's loopback, by no address", function()
      for _, host in ipairs { "127.0.0.1", "127.1.2.3", "10.0.2.2", "0.0.0.0" } do
        local out = shell("default", fetch:format(host, loopback))
        if not out then return pending(no_device) end
        assert.equal("unreached\n", out, host)
      end
    end)

    it("ESC-09: sees no abstract socket of the host", function()
      local out = shell("default", "cat /proc/net/unix")
      if not out then return pending(no_device) end
      assert.is_nil(out:find("lamina-test-" .. pid, 1, true))
    end)

    it("64: keeps the resolvers that can be reached from it, or has slirp4netns' own", function()
      local out = shell("default", "cat /etc/resolv.conf")
      if not out then return pending(no_device) end
      assert.matches("nameserver %d+%.%d+%.%d+%.%d+\n", out)
      assert.is_nil(out:find("nameserver 127.", 1, true))
      assert.is_nil(out:find("nameserver ::1", 1, true))
    end)

    it("says what is missing when there is no slirp4netns", function()
      local line = run:line("run", "--rm", "busybox", "true"):gsub("^env", "/usr/bin/env")
      local status, _, err = helper.sh("PATH=/nowhere " .. line)
      assert.equal(125, status)
      assert.matches("lamina: start the network: slirp4netns: .*No such file", err)
      assert.matches("hint: install slirp4netns\nhint: '%-%-network host'", err)
    end)
  end)

  describe("none", function()
    it("has loopback only, no resolver, and reaches nothing", function()
      assert.equal("lo\n0\nunreached\nunreached\n", shell("none",
        "ls /sys/class/net; wc -c </etc/resolv.conf;" .. fetch:format("127.0.0.1", loopback) .. ";"
        .. fetch:format(address, open)))
      assert.is_nil(shell("none", "cat /proc/net/unix"):find("lamina-test-" .. pid, 1, true))
    end)

    it("starts no helper", function()
      local status = helper.sh("PATH=/nowhere " .. run:line("run", "--rm", "--network", "none",
        "busybox", "true"):gsub("^env", "/usr/bin/env"))
      assert.equal(0, status)
    end)

    it("has a loopback that works", function()
      assert.equal("1\n", shell("none", "ip addr show lo | grep -c 'inet 127.0.0.1'"))
    end)
  end)

  describe("host", function()
    it("is the host's own network, name and resolver", function()
      local _, name = helper.sh("cat /proc/sys/kernel/hostname")
      assert.equal("reached\n" .. name, shell("host", fetch:format("127.0.0.1", loopback)
        .. "; hostname"))
      local _, resolver = helper.sh("cat /etc/resolv.conf")
      assert.equal(resolver, shell("host", "cat /etc/resolv.conf"))
      assert.truthy(shell("host", "cat /proc/net/unix"):find("lamina-test-" .. pid, 1, true))
    end)
  end)

  it("gives hosts the container's name, and localhost", function()
    local out = run:ok("run", "--rm", "--network", "none", "--hostname", "box", "busybox", "sh",
      "-c", "cat /etc/hosts; cat /etc/hostname; hostname")
    assert.equal("127.0.0.1\tlocalhost box\n::1\tlocalhost ip6-localhost ip6-loopback\nbox\nbox\n",
      out)
  end)

  it("names a container after the beginning of its id", function()
    local out = run:ok("run", "--name", "named", "--network", "none", "busybox", "hostname")
    local id = run:ok("ps", "-aq", "--no-trunc", "--filter", "name=named")
    assert.equal(id:sub(1, 12), out:match("%x+"))
  end)

  it("is none of other kinds", function()
    local status, _, err = run("run", "--network", "overlay", "busybox", "true")
    assert.equal(2, status)
    assert.matches("%-%-network 'overlay': it is default, host or none", err)
  end)
end)
