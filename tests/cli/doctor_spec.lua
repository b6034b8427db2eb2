local helper = require "support.helper"
local json = require "lamina.core.json"

describe("lamina doctor", function()
  after_each(helper.cleanup)

  local can_trace = helper.sh("strace -o /dev/null true") == 0

  --- Status, and the checks by name. `around` is put before the program: an environment, a tracer.
  local function doctor(around, ...)
    local root = helper.tmpdir() .. "/not-yet/store"
    local words = { around or "", helper.quote(helper.lamina_path), "doctor", "--json", "--root",
      helper.quote(root), ... }
    local status, out, err = helper.sh(table.concat(words, " "))
    assert.equal("", err)
    local answer, checks = assert(json.decode(out)), {}
    for _, check in ipairs(answer.checks) do checks[check.name] = check end
    assert.equal(status == 0, answer.fit)
    return status, checks, root
  end

  --- With a system call that the kernel answers with an error.
  local function without(call, errno)
    return doctor(("strace -f -qq -o /dev/null -e trace=%s --inject=%s:error=%s"):format(call, call,
      errno))
  end

  it("tells what it tried, and makes no store", function()
    local _, checks, root = doctor()
    assert.equal("ok", checks.kernel.state)
    assert.equal("ok", checks.store.state)
    assert.equal("ok", checks.seccomp.state)
    assert.equal("ok", (checks.overlay or checks["overlay (as a user)"]).state)
    assert.equal(1, (helper.sh("[ -e " .. helper.quote(root:match("^(.*)/not")) .. "/* ]")))
  end)

  it("says it in lines for people, too", function()
    local _, out = helper.sh(helper.quote(helper.lamina_path) .. " doctor --root "
      .. helper.quote(helper.tmpdir() .. "/store"))
    assert.matches("^ok       kernel ", out)
  end)

  it("tells every setting, and where it comes from", function()
    local path = helper.write(helper.tmpdir() .. "/config.yaml", "pull: always\n"
      .. "registries: { docker.io: { mirrors: ['https://mirror.example'] } }\n")
    os.execute("chmod go-w " .. path)
    local root = helper.tmpdir() .. "/store"
    local line = ("LAMINA_PULL= LAMINA_STALL=7 LAMINA_CONFIG=%s %s doctor --root %s"):format(path,
      helper.quote(helper.lamina_path), root)
    local _, out = helper.sh(line .. " --json")
    local answer, set = assert(json.decode(out)), {}
    for _, one in ipairs(answer.settings) do set[one.name] = one end
    assert.equal(1, #answer.configuration)
    assert.same({ path = path, read = true }, answer.configuration[1])
    assert.same({ name = "pull", value = "always", from = path .. ":1" }, set.pull)
    assert.same({ name = "limits.stall", value = "7s", from = "LAMINA_STALL" }, set["limits.stall"])
    assert.same({ name = "store", value = root, from = "--root" }, set.store)
    assert.same({ name = "build.sync", value = false, from = "default" }, set["build.sync"])
    assert.equal(json.null, set["build.jobs"].value)
    assert.equal("https://mirror.example", set["registries.docker.io.mirrors"].value[1])
    _, out = helper.sh(line)
    assert.matches("\nread     configuration: " .. path .. "\n", out, 1, true)
    assert.matches("\npull +always +" .. path:gsub("%p", "%%%0") .. ":1\n", out)
    assert.matches("\nbuild.jobs +as many as processors, 4 at least +default\n", out)
    assert.matches("\nregistries.docker.io.mirrors +https://mirror.example +/", out)
  end)

  it("fails where a program that is needed isn't there, and says how to get it", function()
    local status, checks = doctor("PATH=/nowhere")
    assert.equal(1, status)
    assert.equal("missing", checks.slirp4netns.state)
    assert.equal("apt-get install slirp4netns", checks.slirp4netns.hint)
  end)

  it("knows a place that can't be written to", function()
    local status, checks = doctor(nil, "--root", "/proc/store")
    assert.equal(1, status)
    assert.equal("missing", checks.store.state)
    assert.matches("can't be written to", checks.store.message, 1, true)
    status, checks = doctor(nil, "--root", "/dev/null/store")
    assert.equal(1, status)
    assert.equal("/dev/null is no directory", checks.store.message)
  end)

  it("objects to a store that others can read, and to a link", function()
    local dir = helper.tmpdir()
    helper.sh(("mkdir -m 755 %s/open; ln -s open %s/link"):format(dir, dir))
    local status, checks = doctor(nil, "--root", dir .. "/open")
    assert.equal(1, status)
    assert.equal(dir .. "/open is open to others (mode 755)", checks.store.message)
    status, checks = doctor(nil, "--root", dir .. "/link/")
    assert.equal(1, status)
    assert.equal(dir .. "/link is no directory", checks.store.message)
  end)

  it("tells when no namespace can be made", function()
    if not can_trace then return pending("strace can't trace") end
    local status, checks = without("unshare", "EPERM")
    assert.equal(1, status)
    assert.equal("missing", checks.namespaces.state)
    assert.is_string(checks.namespaces.hint)
    assert.is_nil(checks.seccomp)
  end)

  it("tells which system calls are missing or refused", function()
    if not can_trace then return pending("strace can't trace") end
    local status, checks = without("mount_setattr", "ENOSYS")
    assert.equal(1, status)
    assert.equal("this kernel hasn't got it", checks.mount_setattr.message)
    status, checks = without("fsopen", "EPERM")
    assert.equal(1, status)
    assert.equal("it is refused", checks.fsopen.message)
  end)

  it("can do without openat2", function()
    if not can_trace then return pending("strace can't trace") end
    local _, checks = without("openat2", "ENOSYS")
    assert.equal("limited", checks.openat2.state)
    assert.equal("ok", (checks.overlay or checks["overlay (as a user)"]).state)
  end)
end)
