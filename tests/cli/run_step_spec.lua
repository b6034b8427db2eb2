-- What a run step may do on its machine: network and security, and what the caller has to allow.
local fixtures = require "support.fixtures"
local helper = require "support.helper"

describe("a run step", function()
  local run, dir

  local function build(command, options, ...)
    helper.write(dir .. "/recipe.lua", ([[return image(from "busybox":run(%q,
      { cache = false, %s }), { name = "result" })]]):format("(" .. command .. ") >/said", options))
    return run("build", "-q", "-f", dir .. "/recipe.lua", dir, ...)
  end

  local function says(...)
    local status, _, err = build(...)
    if status ~= 0 then error(err, 2) end
    return run:ok("run", "--rm", "--network", "none", "result", "cat", "/said")
  end

  local function refused(pattern, ...)
    local status, _, err = build("true", ...)
    assert.equal(1, status)
    assert.matches(pattern, err)
  end

  setup(function() run, dir = fixtures.busybox_store(), helper.tmpdir() end)
  teardown(helper.cleanup)

  local capabilities = "sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/self/status"
  local filter = "sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status"

  it("has Docker's capabilities and the filter of system calls", function()
    local text = 'network = "none"'
    assert.equal("00000000a80425fb\n2\n", says(capabilities .. ";" .. filter, text))
    assert.equal("00000000a80425fb\n", says(capabilities, text .. ', security = "sandbox"'))
  end)

  it("has all of both with security = insecure, once the caller has allowed it", function()
    local text = 'network = "none", security = "insecure"'
    refused("'%-%-allow security%.insecure' allows it", text)
    refused("security%.insecure", text, "--allow", "network.host")
    local all = says(capabilities .. ";" .. filter, text, "--allow", "security.insecure")
    assert.not_matches("a80425fb", all)
    assert.matches("\n0\n$", all)
    refused("unknown security 'none'", 'security = "none"')
  end)

  it("sees no interface but its own with network = none", function()
    assert.equal("lo\n", says("ls /sys/class/net", 'network = "none"'))
  end)

  it("sees the host's with network = host, once the caller has allowed it", function()
    refused("'%-%-allow network%.host' allows it", 'network = "host"')
    local list = "sed -n 's/^ *\\([^ :]*\\):.*/\\1/p' /proc/net/dev | LC_ALL=C sort"
    local names = says(list, 'network = "host"', "--allow", "network.host")
    local _, host = helper.sh(list)
    assert.equal(host, names)
    refused("unknown network 'mine'", 'network = "mine"')
  end)
end)
