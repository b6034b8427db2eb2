-- RPM's three formats: what is listed is what rpm lists, and a hostile database neither keeps us
-- busy nor fills the memory. TEST_ROUNDS asks for more changes at random.
local database = require "lamina.core.database"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local rpmdb = require "support.rpmdb"
local sbom = require "lamina.build.sbom"

local rounds = tonumber(os.getenv "TEST_ROUNDS") or 300

describe("the packages of rpm", function()
  local root, place, real

  setup(function()
    if not rpmdb.has_tools() then return end
    real = helper.tmpdir()
    rpmdb.install(real)
  end)

  before_each(function()
    root = helper.tmpdir()
    place = root .. "/var/lib/rpm"
    helper.sh("mkdir -p " .. place)
  end)

  teardown(helper.cleanup)

  local function read()
    local dir <close> = assert(fs.open(root, "dir"))
    return sbom.packages(dir:fd())
  end

  --- The list as rpmdb.query has it.
  local function listed()
    local found, lines = read(), {}
    assert.same({}, found.notes)
    for i, one in ipairs(found.packages) do
      lines[i] = ("%s %s %d %s %s\n"):format(one.name, one.version, one.epoch or 0, one.arch,
        one.licence)
    end
    table.sort(lines)
    return table.concat(lines)
  end

  local function names()
    local found, list = read(), {}
    for i, one in ipairs(found.packages) do list[i] = one.name end
    return table.concat(list, " "), found.notes
  end

  local function named(name, ...)
    return rpmdb.header { { 1000, 6, name }, { 1001, 6, "1" }, ... }
  end

  local full = rpmdb.header { { 1000, 6, "bash" }, { 1001, 6, "5.2.15" }, { 1002, 6, "1.fc38" },
    { 1003, 4, 2 }, { 1014, 6, "GPLv3+" }, { 1022, 6, "x86_64" },
    { 1044, 6, "bash-5.2.15-1.fc38.src.rpm" } }

  it("are those that rpm put into its SQLite database", function()
    if not real then return pending "rpm or db5.3-util isn't installed" end
    local expected = rpmdb.query(real)
    for _, size in ipairs { 4096, 512, 65536 } do
      helper.sh(("cp %s/rpmdb.sqlite %s"):format(real, place))
      rpmdb.rewrite(place .. "/rpmdb.sqlite", size)
      assert.equal(expected, listed())
    end
  end)

  it("are those that rpm finds in Berkeley DB's hash format, of either byte order", function()
    if not real then return pending "rpm or db5.3-util isn't installed" end
    local expected = rpmdb.query(real)
    for _, order in ipairs { "<", ">" } do
      for _, settings in ipairs { "", "-c db_pagesize=512", "-c db_pagesize=65536" } do
        os.remove(place .. "/Packages")
        rpmdb.write_bdb(place .. "/Packages", rpmdb.headers(real), order, settings)
        assert.equal(expected, rpmdb.query(place))
        assert.equal(expected, listed())
      end
    end
  end)

  it("are those in ndb", function()
    if not real then return pending "rpm or db5.3-util isn't installed" end
    rpmdb.write_ndb(place .. "/Packages.db", rpmdb.headers(real))
    assert.equal(rpmdb.query(real), listed())
  end)

  it("have their fields as those of others", function()
    rpmdb.write_ndb(place .. "/Packages.db", { full })
    assert.same({ { type = "rpm", name = "bash", version = "5.2.15-1.fc38", release = "1.fc38",
      epoch = 2, licence = "GPLv3+", arch = "x86_64",
      source = "bash-5.2.15-1.fc38.src.rpm" } }, read().packages)
  end)

  it("are read from the format that rpm prefers, wherever its folder is", function()
    if not real then return pending "rpm or db5.3-util isn't installed" end
    local other = root .. "/usr/lib/sysimage/rpm"
    helper.sh("mkdir -p " .. other)
    rpmdb.write_bdb(other .. "/Packages", { named "old" }, "<")
    assert.equal("old", names())
    rpmdb.write_bdb(place .. "/Packages", { named "nearer" }, "<")
    assert.equal("nearer", names())
    rpmdb.write_ndb(other .. "/Packages.db", { named "newer" })
    assert.equal("newer", names())
    rpmdb.write_sqlite(other .. "/rpmdb.sqlite", rpmdb.plain, { named "newest" })
    assert.equal("newest", names())
  end)

  it("leave out keys, and tell of entries that are none", function()
    local blobs = { named "a", named "gpg-pubkey", "junk", string.pack(">I4I4", 0xFFFFFFFF, 1),
      string.pack(">I4I4I4I4I4I4", 1, 0, 1000, 6, 1 << 31, 1), rpmdb.header { { 1000, 6, "b" } } }
    rpmdb.write_ndb(place .. "/Packages.db", blobs)
    local list, notes = names()
    assert.equal("a", list)
    assert.same({ "var/lib/rpm/Packages.db: entries that can't be read: 4" }, notes)
    rpmdb.write_sqlite(place .. "/rpmdb.sqlite", rpmdb.plain, blobs)
    list, notes = names()
    assert.equal("a", list)
    assert.same({ "var/lib/rpm/rpmdb.sqlite: entries that can't be read: 4" }, notes)
  end)

  it("are noted to be missing where a database isn't what its name says", function()
    local junk = ("no database"):rep(100)
    for name, why in pairs { ["rpmdb.sqlite"] = "it isn't SQLite's format",
      ["Packages.db"] = "it isn't RPM's ndb format",
      ["Packages"] = "it isn't Berkeley DB's hash format" } do
      for _, text in ipairs { junk, "" } do
        helper.write(place .. "/" .. name, text)
        local list, notes = names()
        assert.equal("", list)
        assert.equal(1, #notes)
        assert.matches("var/lib/rpm/" .. name .. ": ", notes[1], 1, true)
        if text == junk then assert.matches(why, notes[1], 1, true) end
      end
      os.remove(place .. "/" .. name)
    end
  end)

  it("are no view, and no page of a table is read twice", function()
    local path = place .. "/rpmdb.sqlite"
    rpmdb.write_sqlite(path, [[create table t (blob); create view Packages as with recursive n(i)
      as (select 1 union all select i + 1 from n) select i as hnum, 'x' as blob from n]])
    local _, notes = names()
    assert.same({ "var/lib/rpm/rpmdb.sqlite: it has no table of packages" }, notes)
    local pages = {}
    for number = 1, 8 do -- each has 401 children that are the next one
      local head = number == 1 and helper.read(path):sub(1, 100) or ""
      local from = 4096 - 5
      pages[number] = head .. string.pack(">BI2I2I2BI4", number < 8 and 5 or 13, 0,
        number < 8 and 400 or 0, from, 0, number + 1) .. string.pack(">I2", from):rep(400)
      pages[number] = pages[number] .. ("\0"):rep(from - #pages[number])
        .. string.pack(">I4B", number + 1, 1)
    end
    helper.write(path, table.concat(pages))
    _, notes = names()
    assert.same({ "var/lib/rpm/rpmdb.sqlite: its pages are no tree" }, notes)
  end)

  it("may be missing where rpm was killed amid its changes", function()
    rpmdb.write_sqlite(place .. "/rpmdb.sqlite", rpmdb.plain, { named "a" })
    helper.write(place .. "/rpmdb.sqlite-wal", "")
    assert.same({}, read().notes)
    helper.write(place .. "/rpmdb.sqlite-wal", "x")
    assert.matches("rpmdb.sqlite-wal: changes that weren't finished", read().notes[1], 1, true)
  end)

  --- How long reading takes, and what it gives.
  local function cost()
    local began = os.clock()
    local list, notes = names()
    return os.clock() - began, list, notes
  end

  it("cost no more for a header whose entries are all of one long text", function()
    local entries, data = 60000, ("x"):rep(4 << 20) .. "\0"
    rpmdb.write_sqlite(place .. "/rpmdb.sqlite", rpmdb.plain, { string.pack(">I4I4", entries, #data)
      .. string.pack(">I4I4I4I4", 1000, 6, 0, 1):rep(entries - 1)
      .. string.pack(">I4I4I4I4", 1001, 6, 0, 1) .. data })
    local seconds, list = cost()
    assert.is_true(seconds < 3, "quadratic")
    assert.equal(1000, utf8.len(list))
  end)

  --- SQLite's way to write a number, in three bytes.
  local function varint(n)
    return string.char(0x80 | n >> 14, 0x80 | n >> 7 & 0x7F, n & 0x7F)
  end

  --- How much of a record is in the table's page itself, of pages of 4096 bytes.
  local function local_part(size)
    return 489 + (size - 489) % 4092
  end

  it("cost no more where the rows of SQLite share their pages", function()
    local path, small, large = place .. "/rpmdb.sqlite", 17000, 17000 + 4092 * 250
    local blobs = { ("x"):rep(large) }
    for _ = 1, 120 do blobs[#blobs + 1] = ("x"):rep(small) end
    rpmdb.write_sqlite(path, rpmdb.plain, blobs)
    local bytes = helper.read(path)
    local at = bytes:match("()\5\0" .. varint(12 + 2 * large)) + local_part(large + 5)
    local chain = bytes:sub(at, at + 3)
    for from in bytes:gmatch("()" .. varint(small + 5) .. ".\5\0" .. varint(12 + 2 * small)) do
      local link = from + 4 + local_part(small + 5)
      bytes = bytes:sub(1, from - 1) .. varint(large + 5) .. bytes:sub(from + 3, from + 5)
        .. varint(12 + 2 * large) .. bytes:sub(from + 9, link - 1) .. chain .. bytes:sub(link + 4)
    end
    helper.write(path, bytes)
    local db <close> = assert(database.open(path, { readonly = true, immutable = true }))
    assert.equal(121 * large, assert(db:row "select sum(length(blob)) as n from Packages").n)
    local seconds, _, notes = cost()
    assert.is_true(seconds < 1)
    assert.same({ "var/lib/rpm/rpmdb.sqlite: two packages are in one place" }, notes)
  end)

  it("are read once where values of Berkeley DB share a chain, or one has no end", function()
    if not real then return pending "rpm or db5.3-util isn't installed" end
    local path = place .. "/Packages"
    local long = { 1014, 6, ("x"):rep(9000) }
    local blobs = { named("a", long), named("b", long) }
    rpmdb.write_bdb(path, blobs, "<")
    local bytes, first = helper.read(path)
    local length = string.pack("<I4", #blobs[1]):gsub("%p", "%%%0")
    bytes = bytes:gsub("(\3...)(....)(" .. length .. ")", function(item, page, size)
      first = first or page
      return item .. first .. size
    end)
    helper.write(path, bytes)
    local list, notes = names()
    assert.is_true(list == "a" or list == "b")
    assert.same({ "var/lib/rpm/Packages: entries that can't be read: 1" }, notes)
    for at = 4096, #bytes - 1, 4096 do -- an overflow page that is its own next, and holds nothing
      if bytes:byte(at + 26) == 7 then
        bytes = bytes:sub(1, at + 16) .. bytes:sub(at + 9, at + 12) .. bytes:sub(at + 21, at + 22)
          .. "\0\0" .. bytes:sub(at + 25)
      end
    end
    helper.write(path, bytes)
    list, notes = names()
    assert.equal("", list)
    assert.same({ "var/lib/rpm/Packages: entries that can't be read: 2" }, notes)
  end)

  it("are refused where one is within another in ndb, or has the other's number", function()
    local path = place .. "/Packages.db"
    local inner = rpmdb.blob(2, named("inner", { 1014, 6, ("x"):rep(9000) }))
    local head = named "outer"
    head = head .. ("\0"):rep(-#head % 16)
    rpmdb.write_ndb(path, { head .. inner, named "last" })
    local bytes = helper.read(path)
    local second = bytes:find("Slot\2\0\0\0", 1, true)
    local function with(slot)
      helper.write(path, bytes:sub(1, second - 1) .. slot .. bytes:sub(second + 16))
      return names()
    end
    local refused = { "var/lib/rpm/Packages.db: two packages are in one place" }
    local within = 256 + 1 + #head // 16
    local list, notes = with(string.pack("<c4I4I4I4", "Slot", 2, within, #inner // 16))
    assert.equal("outer", list)
    assert.same(refused, notes)
    list, notes = with(string.pack("<c4I4I4I4", "Slot", 2, 2, 2))
    assert.equal("outer", list)
    assert.same(refused, notes)
    rpmdb.write_ndb(path, { named "one", named "two" })
    bytes = helper.read(path)
    list, notes = with(bytes:sub(33, 48))
    assert.equal("one", list)
    assert.same(refused, notes)
  end)

  it("are sought in a bounded time, however large a database is", function()
    local path = place .. "/Packages"
    helper.write(path, ("\0"):rep(12)
      .. string.pack("<I4I4I4BBBBI4I4", 0x61561, 9, 512, 0, 8, 0, 0, 0, 0xFFFFFFFF))
    helper.sh("truncate -s 512M " .. path)
    local seconds, _, notes = cost()
    assert.is_true(seconds < 10)
    assert.same({ "var/lib/rpm/Packages: it ends before what it says is in it" }, notes)
    helper.sh("truncate -s 1T " .. path)
    _, notes = names()
    assert.matches("more than", notes[1])
  end)

  local function change_at_random(path, bytes)
    local changed = bytes
    for _ = 1, math.random(5) do
      local at = math.random(#bytes) - 1
      local with = string.pack("<I4", ({ 0, 1, 2, 7, 13, 256, 0xFFFF, 0xFFFFFFFF,
        math.random(0, 0xFFFFFFFF) })[math.random(9)]):sub(1, math.random(4))
      changed = (changed:sub(1, at) .. with .. changed:sub(at + #with + 1)):sub(1, #bytes)
    end
    if math.random(10) == 1 then changed = changed:sub(1, math.random(#bytes)) end
    helper.write(path, changed)
  end

  it("are listed or noted, whatever is changed in their databases", function()
    if not real then return pending "rpm or db5.3-util isn't installed" end
    math.randomseed(tonumber(os.getenv "TEST_SEED") or 42)
    local blobs = { full, named("long", { 1014, 6, ("x"):rep(9000) }), named "c", named "d" }
    rpmdb.write_sqlite(place .. "/rpmdb.sqlite", rpmdb.plain, blobs)
    rpmdb.write_ndb(place .. "/Packages.db", blobs)
    rpmdb.write_bdb(place .. "/Packages", blobs, "<", "-c db_pagesize=512")
    for _, name in ipairs { "rpmdb.sqlite", "Packages.db", "Packages" } do
      local path, whole = place .. "/" .. name, 0
      local bytes = helper.read(path)
      for _ = 1, rounds do
        change_at_random(path, bytes)
        local began = os.clock()
        local found = read()
        assert.is_true(#found.packages <= #blobs and os.clock() - began < 1)
        if #found.packages == #blobs then whole = whole + 1 end
        assert.is_true(#found.notes > 0 or #found.packages > 0, name)
      end
      assert.is_true(whole > 0 and whole < rounds, whole .. " were whole")
      os.remove(path)
    end
  end)
end)
