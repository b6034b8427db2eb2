local helper = require "support.helper"
local fs = require "lamina.core.fs"

local function octal(text) return tonumber(text, 8) end

--- A verdict function from a table of paths.
local function verdicts(list)
  return function(path) return list[path] or "keep" end
end

describe("fs.scan", function()
  local top, opened

  --- Makes files below a new folder: paths with text, a path that ends in "/" is a directory.
  local function tree(files)
    top = helper.tmpdir() .. "/tree"
    assert(fs.mkdir(top, octal "755"))
    for path, text in pairs(files) do
      local dir = path:match("^(.*)/")
      if dir then assert(fs.mkdirs(top .. "/" .. dir, octal "755")) end
      if not path:find("/$") then helper.write(top .. "/" .. path, text) end
    end
    return top
  end

  local function scan(options)
    local dir <close> = assert(fs.open(top, "dir"))
    local made, err = fs.scan(dir:fd(), options)
    assert.is_nil(err)
    opened[#opened + 1] = made
    return made
  end

  local function digest(path, options)
    local hex, err = scan():digest(path or "", options)
    assert.is_nil(err)
    return hex
  end

  before_each(function() opened = {} end)
  after_each(function()
    for _, one in ipairs(opened) do one:close() end
    helper.cleanup()
  end)

  describe("entry", function()
    it("answers what fs.stat answers, of a link itself", function()
      tree { ["a/b"] = "text" }
      assert(fs.symlink("a", top .. "/l"))
      assert(fs.chmod(top .. "/a/b", octal "4711"))
      local found = scan()
      for _, path in ipairs { "", "a", "a/b", "l" } do
        assert.same(fs.stat(top .. "/" .. path, { follow = false }), found:entry(path))
      end
      assert.equal("link", found:entry("l").type)
      assert.equal(octal "4711", found:entry("a/b").mode)
    end)

    it("answers nil where there is nothing, and follows no link", function()
      tree { ["a/b"] = "text" }
      assert(fs.symlink("a", top .. "/l"))
      local found = scan()
      for _, path in ipairs { "b", "a/c", "l/b", "a/b/c", "..", "a/../a", "aa", "a/bb" } do
        assert.is_nil(found:entry(path), path)
      end
    end)

    it("finds names that begin like others", function()
      local files = {}
      for length = 1, 20 do
        files[("a"):rep(length)], files[("a"):rep(length) .. "b"] = "", ""
      end
      tree(files)
      local found = scan()
      for name in pairs(files) do assert.equal("file", found:entry(name).type) end
      assert.is_nil(found:entry(("a"):rep(21)))
      assert.is_nil(found:entry("ab" .. "b"))
    end)

    it("finds names of any bytes", function()
      local names = { "new\nline", "\xff\xfe", " ", "-n", "*", "a\\b", ("x"):rep(255), ".hidden" }
      local files = {}
      for _, name in ipairs(names) do files["d/" .. name] = name end
      tree(files)
      local found = scan()
      for i, name in ipairs(names) do
        assert.equal(#names[i], found:entry("d/" .. name).size)
      end
      table.sort(names)
      for i, name in ipairs(names) do names[i] = "d/" .. name end
      assert.same(names, found:match("d/*"))
    end)

    it("doesn't need the descriptor after it was made", function()
      tree { f = "1" }
      local dir = assert(fs.open(top, "path"))
      local found <close> = assert(fs.scan(dir:fd()))
      dir:close()
      assert.equal(1, found:entry("f").size)
    end)

    it("fails where a directory can't be read, and names it", function()
      tree { ["open/f"] = "", ["shut/f"] = "" }
      assert(fs.chmod(top .. "/shut", 0))
      local found = scan()
      assert.equal("file", found:entry("open/f").type)
      if not helper.is_root then
        local entry, err = found:entry("shut/f")
        assert.is_nil(entry)
        assert.equal("EACCES", err.errno)
        assert.equal("open shut: Permission denied", err.message)
      end
      assert(fs.chmod(top .. "/shut", octal "755"))
      assert.equal("file", found:entry("shut/f").type)
    end)
  end)

  describe("ignore", function()
    it("leaves out what it skips and prunes", function()
      tree { a = "", b = "", ["c/d"] = "", ["e/f"] = "" }
      local found = scan { ignore = verdicts { a = "skip", b = "prune", c = "prune" } }
      for path, is_there in pairs { a = false, b = false, c = false, ["c/d"] = false, e = true,
        ["e/f"] = true } do
        assert.equal(is_there, found:entry(path) ~= nil, path)
      end
      assert.same({ "e" }, found:match("*"))
    end)

    it("keeps what lies in a skipped directory, and the directory as its parent", function()
      tree { ["a/b/c/keep"] = "", ["a/b/drop"] = "", ["a/x/y/drop"] = "", ["z/drop"] = "" }
      local function ignore(path) return path:find("keep") and "keep" or "skip" end
      for _, first in ipairs { "a", "a/b/c", "a/x/y", "a/b/drop", "a/b/c/keep" } do
        local found = scan { ignore = ignore }
        found:entry(first)
        assert.same({ "a" }, found:match("*"))
        assert.same({ "a/b" }, found:match("a/*"))
        assert.same({ "a/b/c" }, found:match("a/b/*"))
        assert.same({ "a/b/c/keep" }, found:match("*/*/*/*"))
        assert.is_nil(found:entry("a/x"))
        assert.is_nil(found:entry("a/x/y"))
        assert.is_nil(found:entry("z/drop"))
        assert.is_nil(found:entry("z"))
      end
    end)

    it("is asked with paths below the root and whether they are directories", function()
      tree { ["d/f"] = "" }
      assert(fs.symlink("d", top .. "/l"))
      local asked = {}
      local found = scan { ignore = function(path, is_dir)
        asked[#asked + 1] = path .. (is_dir and "/" or "")
        return "keep"
      end }
      found:digest("")
      table.sort(asked)
      assert.same({ "d/", "d/f", "l" }, asked)
    end)

    it("isn't asked about what lies in a pruned directory", function()
      tree { ["d/f"] = "" }
      assert(fs.chmod(top .. "/d", 0))
      local found = scan { ignore = function(path)
        assert.equal("d", path)
        return "prune"
      end }
      assert.same({}, found:match("*/*"))
      assert(fs.chmod(top .. "/d", octal "755"))
    end)

    it("may raise, which ends the call and nothing else", function()
      tree { a = "", b = "" }
      local is_broken = true
      local problem = {}
      local found = scan { ignore = function(path)
        if is_broken and path == "b" then error(problem) end
        return "keep"
      end }
      local ok, err = pcall(found.digest, found, "")
      assert.is_false(ok)
      assert.equal(problem, err)
      is_broken = false
      assert.same({ "a", "b" }, found:match("*"))
    end)

    it("must answer a verdict", function()
      tree { a = "" }
      local found = scan { ignore = function() return "maybe" end }
      assert.error_matches(function() found:entry("a") end,
        'ignore: "keep", "skip" or "prune" expected, got maybe')
    end)

    it("can't use or close the scan that asks", function()
      tree { a = "" }
      local found
      found = scan { ignore = function()
        found:entry("a")
        return "keep"
      end }
      assert.error_matches(function() found:entry("a") end, "the scan is in use")
      found = scan { ignore = function()
        found:close()
        return "keep"
      end }
      assert.error_matches(function() found:entry("a") end, "the scan is in use")
    end)
  end)

  describe("match", function()
    it("agrees with lamina.util.glob on single names", function()
      local glob = require "lamina.util.glob"
      local names = { "abc", "a", "ab", "axbxcxdxexxx", "abxbbxdbxebxczzx", "a*b", "a☺b", "α", "A",
        "]", "-", "x", "z", "xxx", "a\xffb", ".dot", "a\xff\xfeb", "\xe2\x98", "[",
        "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\u{10FFFF}",
        "\u{D7FF}" }
      local files = {}
      for _, name in ipairs(names) do files[name] = "" end
      tree(files)
      table.sort(names)
      local found = scan()
      for _, pattern in ipairs { "abc", "*", "*c", "a*", "a*b*c*d*e*", "a*b?c*x", "ab[c]",
        "ab[b-d]", "ab[^c]", "ab[^b-d]", "a\\*b", "a?b", "a[^a]b", "a???b", "[a-ζ]*", "*[a-ζ]",
        "[\\]a]", "[\\-]", "[x\\-]", "*x", "**", "?", "??", "???", "????", "[^a]", ".*", "*\xff*",
        "\\[", "a?", "nothing" } do
        local wanted = {}
        for _, name in ipairs(names) do
          if glob.match(pattern, name) then wanted[#wanted + 1] = name end
        end
        assert.same(wanted, found:match(pattern), pattern)
      end
    end)

    it("takes a path name by name: a star never crosses a slash", function()
      tree { ["a/b/c"] = "", ["a/x"] = "", ["b/x"] = "", x = "" }
      local found = scan()
      for pattern, wanted in pairs {
        ["*/x"] = { "a/x", "b/x" }, ["a/*/c"] = { "a/b/c" }, ["*x"] = { "x" },
        ["*/*/*"] = { "a/b/c" },
        ["[ab]/x"] = { "a/x", "b/x" }, ["a[/]x"] = {}, ["a?x"] = {}, ["a\\/x"] = { "a/x" },
        ["*/"] = {}, ["/*"] = {}, [""] = { "" }, ["x/*"] = {},
      } do
        assert.same(wanted, found:match(pattern), pattern)
      end
    end)

    it("answers in the order of a walk, and goes into nothing that matches", function()
      tree { ["a/x"] = "", ["a-b"] = "", ["b/a/x"] = "", a0 = "" }
      assert.same({ "a", "a-b", "a0", "b" }, scan():match("*"))
      tree { ["d/1/x"] = "", ["d/1.x"] = "", ["d0/1/x"] = "", ["d-/1/x"] = "" }
      assert.same({ "d/1/x", "d-/1/x", "d0/1/x" }, scan():match("d*/1/x"))
    end)

    it("says that a pattern is malformed, whatever is there", function()
      tree { a = "" }
      for _, pattern in ipairs { "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[",
        "a\\", "[\xff]", "a[b", "nothing/[", "[a-\xff]" } do
        local found, err = scan():match(pattern)
        assert.is_nil(found, pattern)
        assert.equal("EINVAL", err.errno)
        assert.matches("malformed pattern", err.message)
      end
    end)

    it("takes no time for many stars", function()
      tree { [("a"):rep(255)] = "" }
      assert.same({}, scan():match(("*a"):rep(100000) .. "b"))
    end)
  end)

  describe("digest", function()
    it("is the same for the same content elsewhere, at other times", function()
      local files = { ["d/f"] = "text", ["d/g"] = "", e = "more" }
      tree(files)
      assert(fs.symlink("d/f", top .. "/l"))
      local one = digest()
      tree(files)
      assert(fs.symlink("d/f", top .. "/l"))
      for _, path in ipairs { "d/f", "d", "l" } do assert(fs.utime(top .. "/" .. path, 1000)) end
      assert.equal(one, digest())
    end)

    it("doesn't know the name of what it is taken of", function()
      tree { ["a/f"] = "1", ["b/f"] = "1", f1 = "x", f2 = "x" }
      assert.equal(digest "a", digest "b")
      assert.equal(digest "f1", digest "f2")
      assert.equal(digest "a/f", digest "b/f")
      assert.not_equal(digest "a", digest "f1")
    end)

    it("changes with everything but times", function()
      tree { ["d/f"] = "text", ["d/g"] = "text", ["d/e/h"] = "" }
      assert(fs.symlink("f", top .. "/d/l"))
      local seen = { [digest "d"] = "at first" }
      local function changes(what)
        local now = digest "d"
        assert.is_nil(seen[now], what .. " gave the digest of " .. tostring(seen[now]))
        seen[now] = what
      end
      helper.write(top .. "/d/f", "tixt")
      changes "content"
      helper.write(top .. "/d/f", "tixt\n")
      changes "size"
      for _, mode in ipairs { "600", "4644", "2644", "1644" } do
        assert(fs.chmod(top .. "/d/f", octal(mode)))
        changes("mode " .. mode)
      end
      assert(fs.chmod(top .. "/d/e", octal "700"))
      changes "a directory's mode"
      assert(fs.rename(top .. "/d/g", top .. "/d/g2"))
      changes "a name"
      assert(fs.rename(top .. "/d/g2", top .. "/d/e/g2"))
      changes "a place"
      assert(fs.remove(top .. "/d/l"))
      assert(fs.symlink("g", top .. "/d/l"))
      changes "a link's target"
      assert(fs.remove(top .. "/d/l"))
      helper.write(top .. "/d/l", "g")
      changes "a link's type"
      assert(fs.mkdir(top .. "/d/empty"))
      changes "an empty directory"
      assert.equal(0, (helper.sh("mkfifo " .. helper.quote(top .. "/d/fifo"))))
      changes "a FIFO"
      assert(fs.chmod(top .. "/d", octal "711"))
      changes "its own mode"
    end)

    it("changes with the owner, unless an option says who that is", function()
      if not helper.is_root then return pending "only root gives files away" end
      tree { ["d/f"] = "" }
      local as_root, fixed = digest "d", digest("d", { uid = 5, gid = 6 })
      assert(fs.chown(top .. "/d/f", 5, 0))
      local by_user = digest "d"
      assert(fs.chown(top .. "/d/f", 5, 6))
      local by_group = digest "d"
      assert.not_equal(as_root, by_user)
      assert.not_equal(by_user, by_group)
      assert.not_equal(as_root, by_group)
      assert.equal(fixed, digest("d", { uid = 5, gid = 6 }))
      assert.not_equal(fixed, digest("d", { uid = 6, gid = 5 }))
      assert(fs.chown(top .. "/d", 5, 6))
      assert.equal(fixed, digest "d")
    end)

    it("changes with a device's number", function()
      if not helper.is_root then return pending "only root makes devices" end
      tree { ["d/"] = "" }
      local seen = {}
      for _, node in ipairs { "c 1 3", "c 1 5", "c 5 3", "b 1 3" } do
        if helper.sh(("mknod %s/d/n %s"):format(top, node)) ~= 0 then
          return pending "devices can't be made here"
        end
        local hex = digest "d"
        assert.is_nil(seen[hex], node)
        seen[hex] = true
        assert(fs.remove(top .. "/d/n"))
      end
    end)

    it("changes with xattrs of files and directories, not with overlay's", function()
      tree { ["d/f"] = "", ["d/e/"] = "" }
      local function set(path, name, value)
        return helper.sh(("setfattr -n %s -v %s %s/%s"):format(name, value, top, path)) == 0
      end
      local before = digest "d"
      if not set("d/f", "user.a", "1") then return pending "no user xattrs here" end
      local one = digest "d"
      assert.not_equal(before, one)
      assert(set("d/f", "user.a", "2"))
      local two = digest "d"
      assert.not_equal(one, two)
      assert(set("d/f", "user.overlay.origin", "x"))
      assert.equal(two, digest "d")
      assert(set("d/e", "user.a", "2"))
      assert.not_equal(two, digest "d")
    end)

    it("changes with xattrs of links and FIFOs", function()
      if not helper.is_root then return pending "only root sets xattrs there" end
      tree { ["d/"] = "" }
      assert(fs.symlink("f", top .. "/d/l"))
      assert.equal(0, (helper.sh("mkfifo " .. top .. "/d/p")))
      local seen = { [digest "d"] = true }
      for _, name in ipairs { "l", "p" } do
        if helper.sh(("setfattr -h -n trusted.a -v 1 %s/d/%s"):format(top, name)) ~= 0 then
          return pending "no trusted xattrs here"
        end
        local hex = digest "d"
        assert.is_nil(seen[hex], name)
        seen[hex] = true
      end
    end)

    it("tells two links from two copies, and from links elsewhere", function()
      tree { ["a/1"] = "x", ["a/2"] = "x", ["b/1"] = "x", ["c/1"] = "x" }
      assert(fs.link(top .. "/b/1", top .. "/b/2"))
      assert(fs.link(top .. "/c/1", top .. "/c-1"))
      helper.write(top .. "/c/2", "x")
      assert.not_equal(digest "a", digest "b")
      assert.equal(digest "a", digest "c")
    end)

    it("tells which files are links of each other", function()
      tree { ["a/1"] = "x", ["a/2"] = "x", ["b/1"] = "x", ["b/2"] = "x" }
      assert(fs.link(top .. "/a/1", top .. "/a/3"))
      assert(fs.link(top .. "/b/2", top .. "/b/3"))
      assert.not_equal(digest "a", digest "b")
    end)

    it("tells of several paths which files are links from one to another", function()
      tree { x = "1", y = "1", ["d/z"] = "1" }
      local function of(...) return (digest({ ... })) end
      local apart = of("x", "y", "d")
      assert.not_equal(apart, of("y", "x"))
      assert.equal(digest "x", of "x")
      assert(fs.remove(top .. "/y"))
      assert(fs.link(top .. "/x", top .. "/y"))
      assert.not_equal(apart, of("x", "y", "d"))
      assert(fs.remove(top .. "/d/z"))
      local two = of("x", "y", "d")
      assert(fs.link(top .. "/x", top .. "/d/z"))
      assert.not_equal(two, of("x", "y", "d"))
      assert.same({ nil, "ENOENT" }, { nil, select(2, scan():digest { "x", "no" }).errno })
      assert.has_error(function() scan():digest { "x", 1 } end)
    end)

    it("tells with state whether a file was touched, and reads none", function()
      tree { ["d/f"] = "1" }
      local before = digest("d", { state = true })
      assert.equal(before, digest("d", { state = true }))
      assert(fs.utime(top .. "/d/f", 1))
      local touched = digest("d", { state = true })
      assert.not_equal(before, touched)
      helper.write(top .. "/d/f", "2")
      assert(fs.utime(top .. "/d/f", 1))
      assert.not_equal(touched, digest("d", { state = true }))
      local named = digest("d", { state = true })
      assert(fs.rename(top .. "/d/f", top .. "/d/g"))
      assert.not_equal(named, digest("d", { state = true }))
    end)

    it("tells a name from a path, and content from names", function()
      local seen = {}
      for _, files in ipairs { { ["ab"] = "" }, { ["a/b"] = "" }, { a = "b" }, { a = "", b = "" },
        { ["a/b/"] = "" }, { ["a/"] = "", b = "" }, { ["a/"] = "", ["b/"] = "" }, {} } do
        tree(files)
        local hex = digest()
        assert.is_nil(seen[hex])
        seen[hex] = true
      end
    end)

    it("leaves out what the scan ignores", function()
      tree { a = "1", ["d/x"] = "2" }
      local without = digest()
      helper.write(top .. "/b", "2")
      helper.write(top .. "/d/y", "2")
      assert(fs.mkdir(top .. "/c"))
      local found = scan { ignore = verdicts { b = "skip", c = "prune", ["d/y"] = "prune" } }
      assert.equal(without, (found:digest("")))
      local hex, err = found:digest("b")
      assert.is_nil(hex)
      assert.equal("ENOENT", err.errno)
    end)

    it("leaves out what exclude names, relative to the path, and keeps parents", function()
      tree { ["p/a/1"] = "1", ["p/a/2"] = "2", ["p/b/3"] = "3" }
      local whole = digest "p"
      local asked = {}
      local half = digest("p", { exclude = function(path, is_dir)
        asked[#asked + 1] = path .. (is_dir and "/" or "")
        return path == "a/1" and "keep" or "skip"
      end })
      assert.same({ "a/", "a/1", "a/2", "b/", "b/3" }, asked)
      assert(fs.remove(top .. "/p/a/2"))
      assert.equal(0, (helper.sh("rm -r " .. top .. "/p/b")))
      assert.equal(half, digest "p")
      assert.not_equal(whole, half)
    end)

    it("asks exclude anew each time", function()
      tree { ["p/a"] = "1", ["p/d/b"] = "2" }
      local found = scan()
      local whole = found:digest("p")
      local half = found:digest("p", { exclude = verdicts { d = "prune" } })
      local other = found:digest("p", { exclude = verdicts { a = "skip" } })
      assert.equal(whole, (found:digest("p", { exclude = verdicts {} })))
      assert.equal(whole, (found:digest("p")))
      assert.equal(3, #{ whole, half, other })
      assert.is_true(whole ~= half and half ~= other and whole ~= other)
    end)

    it("asks exclude for a single file by its base name", function()
      tree { ["p/a"] = "1" }
      local function exclude(path, is_dir)
        assert.equal("a", path)
        assert.is_false(is_dir)
        return "skip"
      end
      assert.not_equal(digest "p/a", digest("p/a", { exclude = exclude }))
    end)

    it("asks exclude by the names that the paths have, and for the paths themselves", function()
      tree { ["p/d/a"] = "1", ["p/d/b"] = "2", ["q"] = "3" }
      local asked = {}
      local half = digest({ "p", "q" }, { names = { "n/m", "o" }, exclude = function(path, is_dir)
        asked[#asked + 1] = path .. (is_dir and "/" or "")
        return path == "n/m/d/b" and "skip" or "keep"
      end })
      assert.same({ "n/m/", "n/m/d/", "n/m/d/a", "n/m/d/b", "o" }, asked)
      assert.equal(digest("p", { names = { "" }, exclude = verdicts { ["d/b"] = "skip" } }),
        digest("p", { names = { "p" }, exclude = verdicts { p = "skip", ["p/d/b"] = "skip" } }))
      assert(fs.remove(top .. "/p/d/b"))
      assert.equal(half, digest { "p", "q" })
      assert.equal(digest {}, digest("p", { names = { "p" }, exclude = verdicts { p = "prune" } }))
    end)

    it("wants one name for each path", function()
      tree { ["p/a"] = "1" }
      assert.has_error(function() digest({ "p", "p/a" }, { names = { "p" } }) end)
    end)

    it("passes on what exclude raises", function()
      tree { a = "" }
      local found = scan()
      assert.error_matches(function()
        found:digest("", { exclude = function() error("no idea", 0) end })
      end, "no idea")
      assert.is_string(found:digest(""))
    end)

    it("never opens a FIFO, and takes one that replaces a file for an error", function()
      tree { f = "1" }
      local found = scan()
      assert.equal("file", found:entry("f").type)
      assert(fs.remove(top .. "/f"))
      assert.equal(0, (helper.sh("mkfifo " .. top .. "/f")))
      local hex, err = found:digest("f")
      assert.is_nil(hex)
      assert.equal("f: it is no longer a file: Stale file handle", err.message)
      assert.is_string(digest())
    end)

    it("follows no link that replaces a file", function()
      tree { f = "1", g = "2" }
      local found = scan()
      assert.equal("file", found:entry("f").type)
      assert(fs.remove(top .. "/f"))
      assert(fs.symlink("g", top .. "/f"))
      local hex, err = found:digest("f")
      assert.is_nil(hex)
      assert.equal("ELOOP", err.errno)
    end)

    it("goes into no link that replaces a directory", function()
      tree { ["d/f"] = "1", ["e/f"] = "2" }
      local found = scan()
      assert.equal("dir", found:entry("d").type)
      assert(fs.rename(top .. "/d", top .. "/old"))
      assert(fs.symlink("e", top .. "/d"))
      local entry, err = found:entry("d/f")
      assert.is_nil(entry)
      assert.equal("ENOTDIR", err.errno)
    end)

    it("isn't spoilt by a failure before it", function()
      tree { f = "1", g = "2" }
      local found = scan()
      assert.equal("file", found:entry("f").type)
      assert(fs.rename(top .. "/f", top .. "/h"))
      assert.is_nil(found:digest("f"))
      assert.equal(digest "g", (found:digest("g")))
    end)

    it("isn't spoilt by one that comes after something was read", function()
      tree { g = "2" }
      assert(fs.symlink("g", top .. "/l"))
      local found = scan()
      assert.equal("link", found:entry("l").type)
      assert(fs.remove(top .. "/l"))
      helper.write(top .. "/l", "")
      local hex, err = found:digest("l")
      assert.is_nil(hex)
      assert.equal("l: it became something else: Stale file handle", err.message)
      assert.equal(digest "g", (found:digest("g")))
    end)

    it("reads files to their end, of any size", function()
      tree {}
      local chunk, seen = 256 * 1024, {}
      for _, size in ipairs { 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 1 } do
        for _, last in ipairs { "a", "b" } do
          helper.write(top .. "/f", ("x"):rep(size - 1) .. last)
          local hex = digest "f"
          assert.is_nil(seen[hex], ("%d bytes"):format(size))
          seen[hex] = true
        end
      end
    end)

    it("goes as deep as the tree, in little stack and few descriptors", function()
      tree {}
      local name, depth = ("deep"):rep(15), 80 -- longer than the kernel takes a path
      assert.equal(0, (helper.sh(([[cd %s && python3 -c '
import os
for _ in range(%d):
    os.mkdir("%s")
    os.mkdir("e")
    os.chdir("%s")']]):format(top, depth, name, name))))
      local before, most = #fs.list("/proc/self/fd"), 0
      local function exclude()
        most = math.max(most, #fs.list("/proc/self/fd"))
        return "keep"
      end
      local found = scan()
      assert.equal(assert(found:digest("", { exclude = exclude })), digest())
      assert.is_true(most - before < 30)
      assert.equal("dir", found:entry((name .. "/"):rep(depth - 1) .. "e").type)
      assert(fs.remove(top))
    end)

    it("takes where a directory was moved to for its old parent in no case", function()
      local files = { ["a/z/inside"] = "", ["a/" .. ("c/"):rep(20) .. "z/f"] = "" }
      for depth = 1, 20 do files["a/" .. ("c/"):rep(depth) .. "z/f"] = "" end
      tree(files)
      local other = helper.tmpdir()
      assert(fs.mkdirs(other .. "/z", octal "755"))
      helper.write(other .. "/z/outside", "")
      local found, is_moved = scan(), false
      found:digest("", { exclude = function(path) -- it may fail, for what has gone
        if path == "a/" .. ("c/"):rep(20) .. "z/f" then
          is_moved = assert(fs.rename(top .. "/a/c", other .. "/c"))
        end
        return "keep"
      end })
      assert.is_true(is_moved)
      assert.same({ "a/z/inside" }, found:match("a/z/*"))
    end)

    it("refuses paths that are too long", function()
      tree {}
      assert.equal(0, (helper.sh(([[cd %s && python3 -c '
import os
for _ in range(70):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)']]):format(top))))
      local hex, err = scan():digest("")
      assert.is_nil(hex)
      assert.equal("ENAMETOOLONG", err.errno)
      assert(fs.remove(top))
    end)
  end)

  describe("memory", function()
    local memory

    --- The file system's clock, in milliseconds.
    local function clock()
      local now = fs.stat(helper.write(memory .. "-clock", ""))
      return now.ctime * 1000 + now.ctime_nsec // 1000000
    end

    --- Digests and saves once all is old enough to be remembered; answers the digest.
    local function remember(path)
      local begin = clock()
      repeat until clock() > begin + 60
      assert(fs.remove(memory .. "-clock"))
      local found = scan { memory = memory }
      local hex = assert(found:digest(path or ""))
      assert(found:save())
      assert.is_table(fs.stat(memory))
      return hex
    end

    --- Bytes that this process has read so far.
    local function bytes_read()
      return tonumber(helper.read("/proc/self/io"):match("rchar: (%d+)"))
    end

    before_each(function() memory = helper.tmpdir() .. "/memory" end)

    it("spares reading what hasn't changed", function()
      tree { ["d/big"] = ("x"):rep(4000000) }
      local without = digest()
      assert.equal(without, remember())
      local before = bytes_read()
      assert.equal(without, (scan { memory = memory }:digest("")))
      assert.is_true(bytes_read() - before < 1000000)
    end)

    it("notices every change, also one that hides behind its old mtime and size", function()
      tree { f = "1234", ["d/g"] = "" }
      assert(fs.symlink("1", top .. "/l"))
      local function agrees(what)
        assert.equal(digest(), (scan { memory = memory }:digest("")), what)
      end
      local before = fs.stat(top .. "/f")
      remember()
      helper.write(top .. "/f", "5678")
      assert(fs.utime(top .. "/f", before.mtime, before.mtime_nsec))
      agrees "content"
      helper.sh("setfattr -n user.a -v 1 " .. top .. "/d/g")
      agrees "an xattr"
      assert(fs.chmod(top .. "/d", octal "700"))
      agrees "a mode"
      assert(fs.rename(top .. "/d/g", top .. "/d/h"))
      agrees "a name"
      assert(fs.remove(top .. "/l"))
      assert(fs.symlink("2", top .. "/l"))
      agrees "a target"
    end)

    it("isn't fooled by files that change as soon as they were read", function()
      tree {}
      for i = 1, 100 do
        helper.write(top .. "/f", ("%03d"):format(i))
        local found = scan { memory = memory }
        local hex = found:digest("")
        assert(found:save())
        assert.equal(digest(), hex)
      end
    end)

    it("doesn't keep what is as young as the clock is coarse", function()
      tree {}
      for try = 1, 200 do
        local other = ("%s-%d"):format(memory, try)
        local begin = clock()
        helper.write(top .. "/f", "1")
        local found = scan { memory = other }
        assert(found:digest("f"))
        assert(found:save())
        found:close()
        if clock() - begin < 40 then return assert.is_nil(fs.stat(other)) end
      end
      pending "the machine is too busy"
    end)

    it("doesn't keep what changed between stat and reading", function()
      tree { f = "1234" }
      remember("f")
      local other = memory .. "-2"
      local found = scan { memory = other }
      assert(found:digest("f", { exclude = function()
        helper.write(top .. "/f", "5678")
        return "keep"
      end }))
      assert(found:save())
      assert.is_nil(fs.stat(other))
    end)

    it("is written only when there is something new, and nothing else is left beside it", function()
      tree { f = "1" }
      remember()
      local before = fs.stat(memory)
      local found = scan { memory = memory }
      assert(found:digest(""))
      assert.is_true(found:save())
      assert.equal(before.ino, fs.stat(memory).ino)
      helper.write(top .. "/g", "2")
      remember()
      assert.not_equal(before.ino, fs.stat(memory).ino)
      assert.same({ "memory" }, fs.list(memory:match("^(.*)/")))
    end)

    it("is of no use when damaged, and does no harm", function()
      tree { f = "1", g = "2" }
      local hex = remember()
      local text = helper.read(memory)
      for at = 1, #text, 13 do
        for _, damaged in ipairs { text:sub(1, at - 1),
          text:sub(1, at - 1) .. string.char(text:byte(at) ~ 1) .. text:sub(at + 1) } do
          helper.write(memory, damaged)
          assert.equal(hex, (scan { memory = memory }:digest("")))
        end
      end
      assert(fs.remove(memory))
      assert.equal(0, (helper.sh("mkfifo " .. memory)))
      assert.equal(hex, (scan { memory = memory }:digest("")))
    end)

    it("says where it can't be written", function()
      tree { f = "1" }
      remember()
      local found = scan { memory = memory .. "-no/memory" }
      assert(found:digest(""))
      local saved, err = found:save()
      assert.is_nil(saved)
      assert.equal("ENOENT", err.errno)
      assert.matches("memory%-no/memory", err.message)
    end)

    it("may be absent", function()
      tree { f = "1" }
      assert.is_true(scan():save())
    end)
  end)

  describe("misuse", function()
    it("raises: a wrong descriptor, unknown options, a closed scan", function()
      tree { f = "1" }
      assert.error_matches(function() fs.scan("x") end, "number expected")
      assert.error_matches(function() fs.scan(-1) end, "descriptor expected")
      assert.error_matches(function() scan { filter = print } end, "unknown option 'filter'")
      assert.error_matches(function() scan { ignore = "*.o" } end, "ignore: function expected")
      assert.error_matches(function() scan():digest("", { owner = 0 }) end,
        "unknown option 'owner'")
      assert.error_matches(function() scan():digest("", { uid = -2 }) end,
        "0 to 4294967295 expected")
      assert.error_matches(function() scan():match("a\0b") end, "NUL byte")
      local found = scan()
      found:close()
      found:close()
      assert.error_matches(function() found:entry("f") end, "the scan is closed")
    end)

    it("answers a failure for a descriptor that is no directory's", function()
      tree { f = "1" }
      local file <close> = assert(fs.open(top .. "/f", "r"))
      local made, err = fs.scan(file:fd())
      assert.is_nil(made)
      assert.equal("ENOTDIR", err.errno)
    end)

    it("goes on where a slice has ended it, also between two files", function()
      tree { ["a/big"] = ("a"):rep(60000000), ["b/big"] = ("b"):rep(60000000), ["b/small"] = "x" }
      local whole, b = digest(), digest("b")
      local memory = helper.tmpdir() .. "/memory"
      local found, results, calls = scan { memory = memory }, {}, 0
      repeat -- the two break each other off while both are in the middle of a file
        for _, path in ipairs { "b", "" } do
          local hex, err = found:digest(path, { slice = 1 })
          if not hex then assert.equal("EAGAIN", err.errno) end
          results[path], calls = results[path] or hex, calls + 1
        end
        results.b = results.b or found:digest("b")
      until results[""]
      assert.is_true(calls > 3)
      assert.equal(whole, results[""])
      assert.equal(b, results.b)
      local before = #fs.list("/proc/self/fd")
      found:digest("", { slice = 1 })
      found:close()
      assert.equal(before - 1, #fs.list("/proc/self/fd"))
    end)

    it("asks the filter once for each name, however many slices a digest takes", function()
      local files, asked = { ["out/f"] = "1" }, 0
      for i = 1, 8 do files["d/" .. i] = (tostring(i)):rep(8000000) end
      tree(files)
      local function exclude(path)
        asked = asked + 1
        return path == "out" and "prune" or "keep"
      end
      local whole = assert(scan():digest("", { exclude = exclude }))
      local found, slices, once = scan(), 0, asked
      local hex, err
      asked = 0
      repeat
        hex, err = found:digest("", { exclude = exclude, slice = 1 })
        if not hex then assert.equal("EAGAIN", err.errno) end
        slices = slices + 1
      until hex
      assert.is_true(slices > 3)
      assert.equal(whole, hex)
      assert.equal(once, asked)
    end)

    it("begins anew where something else is asked for in between", function()
      local files = {}
      for i = 1, 8 do files["d/" .. i] = (tostring(i)):rep(4000000) end
      tree(files)
      local function without(name)
        return function(path) return path == "d/" .. name and "prune" or "keep" end
      end
      local kinds = { {}, { uid = 5 }, { gid = 5 }, { exclude = without(1) },
        { exclude = without(2) }, { paths = "d" }, { paths = { "d", "d/1" } } }
      local found, wanted, results, left = scan(), {}, {}, #kinds
      for i, how in ipairs(kinds) do
        local options = { uid = how.uid, gid = how.gid, exclude = how.exclude }
        wanted[i] = assert(scan():digest(how.paths or "", options))
      end
      repeat
        for i, how in ipairs(kinds) do
          if not results[i] then
            results[i] = found:digest(how.paths or "", { uid = how.uid, gid = how.gid,
              exclude = how.exclude, slice = 1 })
            left = left - (results[i] and 1 or 0)
          end
        end
      until left == 0
      assert.same(wanted, results)
    end)

    it("leaves no descriptor behind", function()
      tree { ["a/b/c/d/e/f"] = "1" }
      local before = #fs.list("/proc/self/fd")
      for _ = 1, 3 do
        local found = scan()
        assert(found:digest(""))
        assert.equal(before + 1, #fs.list("/proc/self/fd"))
        found:close()
        assert.equal(before, #fs.list("/proc/self/fd"))
      end
    end)
  end)
end)
