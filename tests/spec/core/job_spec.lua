local fs = require "lamina.core.fs"
local helper = require "support.helper"
local job = require "lamina.core.job"
local json = require "lamina.core.json"
local layer = require "lamina.core.layer"
local misuse = require "support.misuse"
local watch = require "support.watch"

--- Polls until there is something else than "more".
local function read(running)
  while true do
    local result = table.pack(running:read())
    if result[1] ~= "more" then return table.unpack(result, 1, result.n) end
  end
end

local function children()
  local count = 0
  for pid in fs.read("/proc/thread-self/children"):gmatch("%d+") do
    if pid ~= "" then count = count + 1 end
  end
  return count
end

local function descriptors() return #fs.list("/proc/self/fd") end

if helper.is_under_valgrind() then return end

describe("lamina.core.job", function()
  after_each(helper.cleanup)

  it("answers what the function answers", function()
    local running <close> = assert(job.start(json.decode, '{"a":[1,2.5,"\\n",true]}'))
    local value, none = assert(running:wait())
    assert.same({ 1, 2.5, "\n", true }, value.a)
    assert.equal("float", math.type(value.a[2]))
    assert.is_nil(none)
  end)

  it("answers several values, nil among them, and bytes as they are", function()
    local running <close> = assert(job.start(table.unpack, { 1, nil, "a\0\xff", nil }, 1, 4))
    assert.same({ n = 4, 1, nil, "a\0\xff", nil }, table.pack(running:wait()))
  end)

  it("answers nil and an error where the function does", function()
    local running <close> = assert(job.start(fs.read, "/none"))
    local none, err = running:wait()
    assert.is_nil(none)
    assert.equal("ENOENT", err.errno)
    assert.matches("/none", err.message)
  end)

  it("raises what the function raises, with table values kept", function()
    local running <close> = assert(job.start(error, { kind = "x" }, 0))
    local ok, err = pcall(running.wait, running)
    assert.is_false(ok)
    assert.same({ kind = "x" }, err)
    local second <close> = assert(job.start(error, "plain", 0))
    ok, err = pcall(second.wait, second)
    assert.is_false(ok)
    assert.equal("plain", err)
  end)

  it("can be read without waiting", function()
    local running <close> = assert(job.start(fs.read, "/none"))
    local what, ok, none, err = read(running)
    assert.equal("result", what)
    assert.is_true(ok)
    assert.is_nil(none)
    assert.equal("ENOENT", err.errno)
  end)

  it("answers other values as their text", function()
    local running <close> = assert(job.start(select, 1, print, "x"))
    assert.matches("^function: ", (running:wait()))
  end)

  it("sends an answer of many megabytes", function()
    local running <close> = assert(job.start(string.rep, "x", 40 << 20))
    assert.equal(40 << 20, #running:wait())
  end)

  it("refuses an answer over the limit of 64 MiB", function()
    local running <close> = assert(job.start(string.rep, "x", 65 << 20))
    local none, err = running:wait()
    assert.is_nil(none)
    assert.equal("EFBIG", err.errno)
  end)

  it("raises for an answer that holds itself", function()
    local loop = {}
    loop[1] = loop
    local running <close> = assert(job.start(table.unpack, { loop }))
    local ok, err = pcall(running.wait, running)
    assert.is_false(ok)
    assert.matches("nested deeper than 64", err)
  end)

  it("says which signal ended a child that was killed or crashed", function()
    for _, signal in ipairs { "KILL", "TRAP", "ABRT" } do -- SEGV would be a sanitizer's
      local command = "kill -" .. signal .. " $PPID"
      local crashing <close> = assert(job.start_with({ confine = false }, os.execute, command))
      local none, err = crashing:wait()
      assert.is_nil(none)
      assert.equal("a job died without an answer: SIG" .. signal, err.message)
      none, err = crashing:read()
      assert.is_nil(none)
      assert.matches("SIG" .. signal, err.message)
    end
  end)

  it("can execute no program and open no socket, unless that is allowed", function()
    local confined <close> = assert(job.start(os.execute, "true"))
    assert.is_nil((confined:wait()))
    local free <close> = assert(job.start_with({ confine = false }, os.execute, "true"))
    assert.is_true((free:wait()))
  end)

  it("ends at once when it is killed, or its block is left, and leaves no zombie", function()
    local fifo = helper.tmpdir() .. "/fifo"
    assert(os.execute("mkfifo " .. fifo))
    local before, open = children(), descriptors()
    do
      local running <close> = assert(job.start(io.open, fifo)) -- waits for ever
      assert.equal("more", (running:read()))
      assert.equal(before + 1, children())
      running:kill()
      running:kill()
      running:close()
      assert.equal(before, children())
      local _second <close> = assert(job.start(io.open, fifo))
    end
    for _ = 1, 5 do assert(job.start(io.open, fifo)) end
    collectgarbage()
    collectgarbage()
    assert.equal(before, children())
    assert.equal(open, descriptors())
  end)

  it("dies with its parent", function()
    local dir = helper.tmpdir()
    assert(os.execute("mkfifo " .. dir .. "/fifo"))
    local file = helper.write(dir .. "/x.lua", ([[
      local job = require "lamina.core.job"
      local running = assert(job.start(io.open, %q))
      local fs = require "lamina.core.fs"
      print((fs.read("/proc/thread-self/children"):match("%%d+")))
      io.stdout:flush()
      os.execute("kill -KILL $PPID")
    ]]):format(dir .. "/fifo"))
    local _, out = helper.sh("lua5.4 " .. file)
    local pid = out:match("%d+")
    for _ = 1, 1000 do
      local state = fs.read("/proc/" .. pid .. "/stat")
      if not state or state:match("%) (%a)") == "Z" then return end
      os.execute("sleep 0.01")
    end
    error("the job lives on")
  end)

  it("tells how far it is", function()
    local dir = helper.tmpdir()
    assert(os.execute(("mkdir %s/in && head -c 300000000 /dev/zero >%s/in/zero")
      :format(dir, dir)))
    local running <close> = assert(job.start(layer.pack, dir .. "/in"))
    local what, value = read(running)
    local last = 0
    while what == "progress" do
      assert.is_true(value.done >= last)
      last = value.done
      what, value = read(running)
    end
    assert.equal("result", what)
    assert.is_true(value)
  end)

  it("runs beside others", function()
    local running = {}
    for i = 1, 20 do running[i] = assert(job.start(string.rep, "x", i)) end
    for i = 20, 1, -1 do
      assert.equal(("x"):rep(i), running[i]:wait())
      running[i]:close()
    end
  end)

  it("raises for misuse at the caller's line", function()
    misuse("a function of the core", job.start, function() end)
    misuse("a function of the core", job.start)
    misuse("table expected", job.start_with, print)
    misuse("unknown option 'limit'", job.start_with, { limit = 1 })
    misuse("boolean expected", job.start_with, { confine = 1 }, os.getenv, "x")
    local running = assert(job.start(os.getenv, "x"))
    running:close()
    for _, name in ipairs { "fd", "pidfd", "read", "wait" } do
      misuse("the job is closed", running[name], running)
    end
  end)

  it("holds what it needs when the collector never rests", function()
    watch.restless(function()
      for i = 1, 10 do
        local text = ('{"a":["%s"]}'):format(("x"):rep(i))
        local running <close> = assert(job.start(json.decode, text))
        assert.equal(("x"):rep(i), running:wait().a[1])
      end
    end)
  end)
end)
