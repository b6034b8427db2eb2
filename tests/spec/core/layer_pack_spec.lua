-- What SEMANTICS D7 says of layers that are written, and that nothing is lost on the way.
local at_home = require "support.at_home"
local helper = require "support.helper"

-- One of everything. `rich` is Lua text that makes the list for tar.of.
local rich = [=[
  local long, longer = ("n"):rep(200), ("d/"):rep(100)
  local rich = {
    { "bin/", mtime = 5 }, { "bin/su", body = "su", mode = 2541 }, -- 4755
    { "bin/sg", body = "sg", mode = 1517 }, { "tmp/", mode = 1023 },
    { "closed/", mode = 0 }, { "closed/in", body = "x", mode = 0 },
    { "link", link = "bin/su", mtime = 7 }, { "dangling", link = "/no/where" },
    { "hard", type = "1", link = "bin/su" }, { "zz-hard", type = "1", link = "link" },
    { "fifo", type = "6" }, { "null", type = "3", major = 1, minor = 3, mode = 438 },
    { "disk", type = "4", major = 259, minor = 70000, mode = 432, mtime = 11 },
    { "\xff\xfe", body = "bytes" }, { "new\nline", body = "" },
    { "x", body = "long", pax = { { "path", "long/" .. long } } },
    { "x", body = "deep", pax = { { "path", longer .. "\xff" } } },
    { "t", link = "t", pax = { { "path", "long/target" }, { "linkpath", ("t"):rep(3000) } } },
    { "old", mtime = -86400 }, { "new", mtime = 1 << 33 },
    { "big", body = ("big\n"):rep(300000) }, { "empty" },
    { "attributes", body = "1", pax = { { "SCHILY.xattr.user.b", "2" },
      { "SCHILY.xattr.user.a", "\0\1\n" }, { "SCHILY.xattr.trusted.t", "kept" },
      { "SCHILY.xattr.security.capability",
        "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0" } } },
    { "with/", pax = { { "SCHILY.xattr.user.dir", "d" } } },
    { ".wh.gone", mode = 0 }, { "with/.wh.gone", mode = 0 }, { "opaque/.wh..wh..opq", mode = 0 },
    { "opaque/own", body = "own" },
  }
  if home.ids > 1 << 31 then
    rich[#rich + 1] = { "owner", uid = 4000000000, gid = 3000000, body = "big ids" }
    rich[#rich + 1] = { "someone", uid = 1000, gid = 100 }
    rich[#rich + 1] = { "tape", type = "3", major = 9, minor = 0, gid = 26 }
    rich[#rich + 1] = { "linked", link = "x", uid = 5, gid = 6,
      pax = { { "SCHILY.xattr.trusted.on-a-link", "1" } } }
  end
]=]

describe("a layer that lamina writes", function()
  after_each(helper.cleanup)

  it("is identical in every attribute when it is applied again, and in every byte", function()
    at_home(rich .. [=[
      unpack("first", rich)
      local before = tree.describe(dir .. "/first")
      local bytes, info = pack "first"
      equal(before, tree.describe(dir .. "/first"), "packing changed something")
      local applied = unpack("second", bytes)
      equal(before, tree.describe(dir .. "/second"), "the second tree differs")
      equal(info.diff_id, applied.diff_id)
      equal(info.entries, applied.entries)
      equal(info.bytes, applied.bytes)
      local again, same = pack "second"
      assert(bytes == again, "the second tar differs")
      equal(info.diff_id, same.diff_id)
      equal("sha256:" .. digest.sha256(bytes), info.diff_id)
      if is_root then assert(before:find("@4000000000:3000000", 1, true), before) end
      assert(before:find("security.capability", 1, true), before)
      assert(before:find("trusted.t=0x6b657074", 1, true), before)
      assert(before:find("null char 1:3 666", 1, true), before)
      assert(before:find("opaque/ 755 opaque", 1, true), before)
    ]=])
  end)

  it("is the same whatever the umask, the locale, the time zone and the order (SEMANTICS 85)",
    function()
      local text = rich .. [=[
        local order = { table.unpack(rich) }
        if os.getenv "BACKWARDS" then
          local first = { [order[2][1]] = true, [order[7][1]] = true } -- targets of hard links
          local kept, rest = {}, {}
          for _, e in ipairs(order) do
            if first[e[1]] or e[1]:sub(-1) == "/" then kept[#kept + 1] = e
            else table.insert(rest, 1, e) end
          end
          order = table.move(rest, 1, #rest, #kept + 1, kept)
        end
        unpack("first", order)
        local _, info = pack "first"
        local _, gzip = pack("first", { compression = "gzip" })
        local _, zstd = pack("first", { compression = "zstd" })
        print(info.diff_id, gzip.digest, zstd.digest)
      ]=]
      local expected = at_home(text)
      assert.matches("^sha256:%x+\tsha256:%x+\tsha256:%x+\n$", expected)
      for _, environment in ipairs { "umask 0;", "umask 077;", "LC_ALL=C.UTF-8", "TZ=Asia/Tokyo",
        "BACKWARDS=1", "LC_ALL=C BACKWARDS=1 TZ=UTC" } do
        assert.equal(expected, at_home(text, environment), environment)
      end
    end)

  it("takes later times than the epoch down to it, and no others", function()
    at_home [=[
      unpack("t", { { "a", mtime = 10 }, { "b", mtime = 2000000000 }, { "d/", mtime = 20 } })
      local list = tar.list((pack("t", { epoch = 15 })))
      equal("a 10 b 15 d/ 15", ("%s %d %s %d %s %d"):format(list[1][1], list[1].mtime, list[2][1],
        list[2].mtime, list[3][1], list[3].mtime))
    ]=]
  end)

  it("has its entries in the order of their bytes, directories before what is in them "
    .. "(SEMANTICS 85)", function()
    at_home [=[
      unpack("t", { { "b" }, { "a/z" }, { "a.b" }, { "a/" }, { "a-" }, { "B" }, { "\xff" },
        { "é" } })
      equal("B a/ a/z a- a.b b é \xff", names((pack "t")))
    ]=]
  end)

  it("has whiteouts before their siblings, without rights, owner or time (SEMANTICS 79, 84)",
    function()
      at_home [=[
        unpack("t", { { "d/" }, { "d/.a" }, { "d/.wh.z" }, { "d/.wh..wh..opq" }, { "d/y" },
          { ".wh.gone" } })
        local bytes = pack "t"
        equal(".wh.gone d/ d/.wh..wh..opq d/.wh.z d/.a d/y", names(bytes))
        for _, entry in ipairs((tar.list(bytes))) do
          if entry[1]:find(".wh.", 1, true) then
            equal("0 0 0 0 0 0", ("%s %d %d %d %d %d"):format(entry.type, entry.mode, entry.uid,
              entry.gid, entry.mtime, #entry.body))
          end
        end
      ]=]
    end)

  it("gives opaque marks of its own kind of overlay only (SEMANTICS 79)", function()
    at_home [=[
      unpack("t", { { "d/" }, { "d/x" } })
      -- as a step could: it may set user xattrs on what is its own
      assert(os.execute("setfattr -n user.overlay.opaque -v y " .. dir .. "/t/d"))
      equal("d/ d/x", names((pack("t", { userxattr = false }))))
      equal("d/ d/.wh..wh..opq d/x", names((pack("t", { userxattr = true }))))
      equal("d/ d/x", names((pack("t", { form = "tree" }))))
    ]=]
  end)

  it("keeps hard links within it, to the first name (SEMANTICS 82)", function()
    at_home [=[
      unpack("t", { { "z", body = "1" }, { "m", type = "1", link = "z" },
        { "a/x", type = "1", link = "m" }, { "l", link = "q" }, { "k", type = "1", link = "l" } })
      local list = tar.list((pack "t"))
      local text = {}
      for i, e in ipairs(list) do text[i] = e[1] .. e.type .. e.link end
      equal("a/5 a/x0 k2q l1k m1a/x z1a/x", table.concat(text, " "))
    ]=]
  end)

  it("has the xattrs that travel, and never overlay's or the host's own (SEMANTICS 83)", function()
    at_home [=[
      unpack("t", { { "f", body = "1", pax = { { "SCHILY.xattr.user.z", "1" },
        { "SCHILY.xattr.user.a", "2" } } } })
      local f = dir .. "/t/f"
      assert(os.execute("setfattr -n user.overlay.redirect -v /x " .. f))
      if is_root then
        os.execute("setfattr -n trusted.overlay.metacopy -v x " .. f)
        os.execute("setfattr -n security.evm -v x " .. f .. " 2>/dev/null")
      end
      local pax = tar.list((pack "t"))[1].pax
      equal(2, #pax)
      equal("SCHILY.xattr.user.a", pax[1][1])
      equal("SCHILY.xattr.user.z", pax[2][1])
    ]=]
  end)

  it("believes marks only where nobody but the user who packs may write", function()
    at_home [=[
      unpack("t", { { "mine" }, { "theirs" }, { "x-all", mode = 438 }, { "x-group", mode = 432 } })
      for _, name in ipairs { "mine", "theirs", "x-all", "x-group" } do
        local at = dir .. "/t/" .. name
        assert(os.execute("setfattr -n user.lamina.device -v c:1:3:0:0:644 " .. at))
        assert(os.execute("setfattr -n user.lamina.xattr.trusted.x -v 1 " .. at))
      end
      if is_root then assert(fs.chown(dir .. "/t/theirs", 1000, 1000)) end
      local list = tar.list((pack "t"))
      equal("3", list[1].type)
      equal("1", list[1].pax["SCHILY.xattr.trusted.x"])
      for i = is_root and 2 or 3, 4 do
        equal("0", list[i].type)
        equal(0, #list[i].pax)
      end
    ]=]
  end)

  it("has a node's own mode from its mark, unless the file has got another", function()
    at_home [=[
      unpack("t", { { "as-made" }, { "changed", mode = 384 } })
      for _, name in ipairs { "as-made", "changed" } do
        assert(os.execute("setfattr -n user.lamina.device -v c:1:3:0:0:666 " .. dir .. "/t/"
          .. name))
      end
      local list = tar.list((pack "t"))
      equal("3 666", ("%s %o"):format(list[1].type, list[1].mode))
      equal("3 600", ("%s %o"):format(list[2].type, list[2].mode))
    ]=]
  end)

  it("fails where a tar can't say it: '=' in an xattr's name, a name of .wh.", function()
    at_home [=[
      unpack("t", { { "f" } })
      assert(os.execute("setfattr -n user.a=b -v 1 " .. dir .. "/t/f"))
      local info, err = layer.pack(dir .. "/t")
      assert(not info and err.errno == "EINVAL" and err.message:find("user.a=b", 1, true)
        and err.message:find("'f'", 1, true), err and err.message)
      assert(fs.remove(dir .. "/t/f"))
      assert(fs.mkdirs(dir .. "/t/d/.wh.x"))
      info, err = layer.pack(dir .. "/t")
      assert(not info and err.message:find("d/.wh.x", 1, true), err and err.message)
      equal("d/ d/.wh.x/", names((pack("t", { form = "tree" }))))
    ]=]
  end)

  it("has numbers for owners, PAX only where ustar ends, and no other times (SEMANTICS 84)",
    function()
      at_home [=[
        unpack("t", { { "d/", mtime = 3 }, { "x", pax = { { "path", "d/" .. ("n"):rep(98) } } },
          { "x", pax = { { "path", "e/" .. ("n"):rep(99) }, { "mtime", "5.999999" } } } })
        -- nanoseconds and a socket, as a step leaves them
        assert(fs.utime(dir .. "/t/d", 3, 999999999))
        local list, eof = tar.list((pack "t"))
        equal(4, #list)
        equal("d/", list[1][1])
        equal(3, list[1].mtime)
        equal(0, #list[2].pax)
        equal("path", list[4].pax[1][1])
        equal(5, list[4].mtime)
        equal(1024, #eof)
        for _, e in ipairs(list) do
          equal("ustar\00000", e.head:sub(258, 265))
          equal(("\0"):rep(64), e.head:sub(266, 329)) -- uname and gname
        end
      ]=]
    end)

  it("leaves sockets out, two names of one as well (SEMANTICS 84)", function()
    at_home [=[
      assert(fs.mkdir(dir .. "/t"))
      assert(os.execute(([[python3 -c '
import os, socket
os.chdir("%s/t")
socket.socket(socket.AF_UNIX).bind("s")
os.link("s", "s2")
open("f", "w")']]):format(dir)))
      equal("f", names((pack "t")))
    ]=]
  end)

  it("has a gzip header that tells nothing (SEMANTICS 85), and both digests (SEMANTICS 86)",
    function()
      at_home [=[
        unpack("t", { { "f", body = ("text\n"):rep(100000) } })
        local plain, info = pack "t"
        equal(info.digest, info.diff_id)
        equal(info.size, #plain)
        for _, how in ipairs { "gzip", "zstd" } do
          local bytes, packed = pack("t", { compression = how })
          equal(info.diff_id, packed.diff_id)
          equal("sha256:" .. digest.sha256(bytes), packed.digest)
          equal(#bytes, packed.size)
          equal(#plain, packed.tar_size)
          equal(how, packed.compression)
          assert(#bytes < #plain / 10)
          if how == "gzip" then equal("\x1f\x8b\8\0\0\0\0\0\0\xff", bytes:sub(1, 10)) end
          assert(os.execute(("%s -dc < %s/t.packed > %s/plain"):format(how, dir, dir)))
          assert(read "plain" == plain, how)
        end
        for level = 1, 3 do
          local _, packed = pack("t", { compression = "gzip", level = level })
          equal(info.diff_id, packed.diff_id)
        end
        local _, best = pack("t", { compression = "zstd", level = 19 })
        equal(info.diff_id, best.diff_id)
      ]=]
    end)

  it("is read by GNU tar, bsdtar or python without complaint", function()
    at_home(rich .. [=[
      unpack("t", rich)
      local bytes = pack "t"
      assert(os.execute(("tar -tf %s/t.packed >/dev/null"):format(dir)))
      assert(os.execute(([[python3 -c '
import sys, tarfile
names = tarfile.open("%s/t.packed", errors="surrogateescape").getnames()
assert len(names) == %d, len(names)']]):format(dir, #tar.list(bytes))))
    ]=])
  end)

  it("comes back from 40 random trees as it went", function()
    at_home [=[
      local seed = os.time()
      math.randomseed(seed)
      local any = math.random
      local function name()
        local bytes = {}
        for i = 1, any(1, any(1, 40)) do bytes[i] = string.char(any(33, 255)) end
        local text = table.concat(bytes):gsub("/", "_")
        return text:match "^%.+$" and "x" or text:gsub("^%.wh%.", "")
      end
      local kinds = { "0", "0", "0", "5", "5", "2", "6", "3" }
      local good = 0
      for round = 1, 40 do
        local list, dirs, files = {}, { "" }, {}
        for _ = 1, any(0, 30) do
          local e = { "x", type = kinds[any(#kinds)], mode = any(0, 4095), mtime = any(0, 1 << 31),
            major = any(1, 255), minor = any(0, 255) }
          local path = dirs[any(#dirs)] .. name()
          if e.type == "0" then e.body = ("b"):rep(any(0, 3000)) end
          if e.type == "2" then e.link = name() end
          e.pax = { { "path", path } }
          if any(4) == 1 then e.pax[2] = { "SCHILY.xattr.user." .. any(9), name() } end
          if #files > 0 and any(6) == 1 then
            e = { "x", type = "1", link = "l",
              pax = { { "path", path }, { "linkpath", files[any(#files)] } } }
          elseif e.type == "0" then
            files[#files + 1] = path
          elseif e.type == "5" then
            dirs[#dirs + 1] = path .. "/"
          end
          list[#list + 1] = e
        end
        local a, b = "a" .. round, "b" .. round
        assert(fs.mkdir(dir .. "/" .. a, 493))
        local ok = layer.apply(write(a .. ".tar", tar.of(list)), dir .. "/" .. a,
          { userxattr = home.userxattr, ids = home.ids })
        if ok then -- a name that was taken by a file may not be a parent
          good = good + 1
          local bytes = pack(a)
          unpack(b, bytes)
          equal(tree.describe(dir .. "/" .. a), tree.describe(dir .. "/" .. b), "seed " .. seed)
          assert(bytes == pack(b), "seed " .. seed)
        end
      end
      assert(good > 20, good)
    ]=]
  end)
end)
