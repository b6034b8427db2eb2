--- Archives as an attacker makes them (SECURITY 6h), and what must become of each.
--
-- A case is { name, list for tar.of or bytes, tree = text of support.tree } where it is acceptable,
-- err = what the message says where it is refused; match and has (a path) stand for a tree. Who
-- has fewer than `ids` ids is refused; `limits` are small ones; `filter` is a shell command that
-- the bytes go through, which stand in `in` too. CANARY stands for a folder outside.
local tar = require "support.tar"

local cases = {}

local function accept(name, list, tree, more)
  local case = { name = name, list = list, tree = tree }
  for key, value in pairs(more or {}) do case[key] = value end
  cases[#cases + 1] = case
end

local function refuse(name, list, err, more)
  local case = { name = name, list = list, err = err }
  for key, value in pairs(more or {}) do case[key] = value end
  cases[#cases + 1] = case
end

local function file(name, body) return { name, body = body } end
local function link(name, target) return { name, link = target } end
local function hard(name, target, body) return { name, type = "1", link = target, body = body } end
local function whiteout(name) return { name, mode = 0 } end
local function fifo(name) return { name, type = "6" } end
local function device(name, major, minor, kind)
  return { name, type = kind or "3", major = major, minor = minor, mode = 438 } -- 0666
end

-- Names --------------------------------------------------------------------------------------

local up = { "..", "../x", "a/..", "a/../x", "a/../../x", "/../x", "./../x", "a/b/../../../x" }
for _, name in ipairs(up) do
  refuse("file " .. name, { file(name, "x") }, "'..'")
  refuse("dir " .. name, { { name .. "/" } }, "'..'")
  refuse("link " .. name, { link(name, "y") }, "'..'")
  refuse("hard link " .. name, { file("y"), hard(name, "y") }, "'..'")
  refuse("fifo " .. name, { fifo(name) }, "'..'")
end
refuse("whiteout ../.wh.x", { whiteout "../.wh.x" }, "'..'")
refuse("whiteout a/../.wh.x", { whiteout "a/../.wh.x" }, "'..'")
refuse("opaque ../", { whiteout "../.wh..wh..opq" }, "'..'")
refuse("'..' in a PAX path", { { "ok", pax = { { "path", "../x" } } } }, "'..'")
refuse("'..' in a GNU long name", { tar.long("L", "a/../../x"), { "ok", format = "gnu" } }, "'..'")
refuse("'..' in a prefix", { { "x", prefix = "../.." } }, "'..'")
for _, name in ipairs { "/x", "//x", "./x", ".//./x", "/./x", "x/." } do
  accept("file as " .. name, { file(name, "1") }, "x 644 1")
end
accept("dots that are names", { file("...", "1"), file("..a", "2"), file("a..", "3") },
  "... 644 1; ..a 644 2; a.. 644 3")
accept("a//b", { file("a//b", "1") }, "a/ 755; a/b 644 1")
accept("an absolute canary", { file("CANARY/secret", "1") }, "CANARYPARENTS/secret 644 1")
refuse("no name", { { "" } }, "without a name")
for _, name in ipairs { ".", "./", "/", "//", "./." } do
  if name:sub(-1) == "/" then -- a slash makes a directory, as in the oldest tars
    accept("root as file " .. name, { { name, type = "0", mode = 493 } }, "")
  else
    refuse("root as file " .. name, { { name, type = "0" } }, "the root can only be")
  end
  refuse("root as link " .. name, { { name, type = "2", link = "CANARY" } }, "the root can only be")
  refuse("root as hard link " .. name, { file "a", hard(name, "a") }, "the root can only be")
  accept("root as directory " .. name, { { name, type = "5" }, file("f", "1") }, "f 644 1")
end
accept("name of 255", { { "x", pax = { { "path", ("n"):rep(255) } } } }, ("n"):rep(255) .. " 644")
refuse("name of 256", { { "x", pax = { { "path", ("n"):rep(256) } } } }, "a part of the name")
accept("path of 4095", { { "x", pax = { { "path", ("d/"):rep(500) .. ("n"):rep(95) } } } }, nil,
  { has = ("d/"):rep(500) .. ("n"):rep(95) })
refuse("path of 4096", { { "x", pax = { { "path", ("d/"):rep(1000) .. ("n"):rep(2096) } } } },
  "limit 'path' of 4095")
refuse("path of 65536", { { "x", pax = { { "path", ("d/"):rep(32768) } } } }, "limit 'path'")
refuse("1025 deep", { { "x", pax = { { "path", ("d/"):rep(1025) } } } }, "limit 'depth' of 1024")
accept("name not UTF-8", { file("\xff\xfe", "1") }, '"\\255\\254" 644 1')
accept("PAX name not UTF-8", { { "x", body = "1", pax = { { "path", "b\xff" } } } },
  '"b\\255" 644 1')
accept("name with newline and ESC", { file("a\n\27[2Jb", "1") }, '"a\\010\\027[2Jb" 644 1')
accept("name with a backslash and a quote", { file("a\\b\"c", "1") }, '"a\\\\b\\"c" 644 1')
accept("NUL in a PAX path ends it", { { "x", pax = { { "path", "b\0c" } } } }, "b 644")

-- Links --------------------------------------------------------------------------------------

for _, target in ipairs { "CANARY", "../../../../../../CANARY", "/proc/self/root/CANARY",
  "/proc/self/fd/0", "nowhere" } do
  accept("link to " .. target, { link("l", target) }, "l -> " .. target)
  refuse("file through a link to " .. target, { link("l", target), file("l/secret", "evil") },
    "'l'")
  refuse("dir through a link to " .. target, { link("l", target), { "l/d/" } }, "'l'")
  refuse("whiteout through a link to " .. target, { link("l", target), whiteout "l/.wh.secret" },
    "'l'")
  refuse("opaque mark through a link to " .. target,
    { link("l", target), whiteout "l/.wh..wh..opq" }, "'l'")
  refuse("hard link through a link to " .. target, { link("l", target), hard("h", "l/secret") },
    "isn't in this layer")
end
refuse("link loop", { link("a", "b"), link("b", "a"), file("a/x", "1") }, "symbolic links")
refuse("link to itself", { link("a", "a"), file("a/x", "1") }, "symbolic links")
refuse("chained links", { link("a", "b"), link("b", "CANARY"), file("a/secret", "evil") }, "'a'")
accept("file through a link to a directory of this layer",
  { { "d/" }, link("l", "/d"), file("l/x", "1") }, "d/ 755; d/x 644 1; l -> /d")
accept("link with '..' that stays", { { "d/" }, link("l", "../../d"), file("l/x", "1") },
  "d/ 755; d/x 644 1; l -> ../../d")
accept("file over a link", { link("l", "CANARY/secret"), file("l", "mine") }, "l 644 mine")
accept("dir over a link", { link("l", "CANARY"), { "l/", mode = 511 }, file("l/secret", "mine") },
  "l/ 777; l/secret 644 mine")
accept("dir becomes a link", { { "d/" }, file("d/x", "1"), link("d", "CANARY") }, "d -> CANARY")
refuse("dir becomes a link, entries go on", { { "d/" }, link("d", "CANARY"), file("d/x", "1") },
  "'d'")
accept("attributes of a link", { { "l", link = "CANARY/secret", mode = 4095, mtime = 7 } },
  "l -> CANARY/secret t=7")
accept("xattr on a link is not its target's",
  { { "l", link = "CANARY/secret", pax = { { "SCHILY.xattr.user.evil", "1" } } } },
  "l -> CANARY/secret")
refuse("link without target", { { "l", type = "2" } }, "without a target")
accept("link target of 4095", { { "l", link = "t", pax = { { "linkpath", ("t"):rep(4095) } } } },
  "l -> " .. ("t"):rep(4095))
refuse("link target of 4096", { { "l", link = "t", pax = { { "linkpath", ("t"):rep(4096) } } } },
  "File name too long")
accept("link with a body size of zero", { { "l", link = "x", size = 0 } }, "l -> x")

-- Hard links ---------------------------------------------------------------------------------

refuse("hard link outside", { hard("h", "CANARY/secret") }, "isn't in this layer")
refuse("hard link outside by '..'", { hard("h", "../../../../CANARY/secret") }, "'..'")
refuse("hard link to a later entry", { hard("h", "f"), file("f") }, "isn't in this layer")
refuse("hard link to itself", { hard("h", "h") }, "isn't in this layer")
refuse("hard link to a directory", { { "d/" }, hard("h", "d") }, "is no file")
refuse("hard link to the root", { hard("h", "/") }, "is no file")
refuse("hard link to a whiteout", { whiteout ".wh.w", hard("h", "w") }, "is no file")
refuse("hard link to a whiteout's name", { whiteout ".wh.w", hard("h", ".wh.w") },
  "isn't in this layer")
refuse("hard link with a body", { file("f", "orig"), hard("h", "f", "evil"), file "z" }, "damaged")
accept("hard link to a link", { link("l", "CANARY/secret"), hard("h", "l") },
  "h -> CANARY/secret; l = h")
accept("hard link to a hard link", { file("a", "1"), hard("b", "a"), hard("c", "./b") },
  "a 644 1; b = a; c = a")
accept("hard link to where it is", { file("a", "1"), hard("a", "a") }, "a 644 1")
accept("hard link over a file", { file("a", "1"), file("b", "2"), hard("b", "a") },
  "a 644 1; b = a")
accept("a new file doesn't write through a hard link",
  { file("a", "1"), hard("b", "a"), file("b", "2") }, "a 644 1; b 644 2")
accept("hard link to a FIFO", { fifo "p", hard("q", "p") }, "p fifo 644; q = p")

-- Whiteouts ----------------------------------------------------------------------------------

accept("whiteout", { whiteout ".wh.x" }, "x whiteout")
accept("whiteout without a parent", { whiteout "d/.wh.x" }, "d/ 755; d/x whiteout")
refuse("whiteout of nothing", { whiteout ".wh." }, "whiteout of nothing")
refuse("whiteout of nothing, deeper", { whiteout "d/.wh." }, "whiteout of nothing")
refuse("whiteout of '.'", { whiteout ".wh.." }, "whiteout of nothing")
refuse("whiteout of '..'", { whiteout ".wh..." }, "whiteout of nothing")
refuse("whiteout as a parent", { file(".wh.x/y", "1") }, "below a whiteout")
refuse("whiteout as a parent, deeper", { file("a/.wh.x/b/y", "1") }, "below a whiteout")
refuse("opaque mark as a parent", { file(".wh..wh..opq/y", "1") }, "below a whiteout")
refuse("whiteout that is a directory", { { ".wh.x/", type = "5" } }, "an empty file")
refuse("whiteout that is a link", { link(".wh.x", "CANARY") }, "an empty file")
refuse("opaque mark that is a directory", { { ".wh..wh..opq/", type = "5" } }, "an empty file")
refuse("whiteout that is a device", { device(".wh.x", 1, 3) }, "an empty file")
accept("whiteout as a hard link, as AUFS has it", { whiteout ".wh.a", hard(".wh.b", ".wh.a") },
  "a whiteout; b whiteout")
accept("whiteout with a body", { file(".wh.x", "text"), file("y", "1") }, "x whiteout; y 644 1")
accept("AUFS' own files", { file(".wh..wh.x", "1"), { ".wh..wh.plnk/" },
  file(".wh..wh.plnk/1.2", "x"), file("y", "1") }, "y 644 1")
accept("whiteout before its file", { whiteout ".wh.x", file("x", "1") }, "x 644 1")
accept("whiteout behind its file", { file("x", "1"), whiteout ".wh.x" }, "x 644 1")
accept("whiteout before its directory", { whiteout ".wh.d", { "d/" }, file("d/f", "1") },
  "d/ 755 opaque; d/f 644 1")
accept("whiteout behind its directory", { { "d/" }, file("d/f", "1"), whiteout ".wh.d" },
  "d/ 755 opaque; d/f 644 1")
accept("whiteout before what is in its directory", { whiteout ".wh.d", file("d/f", "1") },
  "d/ 755 opaque; d/f 644 1")
accept("whiteout twice", { whiteout ".wh.x", whiteout ".wh.x" }, "x whiteout")
accept("opaque mark", { { "d/" }, whiteout "d/.wh..wh..opq" }, "d/ 755 opaque")
accept("opaque mark before siblings", { whiteout "d/.wh..wh..opq", file("d/f", "1") },
  "d/ 755 opaque; d/f 644 1")
accept("opaque mark behind siblings", { file("d/f", "1"), whiteout "d/.wh..wh..opq" },
  "d/ 755 opaque; d/f 644 1")
accept("opaque mark, then its directory", { whiteout "d/.wh..wh..opq", { "d/", mode = 448 } },
  "d/ 700 opaque")
accept("opaque root", { whiteout ".wh..wh..opq", file("f", "1") }, "/ opaque; f 644 1")
accept("opaque twice and nested", { whiteout "a/.wh..wh..opq", whiteout "a/b/.wh..wh..opq" },
  "a/ 755 opaque; a/b/ 755 opaque")
accept("names that only look like whiteouts", { file("wh.x", "1"), file(".whx", "2") },
  ".whx 644 2; wh.x 644 1")

-- Every type over every other ----------------------------------------------------------------

local kinds = {
  file = { { file("x", "new") }, "x 644 new" },
  dir = { { { "x/" }, file("x/in", "1") }, "x/ 755; x/in 644 1" },
  link = { { link("x", "CANARY") }, "x -> CANARY" },
  hard = { { file("a", "1"), hard("x", "a") }, "a 644 1; x = a" },
  fifo = { { fifo "x" }, "x fifo 644" },
  char = { { device("x", 1, 3) }, "x char 1:3 666" },
  block = { { device("x", 7, 300, "4") }, "x block 7:300 666" },
}
for first, before in pairs(kinds) do
  for second, behind in pairs(kinds) do
    local list, tree = {}, behind[2]
    for _, e in ipairs(before[1]) do list[#list + 1] = e end
    for _, e in ipairs(behind[1]) do list[#list + 1] = e end
    if first == "hard" and second ~= "hard" then tree = "a 644 1; " .. tree end
    accept(first .. " becomes " .. second, list, tree)
  end
end

-- Directories --------------------------------------------------------------------------------

accept("the last of many entries for a directory counts", {
  { "d/", mode = 0, mtime = 1, pax = { { "SCHILY.xattr.user.old", "1" } } }, file("d/f", "1"),
  { "d/", mode = 493, mtime = 2 } }, "d/ 755 t=2; d/f 644 1")
accept("a directory without rights that holds files",
  { { "d/", mode = 0 }, { "d/e/", mode = 0 }, file("d/e/f", "1") }, "d/ 0; d/e/ 0; d/e/f 644 1")
accept("a read-only directory", { { "d/", mode = 365 }, file("d/f", "1"), whiteout "d/.wh.g" },
  "d/ 555; d/f 644 1; d/g whiteout")
accept("parents nobody named", { { "a/b/c", body = "1", mtime = 9 } },
  "a/ 755 t=9; a/b/ 755 t=9; a/b/c 644 1 t=9")
accept("a directory's time in spite of what is made in it",
  { { "d/", mtime = 5 }, file("d/f", "1"), { "d/e/" }, whiteout "d/.wh.g" },
  "d/ 755 t=5; d/e/ 755; d/f 644 1; d/g whiteout")
refuse("a file as a parent", { file("f", "1"), file("f/g", "2") }, "'f'")
refuse("a device as a parent", { device("f", 1, 3), file("f/g", "2") }, "'f'")
accept("v7 directory by its slash", { { "d/", type = "0", format = "v7" } }, "d/ 644")

-- Modes, ids, times, devices -----------------------------------------------------------------

accept("set-id and sticky bits", { { "s", mode = 2541 }, { "g", mode = 1517 },
  { "t/", mode = 1023 } }, "g 2755; s 4755; t/ 1777")
accept("all bits of a mode", { { "x", mode = 4095 } }, "x 7777")
accept("file type bits in a mode", { { "x", mode = "0100644" }, { "y", mode = "0040755" } },
  "x 644; y 755")
for _, id in ipairs { -1, 1 << 32, (1 << 32) - 1, 1 << 40, 1 << 52 } do
  refuse("uid " .. id, { { "x", uid = id } }, "user id")
  refuse("gid " .. id .. " in PAX", { { "x", pax = { { "gid", ("%d"):format(id) } } } }, "group id")
end
for _, id in ipairs { 1, 2097151, 2097152, (1 << 31) - 1, 1 << 31, (1 << 32) - 2 } do
  accept("uid and gid " .. id, { { "x", uid = id, gid = id } }, ("x 644 @%d:%d"):format(id, id),
    { ids = id + 1 })
end
accept("names of users mean nothing", { { "x", uname = "daemon", gname = "daemon",
  pax = { { "uname", "bin" }, { "gname", "bin" } } } }, "x 644")
for _, time in ipairs { 0, -1, -100000, 1 << 31, 1 << 33 } do
  accept("mtime " .. time, { { "x", mtime = time } }, "x 644 t=" .. time)
end
accept("a fraction of a second", { { "x", pax = { { "mtime", "1500000000.987654321" } } } },
  "x 644")
accept("other times mean nothing", { { "x", pax = { { "atime", "5" }, { "ctime", "6" } } } },
  "x 644")
accept("devices", { device("c", 5, 1), device("b", 259, 1048575, "4") },
  "b block 259:1048575 666; c char 5:1 666")
refuse("device 0:0", { device("c", 0, 0) }, "overlay's own mark")
accept("block device 0:0", { device("b", 0, 0, "4") }, "b block 0:0 666")
refuse("device major 4096", { device("c", 4096, 0) }, "device 4096:0")
refuse("device minor 2^20", { device("c", 1, 1 << 20) }, "device 1:1048576")
refuse("device major 2^32", { device("c", 1 << 32, 3) }, "device 4294967296:3")
refuse("negative device", { device("c", -1, 3) }, "device ")
accept("FIFO", { fifo "p" }, "p fifo 644")

-- Extended attributes ------------------------------------------------------------------------

local function xattr(name, value) return { "SCHILY.xattr." .. name, value } end
accept("user xattr", { { "x", pax = { xattr("user.a", "1\0\n=") } } }, "x 644 user.a=0x31000a3d")
for _, name in ipairs { "trusted.overlay.opaque", "user.overlay.opaque", "user.overlay.redirect",
  "trusted.overlay.metacopy", "user.overlay.whiteout", "security.selinux", "security.ima",
  "security.evm", "system.posix_acl_access", "user.lamina.device",
  "user.lamina.xattr.security.capability" } do
  accept("xattr " .. name, { { "x/", pax = { xattr(name, "y") } },
    { "f", body = "1", pax = { xattr(name, "c:1:3:0:0") } } }, "f 644 1; x/ 755")
end
local capability = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0" -- CAP_NET_BIND_SERVICE, effective
accept("security.capability", { { "x", body = "1", pax = { xattr("security.capability", capability)
  } } }, nil, { match = "^x 644 1 security%.capability=0x0[01]00000[23]0004" })
accept("trusted xattr", { { "x", body = "1", pax = { xattr("trusted.a", "1") } } },
  "x 644 1 trusted.a=0x31")
refuse("xattrs over the limit", { { "x", pax = { xattr("user.a", ("v"):rep(70000)) } } },
  "limit 'xattr'")
local many = {}
for i = 1, 257 do many[i] = xattr("user." .. i, "") end
refuse("too many xattrs", { { "x", pax = many } }, "limit 'xattrs'")
refuse("xattr with a long name", { { "x", pax = { xattr("user." .. ("n"):rep(300), "1") } } },
  "xattr user.")
accept("file flags mean nothing", { { "x", pax = { { "SCHILY.fflags", "immutable" } } } }, "x 644")
accept("ACLs mean nothing but the mode they hold", { { "x", pax = { { "SCHILY.acl.access",
  "user::rwx,user:1:rwx,group::r-x,other::---,mask::rwx" } } } }, "x 750")

-- Header forms -------------------------------------------------------------------------------

refuse("a sparse map that can't be read", { { "x", body = "12345", pax = {
  { "GNU.sparse.map", "5,1,x" } } } }, "damaged")
accept("PAX value that is no number is 0", { { "x", mtime = 5, pax = { { "mtime", "garbage" } } } },
  "x 644 t=0")
accept("PAX record twice", { { "x", pax = { { "path", "a" }, { "path", "b" } } } }, "b 644")
accept("global PAX header",
  { tar.pax({ { "path", "evil" }, { "uid", "5" } }, "g"), file("x", "1") }, "x 644 1")
refuse("PAX record with a short length", { tar.pax "5 path=abc\n", file "x" }, "pax")
refuse("PAX record with a long length", { tar.pax "99 path=abc\n", file "x" }, "pax")
refuse("PAX record without '='", { tar.pax "11 pathabc\n", file "x" }, "pax")
refuse("PAX record of no number", { tar.pax "xx path=abc\n", file "x" }, "pax")
refuse("PAX record with a huge length", { tar.pax "99999999999999999999 path=abc\n", file "x" },
  "pax")
refuse("PAX header of 2 MiB", { tar.pax { { "comment", ("c"):rep(2 << 20) } }, file "x" }, "")
accept("PAX size over the header's", { { "x", body = "12345", size = 0,
  pax = { { "size", "5" } } }, file("y", "1") }, "x 644 12345; y 644 1")
refuse("PAX size below zero", { { "x", body = "1", pax = { { "size", "-1" } } }, file "y" },
  "negative")
refuse("PAX size of 2^63", { { "x", body = "1", pax = { { "size", "9223372036854775807" } } } }, "")
refuse("size below zero", { { "x", size = -1 }, file "y" }, "")
refuse("size of 2^62", { { "x", size = 1 << 62 } }, "limit 'bytes'")
refuse("size beyond the end", { { "x", size = 100000, body = "1" } }, "damaged")
refuse("size on a directory", { { "d/", body = "1" }, file "y" }, "damaged")
refuse("size on a link", { { "l", link = "x", body = "1" }, file "y" }, "damaged")
refuse("size on a FIFO", { { "p", type = "6", body = "1" }, file "y" }, "damaged")
accept("GNU long name and link", { tar.long("L", ("n"):rep(150)), tar.long("K", ("t"):rep(150)),
  { "short", link = "short", format = "gnu" } }, ("n"):rep(150) .. " -> " .. ("t"):rep(150))
refuse("GNU long name beyond the end", { tar.head { "././@LongLink", type = "L", size = 1 << 20,
  format = "gnu" } }, "")
accept("ustar prefix", { { "f", prefix = "a/b", body = "1" } }, "a/ 755; a/b/ 755; a/b/f 644 1")
accept("v7", { { "x", format = "v7", body = "1" } }, "x 644 1")
accept("typeflag 7 and unknown ones are files", { { "x", type = "7", body = "1" },
  { "y", type = "Z", body = "2" } }, "x 644 1; y 644 2")
accept("volume header", { { "x", type = "V" }, file("y", "1") }, "y 644 1")
refuse("multi-volume continuation", { { "x", type = "M", body = "1", format = "gnu" } },
  "no known type")
refuse("wrong checksum", { file("x", "1"), tar.head { "y", sum = "000001\0 " } }, "damaged")
refuse("header of garbage", { file("x", "1"), ("x"):rep(512) }, "damaged")

-- Sparse files -------------------------------------------------------------------------------

local function octal11(n) return ("%011o\0"):format(n) end
local function old_sparse(parts, size, real)
  local map = {}
  for i, part in ipairs(parts) do map[i] = octal11(part[1]) .. octal11(part[2]) end
  return { "s", type = "S", format = "gnu", size = size, body = ("d"):rep(size),
    rest = ("\0"):rep(41) .. table.concat(map) .. ("\0"):rep(96 - 24 * #map) .. "\0"
      .. octal11(real) }
end
accept("GNU sparse, old", { old_sparse({ { 1024, 512 } }, 512, 4096), file("y", "1") },
  "s 644 *4096; y 644 1")
refuse("GNU sparse, data beyond its size", { old_sparse({ { 8192, 512 } }, 512, 4096) },
  "behind its end")
accept("GNU sparse, overlapping", { old_sparse({ { 0, 256 }, { 128, 256 } }, 512, 4096) },
  "s 644 *4096")
refuse("sparse bomb", { old_sparse({ { 0, 512 } }, 512, (1 << 33) - 1) }, "limit 'bytes'",
  { limits = { bytes = 1 << 30 } })
local bombs = {}
for i = 1, 5 do
  bombs[i] = old_sparse({ { 0, 512 } }, 512, 300 << 20)
  bombs[i][1] = "s" .. i
end
refuse("many sparse files", bombs, "limit 'bytes'", { limits = { bytes = 1 << 30 } })
accept("GNU sparse 0.1", { { "s", body = ("d"):rep(512), pax = { { "GNU.sparse.size", "4096" },
  { "GNU.sparse.numblocks", "1" }, { "GNU.sparse.map", "1024,512" } } } }, "s 644 *4096")
accept("GNU sparse 1.0", { { "GNUSparseFile.0/s", body = "1\n1024\n512\n" .. ("\0"):rep(501)
  .. ("d"):rep(512), pax = { { "GNU.sparse.major", "1" }, { "GNU.sparse.minor", "0" },
  { "GNU.sparse.name", "s" }, { "GNU.sparse.realsize", "4096" } } } }, "s 644 *4096")
refuse("GNU sparse with '..' in its name", { { "ok", body = "1\n0\n1\n" .. ("\0"):rep(506) .. "d",
  pax = { { "GNU.sparse.major", "1" }, { "GNU.sparse.minor", "0" },
    { "GNU.sparse.name", "../evil" }, { "GNU.sparse.realsize", "1" } } } }, "'..'")

-- Ends ---------------------------------------------------------------------------------------

local whole = tar.of { { "d/" }, file("d/f", ("1"):rep(1000)), link("l", "x") }
local between = { [512] = "d/ 755", [2048] = "d/ 755; d/f 644 *1000",
  [2560] = "d/ 755; d/f 644 *1000; l -> x" }
for at = 512, #whole - 1024, 512 do
  local name = ("cut after %d bytes"):format(at)
  if between[at] then
    accept(name, whole:sub(1, at), between[at])
  else
    refuse(name, whole:sub(1, at), "damaged")
  end
  refuse(name .. " less 100", whole:sub(1, at - 100), "")
end
accept("no end mark", { file("x", "1"), eof = "" }, "x 644 1")
accept("half an end mark", { file("x", "1"), eof = ("\0"):rep(512) }, "x 644 1")
accept("garbage behind the end mark", { file("x", "1"), eof = tar.eof .. ("g"):rep(1000) },
  "x 644 1")
accept("a second archive behind the end mark", { file("x", "1"), eof = tar.eof
  .. tar.of { file("y", "2") } }, "x 644 1")
accept("no entries", tar.eof, "")
refuse("no bytes", "", "not a tar archive")
refuse("text", "This is no tar archive.\n", "not a tar archive")
refuse("a block of text", ("x"):rep(10240), "not a tar archive")
refuse("zip", "PK\3\4" .. ("\0"):rep(1000), "not a tar archive")
refuse("cpio", "070701" .. ("0"):rep(104) .. "x\0\0\0", "not a tar archive")
refuse("ar", "!<arch>\nx               0           0     0     644     1         `\nx\n",
  "not a tar archive")
refuse("rar", "Rar!\26\7\0" .. ("\0"):rep(1000), "not a tar archive")
refuse("7z", "7z\xbc\xaf\39\28" .. ("\0"):rep(1000), "not a tar archive")
refuse("mtree", "#mtree\n/set type=file\nx mode=0644 contents=CANARY/secret\n", "not a tar archive")
refuse("uuencoded tar", "begin 644 x\n#0V%T\n`\nend\n", "not a tar archive")
accept("ISO, whose zeros are an end mark", ("\0"):rep(32768) .. "\1CD001\1", "")
accept("an archive inside an archive stays one", { file("inner.tar", tar.of { file("x", "1") }) },
  "inner.tar 644 *2048")

-- Compression --------------------------------------------------------------------------------

local good = { file("x", "1") }
for _, with in ipairs { "gzip -n", "zstd", "xz", "bzip2" } do
  local tool = with:match "%w+"
  accept(tool, good, "x 644 1", { filter = with })
  accept(tool .. ", two members", good, "x 644 1",
    { filter = ("{ head -c 700 in | %s; tail -c +701 in | %s; } #"):format(with, with) })
  refuse(tool .. ", cut", good, "", { filter = with .. " | head -c -9" })
  refuse(tool .. " in " .. tool, good, "not a tar archive", { filter = with .. " | " .. with })
  refuse(tool .. " of nothing", "", "archive", { filter = with })
  refuse(tool .. ", a flipped byte", good, "",
    { filter = with .. " > z; printf '\\377\\377' | dd of=z bs=1 seek=$(($(stat -c %s z) / 2)) "
      .. "conv=notrunc 2>/dev/null; cat z" })
end
refuse("xz in gzip", good, "not a tar archive", { filter = "xz | gzip" })
refuse("gzip, a wrong checksum", good, "gzip", { filter = "gzip -n > z; printf '\\1\\2\\3\\4' "
  .. "| dd of=z bs=1 seek=$(($(stat -c %s z) - 8)) conv=notrunc 2>/dev/null; cat z" })
refuse("gzip, a wrong length", good, "gzip", { filter = "gzip -n > z; printf '\\1' "
  .. "| dd of=z bs=1 seek=$(($(stat -c %s z) - 4)) conv=notrunc 2>/dev/null; cat z" })
refuse("gzip, garbage behind", good, "gzip", { filter = "{ gzip -n; echo garbage; }" })
accept("gzip, zeros behind", good, "x 644 1", { filter = "{ gzip -n; head -c 600000 /dev/zero; }" })
refuse("gzip, zeros and garbage behind", good, "gzip",
  { filter = "{ gzip -n; head -c 600000 /dev/zero; echo garbage; }" })
refuse("compress", good, "not a tar archive", { filter = "printf '\\037\\235\\220'; cat" })
refuse("lzip", good, "not a tar archive", { filter = "printf 'LZIP\\1'; cat" })
refuse("zstd with a window of 2 GiB", good, "zstd",
  { filter = "head -c 9000000 /dev/zero | zstd --ultra --long=31" })
refuse("compression bomb", { file("x", "1") }, "limit 'bytes'",
  { limits = { bytes = 1 << 20 }, filter = "{ cat; head -c 2000000 /dev/zero; } | gzip" })
refuse("ratio", { { "x", size = 70 << 20 } }, "limit 'ratio'", { limits = { ratio = 100 },
  filter = "{ head -c 512; head -c 80000000 /dev/zero; } | gzip" })

-- Limits -------------------------------------------------------------------------------------

refuse("entries", { file "a", file "b", file "c" }, "limit 'entries' of 2",
  { limits = { entries = 2 } })
refuse("bytes", { file("a", ("x"):rep(600)), file("b", ("x"):rep(600)) }, "limit 'bytes' of 1000",
  { limits = { bytes = 1000 } })
refuse("depth", { file "a/b/c" }, "limit 'depth' of 2", { limits = { depth = 2 } })
refuse("path", { file "abcdef" }, "limit 'path' of 5", { limits = { path = 5 } })
refuse("xattr", { { "x", pax = { xattr("user.abc", "12345") } } }, "limit 'xattr' of 10",
  { limits = { xattr = 10 } })
refuse("xattrs", { { "x", pax = { xattr("user.a", "1"), xattr("user.b", "1") } } },
  "limit 'xattrs' of 1", { limits = { xattrs = 1 } })

return cases
