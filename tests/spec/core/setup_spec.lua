-- SECURITY 7.7: whichever step of a container's set-up fails, nothing is started, and a message
-- says what failed. strace lets the system calls of the child fail, one a run.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

local can_inject = helper.sh "strace -f -qq -o /dev/null -e inject=getpid:error=EIO true" == 0

local steps = [[mount pivot_root umount2 fchdir chdir sethostname setsid getcwd setgroups setresgid
  setresuid seccomp capset execveat close_range dup3 prlimit64 mkdirat symlinkat mknodat
  fsopen fsmount move_mount mount_setattr open_tree prctl openat2]]

-- The view of the cgroup: where there is none, nothing is there that could do harm. It is the
-- third file system that is made and the third place that is opened; the root is moved before.
local harmless = { fsopen = 3, fsmount = 3, openat2 = 3, move_mount = 4 }

-- What an ordinary user's set-up does without: his devices are the host's, mounted; and newuidmap
-- gives him no ids while he is traced.
local of_root = { setgroups = true, mknodat = true }

local text = [=[
  local fs = require "lamina.core.fs"
  local namespace = require "lamina.core.namespace"
  local overlay = require "lamina.core.overlay"
  local function tell(...)
    if (...) then return ... end
    print("failed: " .. select(2, ...).message)
    os.exit(0, true)
  end
  tell(namespace.enter())
  local tree = tell(overlay.mount { lower = { %q } })
  local process = tell(namespace.start { root = tree:fd(), args = { "true" },
    env = { "PATH=/bin" }, hostname = "box", no_new_privileges = true,
    rlimits = { core = { 0, 0 } }, mounts = { { type = "tmpfs", target = "/tmp" } } })
  local status = tell(process:wait())
  print("started: " .. (status.exited or status.name))]=]

--- A few of 1 to n: the first, the last, and some between.
local function sample(n)
  local chosen, list = {}, {}
  for _, i in ipairs { 1, 2, 3, 4, n // 2, n - 1, n } do
    if i >= 1 and i <= n and not chosen[i] then
      chosen[i] = true
      list[#list + 1] = i
    end
  end
  return list
end

if helper.is_under_valgrind() then return end

describe("the set-up of a container", function()
  local script, counts

  setup(function()
    local dir = helper.tmpdir()
    assert(os.execute(("cd %s && mkdir root && tar -C root --no-same-owner -xf %s && "
      .. "mkdir root/proc root/sys root/dev"):format(dir, helper.quote(fixtures.busybox_tar()))))
    script = "lua5.4 " .. helper.write(dir .. "/script.lua", text:format(dir .. "/root"))
    if not can_inject then return end
    -- the child is the process that pivots
    local _, out = helper.sh(("strace -ff -qq -o %s/trace %s && grep -l pivot_root %s/trace.*")
      :format(dir, script, dir))
    assert.matches("^started: 0\n", out)
    counts = {}
    local trace = helper.read(out:match("\n(%S+)\n")):match("^.-\nexecveat[^\n]*")
    for name in trace:gmatch("([%w_]+)%([^\n]*") do
      counts[name] = (counts[name] or 0) + 1
    end
  end)
  teardown(helper.cleanup)

  it("ends well when nothing fails", function()
    local status, out = helper.sh(script)
    assert.equal(0, status)
    assert.equal("started: 0\n", out)
  end)

  for name in steps:gmatch("%S+") do
    it("fails with its " .. name, function()
      if not can_inject then return pending("strace can't let system calls fail here") end
      if of_root[name] and not helper.is_root then return assert.is_nil(counts[name]) end
      for _, n in ipairs(sample(assert(counts[name], "it makes none"))) do
        local _, out = helper.sh(("strace -f -qq -o /dev/null --seccomp-bpf -e trace=%s "
          .. "-e inject=%s:error=EIO:when=%d %s"):format(name, name, n, script))
        if n == harmless[name] then
          assert.equal("started: 0\n", out)
        else
          assert.matches("^failed: [^\n]*Input/output error", out, 1, false, name .. " " .. n)
        end
      end
    end)
  end

  it("fails with a message when the child is killed meanwhile", function()
    if not can_inject then return pending("strace can't kill here") end
    for _, name in ipairs { "pivot_root", "capset", "sethostname" } do
      local _, out = helper.sh(("strace -f -qq -o /dev/null --seccomp-bpf -e trace=%s "
        .. "-e inject=%s:signal=KILL %s"):format(name, name, script))
      assert.equal("failed: the container's first process died while it was set up\n", out)
    end
  end)
end)
