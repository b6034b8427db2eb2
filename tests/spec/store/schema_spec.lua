local database = require "lamina.core.database"
local failure = require "lamina.util.failure"
local helper = require "support.helper"
local schema = require "lamina.store.schema"

describe("lamina.store.schema", function()
  local path
  before_each(function() path = helper.tmpdir() .. "/lamina.db" end)
  after_each(helper.cleanup)

  local function tables(db)
    local names = {}
    for i, row in ipairs(assert(db:rows(
      "select name from sqlite_master where type = 'table' order by name"))) do
      names[i] = row.name
    end
    return table.concat(names, " ")
  end

  local all_tables = "attestations builds cache containers digests images indexes layers leases "
    .. "members names"

  it("makes a new database", function()
    local db <close> = schema.open(path)
    assert.equal(all_tables, tables(db))
    assert.equal(schema.version, assert(db:row "pragma user_version").user_version)
  end)

  it("refuses one of a newer lamina, and leaves it as it is (ST-10)", function()
    schema.open(path):close()
    do
      local db <close> = assert(database.open(path))
      assert(db:exec "pragma user_version = 1000; create table future (x)")
    end
    local before = helper.read(path)
    local ok, err = pcall(schema.open, path)
    assert.is_false(ok)
    assert.is_true(failure.is(err, "unsupported"))
    assert.matches("version 1000 of the store, this one knows", err.message, 1, true)
    assert.equal(before, helper.read(path))
  end)

  it("is made once by many processes at once", function()
    local script = helper.write(helper.tmpdir() .. "/open.lua", ([[
      require("lamina.store.schema").open(%q):close()]]):format(path))
    local line = "lua5.4 " .. helper.quote(script)
    local status, _, err = helper.sh(
      ("for i in 1 2 3 4 5 6 7 8; do (%s || echo failed >&2) & done; wait"):format(line))
    assert.equal("", err)
    assert.equal(0, status)
    local db <close> = schema.open(path)
    assert.equal(all_tables, tables(db))
  end)

  it("calls a file that is no database damaged, and says what helps", function()
    helper.write(path, ("no database"):rep(1000))
    local ok, err = pcall(schema.open, path)
    assert.is_false(ok)
    assert.is_true(failure.is(err, "corrupt"))
    assert.matches("lamina fsck --repair", err.hint, 1, true)
  end)

  it("follows no link", function()
    helper.sh(("ln -s /etc/passwd %s"):format(path))
    assert.is_false((pcall(schema.open, path)))
  end)

  it("reads one that it may not write", function()
    do
      local db <close> = schema.open(path)
      assert(db:run("insert into cache values ('key', null, '{}', 1, 1, 0)"))
    end
    local db <close> = schema.open(path, true)
    assert.equal("key", assert(db:row "select key from cache").key)
    local done, err = db:run("delete from cache")
    assert.is_nil(done)
    assert.equal("EROFS", err.errno)
  end)
end)
