--- RPM's databases: real packages in SQLite by rpm itself, and the same headers in Berkeley DB by
-- db5.3_load and in ndb, which Debian's rpm is built without.
--
--   local rpmdb = require "support.rpmdb"
local database = require "lamina.core.database"
local helper = require "support.helper"

local rpmdb = {}

--- A header with { { tag, type, value }, … }: strings, or numbers of 32 bits (type 4).
function rpmdb.header(fields)
  local index, data = {}, ""
  for i, field in ipairs(fields) do
    index[i] = string.pack(">I4I4I4I4", field[1], field[2], #data, 1)
    data = data .. (field[2] == 4 and string.pack(">I4", field[3]) or field[3] .. "\0")
  end
  return string.pack(">I4I4", #fields, #data) .. table.concat(index) .. data
end

rpmdb.plain = [[create table 'Packages'
  (hnum integer primary key autoincrement, blob blob not null)]]

--- Makes an SQLite database: the statements, then the blobs into Packages.
function rpmdb.write_sqlite(path, sql, blobs)
  local db <close> = assert(database.open(path))
  assert(db:exec(sql))
  for _, blob in ipairs(blobs or {}) do
    assert(db:run("insert into Packages (blob) values (cast(? as blob))", blob))
  end
  assert(db:exec "pragma journal_mode = delete")
end

--- Writes an SQLite database anew with pages of that many bytes.
function rpmdb.rewrite(path, page_size)
  local db <close> = assert(database.open(path))
  assert(db:exec(("pragma journal_mode = delete; pragma page_size = %d; vacuum")
    :format(page_size)))
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

--- Makes a Berkeley DB hash file. order: "<" or ">"; settings: of db_load's -c.
function rpmdb.write_bdb(path, blobs, order, settings)
  local lines = { "VERSION=3", "format=bytevalue", "type=hash", "HEADER=END" }
  for i = 0, #blobs do -- the header 0 is the largest number in use
    lines[#lines + 1] = " " .. hex(string.pack(order .. "I4", i))
    lines[#lines + 1] = " " .. hex(blobs[i] or string.pack(order .. "I4", #blobs))
  end
  lines[#lines + 1] = "DATA=END\n"
  local status, _, err = helper.sh(("db5.3_load -c db_lorder=%d %s %s"):format(
    order == "<" and 1234 or 4321, settings or "", path), table.concat(lines, "\n"))
  assert(status == 0, err)
end

local function adler32(bytes)
  local low, high = 1, 0
  for i = 1, #bytes do
    low = (low + bytes:byte(i)) % 65521
    high = (high + low) % 65521
  end
  return high << 16 | low
end

--- A blob of ndb: whole blocks of 16 bytes.
function rpmdb.blob(index, header)
  local body = string.pack("<c4I4I4I4", "BlbS", index, 1700000000, #header) .. header
  body = body .. ("\0"):rep(-(#body + 12) % 16)
  return body .. string.pack("<I4I4c4", adler32(body), #header, "BlbE")
end

--- Makes an ndb file. The packages have the indices from 1 on; a slot is left free after each.
function rpmdb.write_ndb(path, blobs)
  local pages = (32 + #blobs * 32 + 4095) // 4096
  local slots, bodies, first, free = {}, {}, pages * 256, string.pack("<c4I4I4I4", "Slot", 0, 0, 0)
  for i, header in ipairs(blobs) do
    bodies[i] = rpmdb.blob(i, header)
    slots[#slots + 1] = string.pack("<c4I4I4I4", "Slot", i, first, #bodies[i] // 16)
    slots[#slots + 1] = free
    first = first + #bodies[i] // 16
  end
  while #slots < pages * 256 - 2 do slots[#slots + 1] = free end
  helper.write(path, string.pack("<c4I4I4I4I4I4I4I4", "RpmP", 0, #blobs, pages, #blobs + 1, 0, 0, 0)
    .. table.concat(slots) .. table.concat(bodies))
end

-- Some hundred packages: one has a header of many pages, the last ones fit into a page with others.
local spec = [[
Name: bash
Version: 5.2.15
Release: 1.fc38
Epoch: 2
Summary: a shell
License: GPLv3+
Vendor: Fedora Project
URL: https://www.gnu.org/software/bash
BuildArch: noarch
%description
A shell.
%files
%package doc
Version: 7
Summary: its manual
License: GFDL-1.3-or-later and MIT
%description doc
%{lua: print(("word "):rep(20000))}
%files doc
%{lua: for i = 1, 300 do
  print(("%%package part%d\nSummary: a\n%%description part%d\na\n%%files part%d\n"):format(i, i, i))
end}
]]

--- Whether there are the programs that make databases.
function rpmdb.has_tools()
  return helper.sh "command -v rpmbuild && command -v rpm && command -v db5.3_load" == 0
end

--- Builds packages and writes them into dir/rpmdb.sqlite with rpm.
function rpmdb.install(dir)
  helper.write(dir .. "/bash.spec", spec)
  local status, _, err = helper.sh(([[cd %s && export HOME=$PWD &&
    rpmbuild -bb --define "_topdir $PWD/top" bash.spec &&
    rpm --dbpath $PWD --justdb --nodeps -i top/RPMS/noarch/*.rpm]]):format(dir))
  assert(status == 0, err)
end

--- The headers in dir/rpmdb.sqlite.
function rpmdb.headers(dir)
  local db <close> = assert(database.open(dir .. "/rpmdb.sqlite",
    { readonly = true, immutable = true }))
  local list = {}
  for i, row in ipairs(assert(db:rows "select blob from Packages")) do list[i] = row.blob end
  return list
end

--- What rpm finds in a directory: "name version-release epoch arch source", sorted.
function rpmdb.query(dir)
  local status, out, err = helper.sh(([[LC_ALL=C rpm --dbpath %s -qa --qf \
    '%%{NAME} %%{VERSION}-%%{RELEASE} %%{EPOCHNUM} %%{ARCH} %%{LICENSE}\n' | LC_ALL=C sort]])
    :format(dir))
  assert(status == 0, err)
  return out
end

return rpmdb
