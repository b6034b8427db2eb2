local fixtures = require "support.fixtures"
local helper = require "support.helper"

local prelude = [=[
  local containers = store.containers
  local function create(name, more)
    local fields = { name = name, image = "sha256:0", layers = { busybox }, config = { A = 1 } }
    for key, value in pairs(more or {}) do fields[key] = value end
    return containers:create(fields)
  end
  local function try(fn, ...)
    local ok, err = pcall(fn, containers, ...)
    print(ok and "fine" or err.kind, ok and "" or err.message, ok and "" or err.hint)
  end
]=]

local function output(text)
  return fixtures.output(prelude .. text)
end

describe("lamina.store.container", function()
  after_each(helper.cleanup)

  it("has an id, a name, its layers and folders of its own", function()
    assert.equal("true\twork\tcreated\t1\t1\tdir\tdir\n", output [=[
      local one = create "work"
      print(one.id:match("^%x+$") ~= nil and #one.id == 64, one.name, one.status, one.config.A,
        #one.layers, fs.stat(one.dir .. "/upper").type, fs.stat(one.dir .. "/work").type)
      assert(one.layers[1] == busybox)]=])
  end)

  it("is found by id, a beginning of it, and name", function()
    local out = output [=[
      local one = create "work"
      for _, text in ipairs { one.id, one.id:sub(1, 12), "work" } do
        assert(containers:get(text).id == one.id)
      end
      try(containers.get, "wrok")
      try(containers.get, "")]=]
    assert.matches("^not%-found\tno container 'wrok'\tdid you mean 'work'%?\nnot%-found", out)
  end)

  it("gets a name when it is given none, and refuses one that is taken or none", function()
    local out = output [=[
      assert(create(nil).name:match("^%l+_%l+"))
      create "work"
      for _, name in ipairs { "work", "../up", "-x", "a" } do
        try(containers.create, { name = name, layers = {} })
      end
      print(#containers:list { all = true }, #fs.list(containers.dir))]=]
    assert.matches("^name%-in%-use\tthe name 'work' belongs to container %x+", out)
    assert.equal(3, select(2, out:gsub("usage\tinvalid container name", "")))
    assert.matches("\n2\t2\n$", out)
  end)

  it("runs while its lock is held, and has ended when its lamina was killed (ST-09)", function()
    assert.equal("running\texited\t137\ttrue\n", output [=[
      local one = create "work"
      local pid = fs.getpid()
      local claim = containers:claim(one.id)
      containers:started(one.id, pid) -- the pid of somebody who lives, as a reused one would be
      local status = containers:get("work").status
      claim:release()
      local later = containers:get "work"
      print(status, later.status, later.exit_code, pid == fs.getpid())
      containers:remove(one.id) -- which kills nobody]=])
  end)

  it("is claimed by one at a time, and from its birth where that is asked for", function()
    local out = output [=[
      local one = create "work"
      local claim = containers:claim(one.id)
      try(containers.claim, one.id)
      try(containers.remove, one.id)
      claim:release()
      local two = create("born", { claims = true })
      try(containers.remove, two.id)
      two.claim:release()
      containers:remove(two.id)
      try(containers.claim, two.id)]=]
    assert.equal(3, select(2, out:gsub("name%-in%-use\tcontainer %x+ is running", "")))
    assert.matches("\nnot%-found\t", out)
  end)

  it("goes with its files", function()
    assert.equal("0\t0\n", output [=[
      local one = create "work"
      assert(fs.write(one.dir .. "/upper/file", "x"))
      containers:remove(one.id)
      print(#containers:list { all = true }, #fs.list(containers.dir))]=])
  end)
end)
