local helper = require "support.helper"
local script = require "support.script"

-- Layers "1" (the lowest) to "n", each with a file of its own and one they share.
local layers = [=[
  local function layers(n, at)
    local lower = {}
    for i = 1, n do
      local path = folder((at or "layers/") .. i)
      assert(fs.write(path .. "/" .. i, "", { mode = 420 }))
      assert(fs.write(path .. "/shared", "from " .. i, { mode = 420 }))
      table.insert(lower, 1, path)
    end
    return lower
  end
  local function mount(options)
    options.userxattr = home.userxattr
    return overlay.mount(options)
  end
  local function see(tree, path) return (fs.read(path, { root = tree:fd() })) end
  local function descriptors() return #fs.list("/proc/self/fd") end
]=]

--- A command line before another one: strace lets system calls of that one fail.
local function injecting(what)
  return ("strace -f -qq -o /dev/null -e trace=%s -e inject=%s"):format(what:match("^%w+"), what)
end

local function output(text, before)
  local status, out, err = script(layers .. text, before)
  assert.equal("", err)
  assert.equal(0, status)
  return out
end

if helper.is_under_valgrind() then return end

describe("lamina.core.overlay", function()
  after_each(helper.cleanup)

  it("shows the top layer's file, and everything below", function()
    assert.equal("from 3\t1\t2\t3\tshared\n", output [=[
      local tree <close> = assert(mount { lower = layers(3) })
      print(see(tree, "shared"), table.concat(fs.list("/", { root = tree:fd() }), "\t"))]=])
  end)

  it("stacks 500 layers", function()
    assert.equal("from 500\t501\n", output [=[
      local tree <close> = assert(mount { lower = layers(500) })
      print(see(tree, "shared"), #fs.list("/", { root = tree:fd() }))]=])
  end)

  it("says how many the kernel takes", function()
    assert.equal("nil\tnil\toverlay: 501 layers, the kernel takes 500\n", output [=[
      fails(mount { lower = layers(501) })]=])
  end)

  it("stacks 200 layers where the kernel has no lowerdir+, in whatever folder they lie", function()
    -- the first fsconfig is lowerdir+; older kernels answer EINVAL, in the end
    local probe = injecting "fsconfig:error=EINVAL:when=1"
    assert.equal("from 200\t201\nnew\nnew\n", output([=[
      local upper, work = folder "up,per:\\", folder "wo,rk"
      local before = descriptors()
      do
        local lower = layers(200, "a:b,c\\d/")
        local tree <close> = assert(mount { lower = lower, upper = upper, work = work })
        print(see(tree, "shared"), #fs.list("/", { root = tree:fd() }))
        local file <close> = assert(fs.open("/new", "w", { root = tree:fd() }))
        assert(file:write "new")
        print(see(tree, "new"))
      end
      assert(descriptors() == before)
      print(fs.read(upper .. "/new"))]=], probe))
  end)

  it("takes paths that are longer than the kernel's options", function()
    assert.equal("from 2\n", output [=[
      local deep = ("d"):rep(200) .. "/" .. ("e"):rep(200)
      local tree <close> = assert(mount { lower = layers(2, deep .. "/"),
        upper = folder(deep .. "/upper"), work = folder(deep .. "/work") })
      print(see(tree, "shared"))]=])
  end)

  it("takes every character in a path", function()
    assert.equal("from 2\n", output [=[
      local odd = "a:b,c\\d e\nf=g\\:h/"
      local tree <close> = assert(mount { lower = layers(2, odd), upper = folder(odd .. "upper"),
        work = folder(odd .. "work") })
      print(see(tree, "shared"))]=])
  end)

  it("writes into the upper directory, and nowhere else", function()
    assert.equal("changed\tfrom 2\nchar\n", output [=[
      local lower, upper = layers(2), folder "upper"
      do
        local tree <close> = assert(mount { lower = lower, upper = upper, work = folder "work" })
        local file <close> = assert(fs.open("/shared", "w", { root = tree:fd() }))
        assert(file:write "changed")
        assert(os.remove(("/proc/self/fd/%d/1"):format(tree:fd())))
      end
      print(fs.read(upper .. "/shared"), fs.read(lower[1] .. "/shared"))
      print(fs.stat(upper .. "/1").type)]=])
  end)

  it("keeps what an upper says plain: no redirects, no metadata-only copies", function()
    assert.equal("0\n", output [=[
      local lower, upper = layers(1), folder "upper"
      folder "layers/1/sub"
      do
        local tree <close> = assert(mount { lower = lower, upper = upper, work = folder "work" })
        local at = ("/proc/self/fd/%d"):format(tree:fd())
        assert(fs.chmod(at .. "/shared", 384))
        os.rename(at .. "/sub", at .. "/moved")
      end
      local pipe = io.popen("cd " .. upper .. " && getfattr -R -d -m - . 2>/dev/null"
        .. " | grep -c -e redirect -e metacopy")
      print(pipe:read("n"))]=])
  end)

  it("is read-only without an upper directory, also with one layer alone", function()
    for n = 1, 2 do
      assert.matches("^nil\tEROFS\t", output(([=[
        local tree <close> = assert(mount { lower = layers(%d) })
        fails(fs.open("/new", "w", { root = tree:fd() }))]=]):format(n)))
    end
  end)

  it("leaves out syncing where that is asked for", function()
    assert.equal("dir\n", output [=[
      local work = folder "work"
      local tree <close> = assert(mount { lower = layers(1), upper = folder "upper", work = work,
        volatile = true })
      print(fs.stat(work .. "/" .. "work/incompat/volatile").type)]=])
  end)

  it("closes twice, with the block and by the collector, and leaves no descriptor", function()
    assert.equal("true\n", output [=[
      local lower = layers(2)
      local before = descriptors()
      for _ = 1, 5 do
        local tree <close> = assert(mount { lower = lower })
        tree:close()
        tree:close()
        assert(mount { lower = lower })
        assert(not mount { lower = { "/none", "/nowhere" } })
      end
      collectgarbage() collectgarbage()
      print(descriptors() == before)]=])
  end)

  it("shows no mount to anybody", function()
    assert.equal("true\n", output [=[
      local before = fs.read "/proc/self/mountinfo"
      local tree <close> = assert(mount { lower = layers(2) })
      print(before == fs.read "/proc/self/mountinfo")]=])
  end)

  it("says which directory is missing", function()
    assert.matches("^nil\tENOENT\toverlay: lowerdir%+: No such file", output [=[
      fails(mount { lower = { "/none", "/nowhere" } })]=])
    assert.matches("^nil\tENOENT\toverlay: upperdir: No such file", output [=[
      fails(mount { lower = layers(1), upper = "/none", work = folder "work" })]=])
    assert.matches("^nil\tENOENT\tclone the mount of /none: No such file", output [=[
      fails(mount { lower = { "/none" } })]=])
    assert.matches("^nil\tEINVAL\toverlay: no lower directory",
      output "fails(mount { lower = {} })")
  end)

  it("says that the kernel refuses a work directory inside the upper one", function()
    assert.matches("^nil\tEINVAL\toverlay: mount", output [=[
      local upper = folder "upper"
      fails(mount { lower = layers(1), upper = upper, work = folder "upper/work" })]=])
  end)

  it("raises for misuse at the caller's line", function()
    local function misuse(text)
      return output(([=[
        local ok, message = pcall(function() local _ = %s end)
        assert(not ok and message:match("script.lua:%%d+: "), message)
        print(message)]=]):format(text))
    end
    assert.matches("table expected", misuse "overlay.mount 'x'")
    assert.matches("option 'lower': table expected", misuse "overlay.mount {}")
    assert.matches("option 'lower': strings expected", misuse "overlay.mount { lower = { 1 } }")
    assert.matches("zero byte", misuse "overlay.mount { lower = { 'a\\0b' } }")
    assert.matches("zero byte",
      misuse "overlay.mount { lower = { 'a' }, upper = 'a\\0b', work = 'c' }")
    assert.matches("upper and work", misuse "overlay.mount { lower = { 'a' }, upper = 'b' }")
    assert.matches("unknown option 'index'", misuse "overlay.mount { lower = {}, index = 'on' }")
    assert.matches("the mount is closed", misuse [=[(function()
      local tree = assert(mount { lower = layers(1) })
      tree:close()
      return tree:fd()
    end)()]=])
  end)

  it("says so where the kernel has no overlay", function()
    assert.equal("nil\tENODEV\tthis kernel has no overlay file system: No such device\n",
      output("fails(mount { lower = layers(2) })", injecting "fsopen:error=ENODEV"))
  end)
end)
