local fs = require "lamina.core.fs"
local helper = require "support.helper"
local misuse = require "support.misuse"
local terminal = require "lamina.core.terminal"
local uv = require "luv"

--- What stty(1) says about a terminal.
local function settings(slave)
  local status, out = helper.sh(("stty -a </proc/%d/fd/%d"):format(fs.getpid(), slave))
  assert.equal(0, status)
  return out
end

describe("lamina.core.terminal", function()
  local master, slave

  before_each(function() master, slave = assert(terminal.open()) end)
  after_each(function()
    uv.fs_close(master)
    uv.fs_close(slave)
    helper.cleanup()
  end)

  it("opens a terminal whose two sides talk to each other", function()
    assert(uv.fs_write(slave, "out\n", -1))
    assert.equal("out\r\n", uv.fs_read(master, 100, -1))
    assert(uv.fs_write(master, "in\n", -1))
    assert.equal("in\n", uv.fs_read(slave, 100, -1))
  end)

  it("closes both sides when a program is executed", function()
    local pipe <close> = assert(io.popen("readlink /proc/self/fd/* 2>/dev/null"))
    local listing = pipe:read("a")
    assert.is_nil(listing:find("/dev/ptmx", 1, true))
    assert.is_nil(listing:find(fs.readlink("/proc/self/fd/" .. slave), 1, true))
  end)

  it("knows a terminal", function()
    local file <close> = assert(fs.open("/dev/null", "r"))
    assert.is_true(terminal.is_terminal(slave))
    assert.is_false(terminal.is_terminal(file:fd()))
    assert.is_false(terminal.is_terminal(-1))
  end)

  it("sets and tells the size, on both sides", function()
    assert.is_true(terminal.set_size(master, 50, 132))
    assert.same({ 50, 132 }, { terminal.size(slave) })
    assert.same({ 50, 132 }, { terminal.size(master) })
    assert.matches("rows 50; columns 132", settings(slave))
  end)

  it("answers an error for what is no terminal", function()
    local file <close> = assert(fs.open("/dev/null", "r"))
    for _, name in ipairs { "size", "raw" } do
      local none, err = terminal[name](file:fd())
      assert.is_nil(none)
      assert.equal("ENOTTY", err.errno)
      none, err = terminal[name](-1)
      assert.is_nil(none)
      assert.equal("EBADF", err.errno)
    end
    local none, err = terminal.set_size(file:fd(), 1, 1)
    assert.is_nil(none)
    assert.equal("ENOTTY", err.errno)
  end)

  it("goes raw and comes back, however often and in whatever way", function()
    local before = settings(slave)
    do
      local _raw <close> = assert(terminal.raw(slave))
      assert.matches("%-icanon", settings(slave))
      assert.matches("%-echo ", settings(slave))
      assert.matches("%-isig", settings(slave))
    end
    assert.equal(before, settings(slave))
    local again = assert(terminal.raw(slave))
    again:restore()
    again:restore()
    assert.equal(before, settings(slave))
    assert(terminal.raw(slave))
    collectgarbage()
    collectgarbage()
    assert.equal(before, settings(slave))
  end)

  it("comes back when an error leaves the block", function()
    local before = settings(slave)
    pcall(function()
      local _raw <close> = assert(terminal.raw(slave))
      error "x"
    end)
    assert.equal(before, settings(slave))
  end)

  it("raises for misuse at the caller's line", function()
    misuse("number expected", terminal.size, "x")
    misuse("number expected", terminal.is_terminal)
    misuse("0 to 65535", terminal.set_size, master, -1, 80)
    misuse("0 to 65535", terminal.set_size, master, 24, 65536)
    local raw <close> = assert(terminal.raw(slave))
    misuse("lamina.raw expected", raw.restore, {})
  end)
end)
