--- RPM's format since 4.16, rpmdb.sqlite: a table of headers (RPM, lib/backend/sqlite.c).
--
-- A record of SQLite's is the length of its head and the types of its columns as varints, then the
-- columns: 1 to 6 are integers, of 12 and more the even are blobs, the odd are texts. The first
-- table, at page 1, tells of the others: type, name, its table's name, first page, definition.
local btree = require "lamina.build.sbom.rpm.btree"
local failure = require "lamina.util.failure"

local sqlite = {}

local most_tables = 1000 -- and indices, of which RPM has about fifty

-- Bytes of a column by its type; 0 is nil, 8 and 9 are the numbers 0 and 1.
local sizes = { [0] = 0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0 }

--- The integers and strings of a record's columns from `first` to `last`; nothing of one that has
-- none of these, or lacks them.
local function columns(record, first, last)
  local head, at = btree.varint(record, 1)
  local from, list = (head or 0) + 1, {}
  for i = 1, last do
    if not at or at > head then return {} end
    local kind
    kind, at = btree.varint(record, at)
    if not kind or kind < 0 then return {} end
    local size = sizes[kind] or (kind - 12) // 2
    if size > #record - from + 1 then return {} end
    if i >= first and kind >= 12 then list[i] = record:sub(from, from + size - 1) end
    if i >= first and kind >= 1 and kind <= 6 then
      list[i] = string.unpack(">i" .. size, record, from)
    end
    from = from + size
  end
  return list
end

--- The first page of the table with the headers.
local function find(tree)
  local root, seen = nil, 0
  tree:each(1, function(record)
    seen = seen + 1
    local kind, name, _, page = table.unpack(columns(record or "", 1, 4), 1, 4)
    if kind == "table" and name == "Packages" and math.type(page) then root = page end
    return root ~= nil or seen > most_tables
  end)
  return root
end

--- Changes that SQLite hasn't taken over stand in a file beside, if rpm was killed.
local function note_log(files, path)
  local log <close> = files:open(path .. "-wal")
  if log and log.size > 0 then
    files:note(path .. "-wal: changes that weren't finished aren't read")
  end
end

--- Calls `visit(blob)` for each header, with nil for one that can't be read. Answers whether there
-- is such a file; raises where it isn't in this format.
function sqlite.each(files, path, visit)
  local database <close> = files:open(path)
  if not database then return false end
  note_log(files, path)
  local tree = btree.open(database)
  local root = find(tree)
  if not root then failure.raise("corrupt", path .. ": it has no table of packages") end
  tree:each(root, function(record)
    local blob = record and columns(record, 2, 2)[2]
    visit(type(blob) == "string" and blob or nil)
  end)
  return true
end

return sqlite
