local at_home = require "support.at_home"
local digest = require "lamina.core.digest"
local fails = require "support.fails"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local job = require "lamina.core.job"
local layer = require "lamina.core.layer"
local misuse = require "support.misuse"
local tar = require "support.tar"
local watch = require "support.watch"

describe("lamina.core.layer", function()
  local dir, mine, simple

  --- Options with which whoever runs this may give what it makes an owner.
  local function own(more)
    local uid = fs.getuid()
    local options = { uid = uid, gid = fs.stat(dir).gid, userxattr = not helper.is_root }
    for key, value in pairs(more or {}) do options[key] = value end
    return options
  end

  local function write(name, bytes) return helper.write(dir .. "/" .. name, bytes) end

  before_each(function()
    dir = helper.tmpdir()
    mine = dir .. "/into"
    assert(fs.mkdir(mine))
    simple = write("simple.tar",
      tar.of { { "d/" }, { "d/f", body = "text" }, { "l", link = "d/f" } })
  end)
  after_each(helper.cleanup)

  --- The calls of these names that Lua text makes in `dir`.
  local function traced(names, text)
    if helper.is_under_valgrind() then pending "valgrind's own calls would count" end
    local script = write("traced.lua", 'local layer = require "lamina.core.layer"\n' .. text)
    local status, out, err = helper.sh(("cd %s && strace -qq -f -e trace=%s -o trace lua5.4 %s")
      :format(dir, names, script))
    if err:find "ptrace" then pending "strace may not trace here" end
    assert.equal(0, status, out .. err)
    return helper.read(dir .. "/trace")
  end

  describe("apply", function()
    it("answers digests, sizes and counts of a path or a descriptor", function()
      local bytes = helper.read(simple)
      local hex = "sha256:" .. digest.sha256(bytes)
      local info = assert(layer.apply(simple, mine, own()))
      assert.same({ diff_id = hex, digest = hex, size = #bytes, tar_size = #bytes,
        compression = "none", entries = 3, bytes = 4 }, info)
      assert.equal("text", fs.read(mine .. "/l"))
      local file <close> = assert(fs.open(simple))
      assert.same(info, layer.apply(file:fd(), mine, own()))
      assert.equal("", file:read(1)) -- to its end, and still open
    end)

    it("reads a file to its whole size while another process still writes it", function()
      local bytes, grown = helper.read(simple), dir .. "/grown.tar"
      local file <close> = assert(io.open(grown, "wb"))
      assert(file:write(bytes:sub(1, 700)))
      file:flush()
      local source <close> = assert(fs.open(grown))
      local running <close> = assert(job.start(layer.apply, source:fd(), mine,
        own { size = #bytes, grows = true, digest = "sha256:" .. digest.sha256(bytes) }))
      repeat -- the child reads through the same open file: it is at the end, and waits
        local info = assert(fs.read("/proc/self/fdinfo/" .. source:fd()))
      until tonumber(info:match("pos:%s*(%d+)")) == 700
      assert(file:write(bytes:sub(701)))
      file:flush()
      assert.equal(#bytes, assert(running:wait()).size)
      assert.equal("text", fs.read(mine .. "/d/f"))
    end)

    it("verifies what is known beforehand: digest, diff ID, size, compression (SEMANTICS 86)",
      function()
        local packed = dir .. "/simple.tar.gz"
        assert.equal(0, (helper.sh("gzip -nc " .. simple .. " >" .. packed)))
        local bytes = helper.read(packed)
        local right = { digest = "sha256:" .. digest.sha256(bytes), size = #bytes,
          diff_id = "sha256:" .. digest.sha256(helper.read(simple)), compression = "gzip" }
        assert.equal(right.diff_id, assert(layer.apply(packed, mine, own(right))).diff_id)
        local other = "sha256:" .. ("0"):rep(64)
        fails("EBADMSG", { other, right.digest }, layer.apply(packed, mine, own { digest = other }))
        fails("EBADMSG", { other, right.diff_id },
          layer.apply(packed, mine, own { diff_id = other }))
        fails("EBADMSG", { tostring(#bytes) }, layer.apply(packed, mine, own { size = #bytes + 1 }))
        for _, how in ipairs { "none", "zstd", "xz", "bzip2" } do
          fails("EBADMSG", { "compressed as gzip, not " .. how },
            layer.apply(packed, mine, own { compression = how }))
        end
      end)

    it("hashes what stands behind the end mark, too", function()
      local bytes = helper.read(simple) .. ("g"):rep(1000000)
      local info = assert(layer.apply(write("long.tar", bytes), mine, own()))
      assert.equal("sha256:" .. digest.sha256(bytes), info.diff_id)
      assert.equal(#bytes, info.size)
    end)

    it("keeps the source, byte for byte", function()
      for _, tool in ipairs { "cat", "gzip", "zstd", "xz", "bzip2" } do
        local behind = tool:find "^[cg]" and 700000 or 0 -- zeros, where they may follow
        assert.equal(0, (helper.sh(("{ %s <%s; head -c %d /dev/zero; } >%s/packed"):format(tool,
          simple, behind, dir))))
        assert(layer.apply(dir .. "/packed", mine, own { keep = dir .. "/kept" }))
        assert.equal(helper.read(dir .. "/packed"), helper.read(dir .. "/kept"), tool)
      end
      assert(fs.remove(dir .. "/kept"))
      assert(fs.symlink(dir .. "/elsewhere", dir .. "/kept"))
      fails("ELOOP", { "kept" }, layer.apply(simple, mine, own { keep = dir .. "/kept" }))
      assert.is_nil(fs.stat(dir .. "/elsewhere"))
    end)

    it("makes its target beneath a root, and never leaves that", function()
      assert(fs.symlink(dir, mine .. "/out"))
      local root <close> = assert(fs.open(mine, "path"))
      assert(layer.apply(simple, "/a/../b/new", own { root = root:fd() }))
      assert.equal("text", fs.read(mine .. "/b/new/d/f"))
      local info = layer.apply(simple, "out/evil", own { root = root:fd() })
      assert.is_nil(info)
      assert.is_nil(fs.stat(dir .. "/evil"))
    end)

    it("unpacks a plain tree, where whiteouts mean nothing", function()
      local list = { { ".wh.x", body = "1" }, { ".wh..wh..opq" }, { "d/.wh." } }
      assert(layer.apply(write("t.tar", tar.of(list)), mine, own { form = "tree" }))
      assert.same({ ".wh..wh..opq", ".wh.x", "d" }, fs.list(mine))
      assert.equal("1", fs.read(mine .. "/.wh.x"))
    end)

    it("takes whiteouts in either place, which hide nothing of their own layer (SEMANTICS 80)",
      function()
        at_home [=[
          unpack("t", { { ".wh.a" }, { "a", body = "1" }, { "b", body = "2" }, { ".wh.b" },
            { "c/.wh..wh..opq" }, { "c/x" }, { "e/x" }, { "e/.wh..wh..opq" }, { ".wh.gone" },
            { ".wh..wh.plnk/1.1", body = "aufs" } })
          equal("a 644 1; b 644 2; c/ 755 opaque; c/x 644; e/ 755 opaque; e/x 644; gone whiteout",
            tree.describe(dir .. "/t"))
        ]=]
      end)

    it("replaces a file by a directory and the other way, and merges directories (SEMANTICS 81)",
      function()
        assert(layer.apply(write("t.tar", tar.of { { "a", body = "1" }, { "b/" }, { "b/x" },
          { "c/", mode = 448 }, { "c/x", body = "1" }, { "a/" }, { "a/y" }, { "b", body = "2" },
          { "c/", mode = 493 }, { "c/y" } }), mine, own()))
        assert.same({ "y" }, fs.list(mine .. "/a"))
        assert.equal("2", fs.read(mine .. "/b"))
        assert.same({ "x", "y" }, fs.list(mine .. "/c"))
        assert.equal(493, fs.stat(mine .. "/c").mode)
      end)

    it("closes directories from below, in whatever order their entries come", function()
      assert(layer.apply(write("t.tar", tar.of { { "a/" }, { "a/b/" }, { "a/b/c/", mode = 0 },
        { "a/b/", mode = 0, mtime = 7 }, { "a/", mode = 64, mtime = 5 }, { "a-/", mode = 0 },
        { "./", mode = 0 }, { "!/", mode = 0 } }), mine, own()))
      assert.equal(0, assert(fs.stat(mine)).mode)
      assert(fs.chmod(mine, 448)) -- 0700
      local function attributes(name)
        local stat = assert(fs.stat(mine .. "/" .. name))
        assert(fs.chmod(mine .. "/" .. name, 448))
        return ("%o %d"):format(stat.mode, stat.mtime)
      end
      assert.equal("0 1500000000", attributes "a-")
      assert.equal("0 1500000000", attributes "!")
      assert.equal("100 5", attributes "a")
      assert.equal("0 7", attributes "a/b")
      assert.equal("0 1500000000", attributes "a/b/c")
    end)

    it("tells which directories have no entry in the end, each once", function()
      local info = assert(layer.apply(write("t.tar", tar.of { { "never/f" }, { "late/f" },
        { "late/" }, { "twice/f" }, { "twice", body = "now a file" }, { "early/" },
        { "early/f" }, { "in/deep/f" }, { "in/" } }), mine, own()))
      table.sort(info.implied)
      assert.same({ "in/deep", "never" }, info.implied)
      assert.is_nil(assert(layer.apply(simple, mine, own())).implied)
    end)

    it("takes what the last entry says of a directory, the root as well", function()
      at_home [=[
        local function xattr(name) return { "SCHILY.xattr." .. name, "1" } end
        local first, last = { xattr "user.first" }, { xattr "user.last" }
        unpack("t", { { "./", pax = first }, { "d/", pax = first }, { "./", pax = last },
          { "d/", pax = last } })
        equal("d/ 755 user.last=0x31", tree.describe(dir .. "/t"))
        assert(os.execute(("getfattr --absolute-names -m user. %s/t >%s/root"):format(dir, dir)))
        assert(not read("root"):find("user.first", 1, true), read "root")
        assert(read("root"):find("user.last", 1, true), read "root")
      ]=]
    end)

    it("fails with the path where there is nothing to read or no target", function()
      fails("ENOENT", { dir .. "/no.tar" }, layer.apply(dir .. "/no.tar", mine))
      fails("ENOENT", { dir .. "/no" }, layer.apply(simple, dir .. "/no"))
      fails("ENOTDIR", { simple }, layer.apply(simple, simple))
      fails("EISDIR", {}, layer.apply(mine, mine))
      fails("EBADF", {}, layer.apply(1000000, mine))
      fails("ENOENT", { "kept" }, layer.apply(simple, mine, own { keep = dir .. "/no/kept" }))
    end)

    it("runs no program, whatever the source looks like (UNP-06)", function()
      local magics = { "\x1f\x9d\x90", "\x1f\xa0", "LZIP\1", "\x89LZO\0\r\n\26\n", "LRZI\0",
        "]\0\0", "\4\34M\24", "begin 644 x\n", "\xed\xab\xee\xdb", "BZh9", "\xfd7zXZ\0" }
      for i, magic in ipairs(magics) do write(i .. ".tar", magic .. helper.read(simple)) end
      local status, out, err = helper.sh(([[cd %s && lua=$(command -v lua5.4) && PATH=/nowhere \
        /usr/bin/strace -qq -f -e trace=execve,execveat -o trace "$lua" -e '
        local layer = require "lamina.core.layer"
        for i = 1, %d do print((layer.apply(i .. ".tar", "into"))) end']]):format(dir, #magics))
      if err:find "ptrace" then pending "strace may not trace here" end
      assert.equal(0, status, err)
      assert.equal(("nil\n"):rep(#magics), out)
      local started = {}
      for line in helper.read(dir .. "/trace"):gmatch "[^\n]*exec[^\n]*" do
        if not line:find("lua5.4", 1, true) then started[#started + 1] = line end
      end
      assert.same({}, started)
    end)

    it("takes away nothing and cuts nothing where all files are new", function()
      local calls = traced("unlinkat,ftruncate",
        ('assert(layer.apply("simple.tar", "into", { uid = %d, gid = %d, userxattr = true }))')
          :format(fs.getuid(), fs.stat(dir).gid))
      assert.not_matches("unlinkat", calls)
      assert.not_matches("ftruncate", calls)
    end)

    it("changes nothing elsewhere while links and directories are exchanged below it (UNP-09)",
      function()
        assert(fs.mkdir(dir .. "/canary"))
        helper.write(dir .. "/canary/f", "outside")
        local list = {}
        for i = 1, 400 do list[i] = { ("d/%d/f"):format(i % 7), body = "evil", mode = 511 } end
        write("swap.tar", tar.of(list))
        local swapper = helper.write(dir .. "/swap.py", ([[
import ctypes, os
libc = ctypes.CDLL(None)
os.chdir("%s")
os.makedirs("d", exist_ok=True)
os.symlink("%s/canary", "link")
open("../ready", "w")
while not os.path.exists("../done"):
    libc.renameat2(-100, b"d", -100, b"link", 2)
]]):format(mine, dir))
        assert(os.execute(([[timeout 60 python3 %s &
          while kill -0 $! && [ ! -e %s/ready ]; do sleep 0.01; done; kill -0 $!]])
          :format(swapper, dir)))
        local met = 0
        for _ = 1, 30 do
          local info, err = layer.apply(dir .. "/swap.tar", mine, own())
          if not info and err.errno == "ENOTDIR" then met = met + 1 end
        end
        helper.write(dir .. "/done", "")
        assert.is_true(met > 0, "the link was never met")
        assert.same({ "f" }, fs.list(dir .. "/canary"))
        assert.equal("outside", helper.read(dir .. "/canary/f"))
      end)
  end)

  describe("an upper directory", function()
    it("is sealed: what says nothing goes, opaque marks become whiteouts (SEMANTICS 78, 79)",
      function()
        at_home [=[
          unpack("lower", { { "same/" }, { "same/f", body = "1" }, { "new/" }, { "new/f" },
            { "opq/" }, { "opq/a" }, { "opq/b/" }, { "opq/b/c" }, { "gone" } })
          unpack("upper", { { "same/" }, { "same/f", body = "1" }, { "new/" }, { "new/g" },
            { ".wh.gone" }, { ".wh.never" }, { "opq/" }, { "opq/.wh..wh..opq" }, { "opq/b/" },
            { "opq/b/d" } })
          local sealed = assert(layer.seal(dir .. "/upper", { lower = { dir .. "/lower" },
            userxattr = home.userxattr }))
          equal("gone whiteout; new/ 755; new/g 644; opq/ 755; opq/a whiteout; opq/b/ 755; "
            .. "opq/b/c whiteout; opq/b/d 644", tree.describe(dir .. "/upper"))
          equal(3, sealed.removed) -- same/f, same/ and the whiteout of never
        ]=]
      end)

    it("is sealed when all that is below is hidden (SEMANTICS 79)", function()
      at_home [=[
        unpack("lower", { { "a/" }, { "a/b" }, { "c" } })
        unpack("upper", { { ".wh..wh..opq" }, { "a/" }, { "a/own" } })
        assert(layer.seal(dir .. "/upper", { lower = { dir .. "/lower" },
          userxattr = home.userxattr }))
        equal("a/ 755; a/b whiteout; a/own 644; c whiteout", tree.describe(dir .. "/upper"))
      ]=]
    end)

    it("is sealed over nothing: no mark is left, the root's neither", function()
      at_home [=[
        unpack("upper", { { ".wh..wh..opq" }, { "d/.wh..wh..opq" }, { "d/.wh.x" }, { ".wh.y" } })
        assert(layer.seal(dir .. "/upper"))
        equal("d/ 755", tree.describe(dir .. "/upper"))
      ]=]
    end)

    it("is sealed without the marks that others have set in it, where they wrote it", function()
      at_home [=[
        unpack("lower", { { "kept", body = "1" } })
        unpack("upper", { { "d/" }, { "d/new" }, { "kept", body = "2" } })
        local function mark(name, value)
          assert(os.execute(("setfattr -n user.lamina.xattr.trusted.x -v %s %s/%s"):format(value,
            dir, name)))
        end
        mark("lower/kept", 1) mark("upper/kept", 1) -- copied up with what is below
        mark("upper/d", 2) mark("upper/d/new", 2)
        assert(os.execute("setfattr -n user.lamina.device -v b:8:0:0:0:644 " .. dir
          .. "/upper/d/new"))
        assert(os.execute("setfattr -n user.own -v 3 " .. dir .. "/upper/d/new"))
        local options = { lower = { dir .. "/lower" }, userxattr = home.userxattr, strips = true }
        assert(layer.seal(dir .. "/upper", options))
        local list = tar.list((pack "upper"))
        equal("d/ d/new kept", names((pack "upper")))
        equal("0", list[2].type)
        equal(nil, list[1].pax["SCHILY.xattr.trusted.x"])
        equal(nil, list[2].pax["SCHILY.xattr.trusted.x"])
        equal("3", list[2].pax["SCHILY.xattr.user.own"])
        equal("1", list[3].pax["SCHILY.xattr.trusted.x"])
        mark("upper/kept", 4) -- another than below is somebody else's
        assert(layer.seal(dir .. "/upper", options))
        equal(nil, tar.list((pack "upper"))[3].pax["SCHILY.xattr.trusted.x"])
      ]=]
    end)

    it("is told as changes, over a list of directories or a descriptor (SEMANTICS 78)", function()
      at_home [=[
        unpack("lower", { { "etc/" }, { "etc/a", body = "1" }, { "etc/b" }, { "bin/" }, { "bin/x" },
          { "o/" }, { "o/p" } })
        unpack("upper", { { "etc/" }, { "etc/a", body = "2" }, { "etc/.wh.b" }, { "new/" },
          { "new/f" }, { "bin/" }, { "o/" }, { "o/.wh..wh..opq" } })
        local function told(lower)
          local list = assert(layer.changes(dir .. "/upper", { lower = lower,
            userxattr = home.userxattr }))
          local text = {}
          for i, change in ipairs(list) do text[i] = change.kind .. change.path end
          return table.concat(text, " ")
        end
        local below <close> = assert(fs.open(dir .. "/lower", "dir"))
        equal("C/etc C/etc/a D/etc/b A/new A/new/f C/o D/o/p", told(below:fd()))
        equal("C/etc C/etc/a D/etc/b A/new A/new/f C/o D/o/p", told { dir .. "/lower" })
        equal("A/bin A/etc A/etc/a A/new A/new/f A/o", told(nil))
      ]=]
    end)

    it("must be there, and a directory", function()
      fails("ENOENT", { dir .. "/no" }, layer.seal(dir .. "/no"))
      fails("ENOTDIR", { simple }, layer.seal(simple))
      fails("ENOENT", { dir .. "/no" }, layer.changes(dir .. "/no"))
      assert(fs.symlink(mine, dir .. "/l"))
      fails("ENOTDIR", { dir .. "/l" }, layer.seal(dir .. "/l"))
    end)
  end)

  describe("fold", function()
    it("gives directories what the upper layer says of them, and no xattr that it took off",
      function()
        at_home [=[
          local function xattr(name) return { "SCHILY.xattr." .. name, "1" } end
          unpack("under", { { "./", pax = { xattr "user.was" } },
            { "d/", pax = { xattr "user.was", xattr "trusted.was" } }, { "d/f", body = "1" },
            { "left/", pax = { xattr "user.stays" } } })
          unpack("upper", { { "./", pax = { xattr "user.is" } },
            { "d/", mode = 448, mtime = 5, pax = { xattr "user.is" } }, { "d/g", body = "2" } })
          assert(layer.fold(dir .. "/upper", dir .. "/under", { userxattr = home.userxattr }))
          equal("d/ 700 t=5 user.is=0x31; d/f 644 1; d/g 644 2; left/ 755 user.stays=0x31",
            tree.describe(dir .. "/under"))
          assert(os.execute(("getfattr --absolute-names -m user. %s/under >%s/root")
            :format(dir, dir)))
          assert(read("root"):find("user.is", 1, true), read "root")
          assert(not read("root"):find("user.was", 1, true), read "root")
        ]=]
      end)
  end)

  describe("pack", function()
    it("looks at each name once", function()
      assert(layer.apply(simple, mine, own()))
      local calls = traced("newfstatat,fstatat64,statx", 'assert(layer.pack("into"))')
      assert.equal(1, select(2, calls:gsub('"f", {', "")), calls)
    end)

    it("fails with the path where there is nothing to read or to write", function()
      fails("ENOENT", { dir .. "/no" }, layer.pack(dir .. "/no"))
      fails("ENOTDIR", { simple }, layer.pack(simple))
      fails("ENOENT", { dir .. "/no/out" }, layer.pack(mine, { output = dir .. "/no/out" }))
      local file <close> = assert(fs.open("/dev/full", "w"))
      fails("ENOSPC", { "write" }, layer.pack(mine, { output = file:fd() }))
      fails("ENOSPC", { "write" },
        layer.pack(mine, { output = file:fd(), compression = "gzip" }))
      if not helper.is_root then
        helper.write(mine .. "/f", "")
        assert(fs.chmod(mine .. "/f", 0))
        fails("EACCES", { "'f'" }, layer.pack(mine))
      end
    end)

    it("packs a directory beneath a root", function()
      assert(fs.symlink("/into", dir .. "/l"))
      helper.write(mine .. "/f", "1")
      local root <close> = assert(fs.open(dir, "path"))
      local file <close> = assert(fs.open(dir .. "/out", "rw"))
      assert.equal(1, assert(layer.pack("l", { root = root:fd(), output = file:fd() })).entries)
      assert.equal("f", tar.list(helper.read(dir .. "/out"))[1][1])
    end)
  end)

  it("goes into a tree as deep as apply makes it, and names the limit beyond it", function()
    local status, _, err = helper.sh(([[ulimit -n 8192; cd %s; lua5.4 -e '
      local fs, layer = require "lamina.core.fs", require "lamina.core.layer"
      local function opened(path)
        assert(fs.mkdirs(path))
        return assert(fs.open(path, "dir"))
      end
      local walks = {
        pack = layer.pack, clamp = function(tree) return layer.clamp(tree, 5) end,
        seal = layer.seal, changes = layer.changes,
        fold = function(tree)
          opened(tree .. "-under"):close()
          return layer.fold(tree, tree .. "-under")
        end,
        copy = function(tree)
          local from <close> = opened(tree)
          local to <close> = opened(tree .. "-copy")
          return layer.copy { from = from:fd(), to = to:fd(), destination = "/", raw = true,
            sources = { { path = "", name = "" } } }
        end,
      }
      for name, walk in pairs(walks) do
        local function deep(n)
          local tree = name .. n
          assert(fs.mkdirs(tree .. ("/d"):rep(n)))
          return walk(tree)
        end
        assert(deep(1024))
        local info, why = deep(1025)
        assert(not info and why.errno == "E2BIG" and why.message:find("depth", 1, true),
          name .. ": " .. tostring(why and why.message))
      end']]):format(mine))
    assert.equal(0, status, err)
  end)

  describe("probe", function()
    it("tells the compression and whether a tar is in it", function()
      for _, tool in ipairs { "gzip", "zstd", "xz", "bzip2" } do
        assert.equal(0, (helper.sh(("%s <%s >%s/p; %s </etc/passwd >%s/q"):format(tool, simple, dir,
          tool, dir))))
        assert.same({ compression = tool, tar = true }, layer.probe(dir .. "/p"))
        assert.same({ compression = tool, tar = false }, layer.probe(dir .. "/q"))
      end
      assert.same({ compression = "none", tar = true }, layer.probe(simple))
      assert.same({ compression = "none", tar = false }, layer.probe(write("e", "")))
      assert.same({ compression = "none", tar = false }, layer.probe(write("z", ("\0"):rep(1024))))
      assert.is_false(layer.probe(write("g", "\x1f\x8b broken")).tar)
      assert.is_false(layer.probe(write("b", "BZh9 broken")).tar)
    end)

    it("fails where there is nothing to read", function()
      fails("ENOENT", { dir .. "/no" }, layer.probe(dir .. "/no"))
      fails("EISDIR", {}, layer.probe(dir))
      fails("EBADF", {}, layer.probe(1000000))
    end)
  end)

  it("raises at the caller's line for what can't be meant", function()
    misuse("source: a path or a descriptor expected, got table", layer.apply, {}, mine)
    misuse("source: a descriptor expected, got %-1", layer.apply, -1, mine)
    misuse("source: a path with a NUL", layer.probe, "a\0b")
    misuse("string expected, got no value", layer.apply, simple)
    misuse("unknown option 'diffid'", layer.apply, simple, mine, { diffid = "x" })
    misuse("option 'form': 'overlay' or 'tree' expected, got 'tre'", layer.apply, simple, mine,
      { form = "tre" })
    misuse("option 'digest'", layer.apply, simple, mine, { digest = "sha256:" .. ("G"):rep(64) })
    misuse("option 'diff_id'", layer.apply, simple, mine, { diff_id = "sha512:00" })
    misuse("option 'compression'", layer.apply, simple, mine, { compression = "lzma" })
    misuse("option 'ids'", layer.apply, simple, mine, { ids = 1 << 32 })
    misuse("option 'uid'", layer.apply, simple, mine, { uid = (1 << 32) - 1 })
    misuse("option 'gid'", layer.apply, simple, mine, { gid = -2 })
    misuse("option 'ratio'", layer.apply, simple, mine, { limits = { ratio = 0 } })
    misuse("unknown option 'xatr'", layer.apply, simple, mine, { limits = { xatr = 1 } })
    misuse("option 'root'", layer.apply, simple, mine, { root = -3 })
    misuse("unknown option 'compress'", layer.pack, mine, { compress = "gzip" })
    misuse("written as none, gzip or zstd", layer.pack, mine, { compression = "xz" })
    misuse("gzip has 1 to 3, got 9", layer.pack, mine, { compression = "gzip", level = 9 })
    misuse("option 'epoch'", layer.pack, mine, { epoch = -2 })
    misuse("option 'output'", layer.pack, mine, { output = true })
    misuse("unknown option 'lowers'", layer.seal, mine, { lowers = {} })
    misuse("option 'lower': a list or a descriptor expected, got string", layer.seal, mine,
      { lower = "/" })
    misuse("option 'lower': a path expected, got boolean", layer.changes, mine,
      { lower = { true } })
    assert.same({}, fs.list(mine))
  end)

  it("closes every descriptor, whatever fails, under a restless collector", function()
    write("bad.tar", tar.of { { "../x" } })
    write("cut.gz", "\x1f\x8b\8\0\0\0\0\0\0\3cut")
    watch.restless(function()
      watch.descriptors(function()
        for _ = 1, 20 do
          assert(layer.apply(simple, mine, own { keep = dir .. "/kept" }))
          assert(layer.pack(mine, { output = dir .. "/out", compression = "zstd" }))
          assert(layer.pack(mine, { output = dir .. "/out", compression = "gzip" }))
          assert(layer.seal(mine))
          assert(layer.changes(mine))
          assert(layer.probe(simple))
          assert.is_nil((layer.apply(dir .. "/bad.tar", mine)))
          assert.is_nil((layer.apply(dir .. "/cut.gz", mine)))
          assert.is_nil((layer.apply(simple, dir .. "/no")))
          assert.is_nil((layer.pack(dir .. "/no", { output = dir .. "/out" })))
          assert.is_nil((layer.seal(mine, { lower = { dir .. "/no" } })))
          pcall(layer.pack, mine, { output = dir .. "/out", level = 99 })
        end
      end)
    end)
  end)
end)
