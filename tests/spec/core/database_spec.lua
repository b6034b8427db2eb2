local database = require "lamina.core.database"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local misuse = require "support.misuse"
local watch = require "support.watch"

local function open_descriptors()
  collectgarbage()
  collectgarbage()
  return #fs.list("/proc/self/fd")
end

describe("lamina.core.database", function()
  local db, path

  before_each(function()
    path = helper.tmpdir() .. "/x.db"
    db = assert(database.open(path))
    assert(db:exec "create table t (name text primary key, value); create table u (x)")
  end)

  after_each(function()
    db:close()
    helper.cleanup()
  end)

  local function count() return db:row("select count(*) as n from t").n end

  it("keeps integers, numbers, bytes, booleans and nil", function()
    local values = { math.maxinteger, 1.5, "a\0\xff", "", true, false }
    for i, value in ipairs(values) do
      assert.equal(1, db:run("insert into t values (?, ?)", tostring(i), value))
    end
    assert(db:run("insert into t values ('nil', ?)", nil))
    local got = {}
    for i, row in ipairs(db:rows "select * from t order by name") do got[i] = row.value end
    assert.same({ math.maxinteger, 1.5, "a\0\xff", "", 1, 0 }, got)
    assert.is_nil(db:row("select value from t where name = 'nil'").value)
  end)

  it("answers changed rows and the last row id", function()
    local changed, id = db:run("insert into u values (?)", 1)
    assert.equal(1, changed)
    assert.equal(1, id)
    db:run("insert into u values (?)", 2)
    assert.equal(2, (db:run "update u set x = 3"))
  end)

  it("answers the first row, nil when there is none, and an empty list", function()
    local row, err = db:row "select * from t"
    assert.is_nil(row)
    assert.is_nil(err)
    assert.same({}, db:rows "select * from t")
  end)

  it("never takes a value for SQL", function()
    assert(db:run("insert into t values (?, 1)", "x'); drop table t; --"))
    assert.equal("x'); drop table t; --", db:row("select name from t").name)
  end)

  it("answers nil and an error for what SQLite refuses", function()
    db:run "insert into t values ('a', 1)"
    local done, err = db:run("insert into t values (?, ?)", "a", 2)
    assert.is_nil(done)
    assert.equal("SQLITE_CONSTRAINT", err.errno)
    assert.matches("^database: run: UNIQUE constraint failed: t.name", err.message)
    for _, method in ipairs { "run", "row", "rows", "exec" } do
      done, err = db[method](db, "select x from nowhere")
      assert.is_nil(done)
      assert.matches("no such table: nowhere", err.message)
    end
    assert.equal(1, count())
  end)

  it("raises for misuse at the caller's line", function()
    misuse("1 values for 2 places", db.run, db, "insert into t values (?, ?)", 1)
    misuse("string expected", db.run, db, {})
    misuse("nil, boolean, number or string", db.row, db, "select ?", {})
    misuse("one statement", db.run, db, "select 1; select 2")
    misuse("one statement", db.run, db, "")
    misuse("zero byte", db.exec, db, "select 1\0; drop table t")
    misuse("unknown option", database.open, path, { mode = 1 })
    misuse("lamina.database expected", db.run, {}, "select 1")
    db:close()
    misuse("is closed", db.run, db, "select 1")
  end)

  it("takes a statement with blanks and a semicolon behind it", function()
    assert.equal(1, db:row("select 1 as x;\n ").x)
  end)

  it("commits what a function did, and answers what it answers", function()
    local a, b = db:transaction(function(x)
      db:run("insert into t values ('a', ?)", x)
      return "one", nil
    end, 7)
    assert.equal("one", a)
    assert.is_nil(b)
    assert.equal(7, db:row("select value from t").value)
  end)

  it("rolls back when the function raises, and raises the same", function()
    local failure = {}
    local ok, err = pcall(db.transaction, db, function()
      db:run "insert into t values ('a', 1)"
      error(failure)
    end)
    assert.is_false(ok)
    assert.equal(failure, err)
    assert.equal(0, count())
    assert.is_truthy(db:transaction(function() return true end))
  end)

  it("makes an inner transaction part of the outer one", function()
    pcall(db.transaction, db, function()
      db:transaction(function() db:run "insert into t values ('a', 1)" end)
      assert.equal(1, count())
      error "x"
    end)
    assert.equal(0, count())
  end)

  it("says so when the database is closed inside a transaction", function()
    local ok, err = pcall(db.transaction, db, function() db:close() end)
    assert.is_false(ok)
    assert.matches("closed inside its transaction", err)
    db = assert(database.open(path))
    assert.equal(0, count())
  end)

  it("waits for others no longer than it is told to", function()
    local other <close> = assert(database.open(path, { timeout = 0 }))
    db:transaction(function()
      local done, err = other:transaction(function() error "never called" end)
      assert.is_nil(done)
      assert.equal("SQLITE_BUSY", err.errno)
    end)
    assert.equal(1, (other:run "insert into u values (1)"))
  end)

  it("reads only where that is asked for", function()
    local reader <close> = assert(database.open(path, { readonly = true }))
    local done, err = reader:run "insert into u values (1)"
    assert.is_nil(done)
    assert.equal("EROFS", err.errno)
    assert.same({}, reader:rows "select * from u")
  end)

  it("answers an error for a file that isn't there, or is no database", function()
    local none, err = database.open(path .. ".none", { readonly = true })
    assert.is_nil(none)
    assert.equal("ENOENT", err.errno)
    assert.matches("x%.db%.none", err.message)
    none, err = database.open(helper.write(path .. ".text", ("no database\n"):rep(100)))
    assert.is_nil(none)
    assert.equal("SQLITE_CORRUPT", err.errno)
  end)

  it("refuses a link, yet not in the way to the file", function()
    assert(os.execute(("cd $(dirname %s) && ln -s x.db link && ln -s . folder"):format(path)))
    assert.is_nil(database.open((path:gsub("x%.db$", "link"))))
    local other <close> = assert(database.open((path:gsub("x%.db$", "folder/x.db"))))
    assert.same({}, other:rows "select * from t")
  end)

  it("trusts no schema: no functions in it, no writing into it, no extensions", function()
    assert(db:exec "create view v as select load_extension('x') as y")
    assert.is_nil(db:row "select * from v")
    assert.is_nil(db:row "select load_extension('/tmp/x.so')")
    db:exec "pragma writable_schema = on"
    assert.is_nil(db:run "update sqlite_master set sql = 'x'")
  end)

  it("holds foreign keys and writes ahead", function()
    assert.equal(1, db:row("pragma foreign_keys").foreign_keys)
    assert.equal("wal", db:row("pragma journal_mode").journal_mode)
  end)

  it("closes twice, with the block, and by the collector, and leaves no descriptor", function()
    db:close() -- while one is open, SQLite keeps the descriptors of others to the same file
    local before = open_descriptors()
    do
      local other <close> = assert(database.open(path))
      other:row "select 1"
      other:close()
    end
    for _ = 1, 10 do assert(database.open(path)):row "select 1" end
    for _ = 1, 10 do database.open(path .. "/none") end
    assert.equal(before, open_descriptors())
  end)

  it("holds what it needs when the collector never rests", function()
    watch.restless(function()
      for i = 1, 50 do
        db:transaction(function() db:run("insert into t values (?, ?)", "k" .. i, ("v"):rep(i)) end)
      end
      assert.equal(50, #db:rows("select * from t where name like ?1 || '%'", "k"))
    end)
  end)
end)
