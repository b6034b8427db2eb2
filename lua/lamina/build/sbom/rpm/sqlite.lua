--- RPM's format since 4.16, rpmdb.sqlite: a table of headers (RPM, lib/backend/sqlite.c).
local database = require "lamina.core.database"
local failure = require "lamina.util.failure"
local header = require "lamina.build.sbom.rpm.header"

local sqlite = {}

local function refuse(path, why)
  failure.raise("corrupt", path .. ": " .. why)
end

local function rows(db, path, sql, ...)
  local list, err = db:rows(sql, ...)
  return list or refuse(path, err.message)
end

--- The table must be RPM's own: a view, or a computed column, could keep us busy for ever. SQLite
-- is asked what it takes the table for, as the text of its definition may be another's.
local function is_plain(db, path)
  local list = rows(db, path, "pragma main.table_list('Packages')")
  if #list ~= 1 or list[1].type ~= "table" or list[1].wr ~= 0 then return false end
  local columns = rows(db, path, "pragma main.table_xinfo('Packages')")
  return #columns == 2 and columns[1].name == "hnum" and columns[2].name == "blob"
    and columns[1].hidden == 0 and columns[2].hidden == 0
end

-- Lengths are asked for without what they are of: many rows may claim the same pages.
local sizes = [[select _rowid_ as id, case typeof(blob) when 'blob' then length(blob) end as size
  from Packages not indexed limit ?]]

local one = "select blob from Packages where _rowid_ = ?"

--- Calls `visit(blob)` for each header, with nil for one that can't be read. Answers whether there
-- is such a file; raises where it isn't in this format.
function sqlite.each(files, path, visit)
  local copy, left = files:copy(path)
  if not copy then return false end
  local db <close> = failure.check(database.open(copy, { readonly = true, immutable = true }))
  if not is_plain(db, path) then refuse(path, "it isn't as RPM makes it") end
  for _, row in ipairs(rows(db, path, sizes, header.most + 1)) do
    local size = row.size or 0
    left = left - size
    if left < 0 then refuse(path, "two packages are in one place") end
    local found = size > 0 and size <= header.largest and rows(db, path, one, row.id)[1]
    visit(found and found.blob)
  end
  return true
end

return sqlite
