--- Packages of Fedora, openSUSE and their kin: rpmdb.sqlite, a table of headers as RPM files have
-- them. The older formats (Berkeley DB's Packages, ndb's Packages.db) aren't read.
local database = require "lamina.core.database"
local failure = require "lamina.util.failure"

local rpm = { type = "rpm" }

local files = { "var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite" }
local others = { "var/lib/rpm/Packages", "var/lib/rpm/Packages.db",
  "usr/lib/sysimage/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db" }

local tags = { [1000] = "name", [1001] = "version", [1002] = "release", [1003] = "epoch",
  [1011] = "supplier", [1014] = "licence", [1020] = "homepage", [1022] = "arch",
  [1044] = "source" }

local int32, text, many, translated = 4, 6, 8, 9
local entry_size, most_entries = 16, 65535

--- A tag's value in the data part; nil for a type that none of ours has.
local function value_at(data, kind, offset)
  if kind == int32 then
    return offset + 4 <= #data and string.unpack(">I4", data, offset + 1) or nil
  elseif kind == text or kind == many or kind == translated then
    return data:match("^[^\0]*", offset + 1)
  end
end

--- The tags of a header that we ask for; nil where it is none.
local function parse(blob)
  if #blob < 8 then return nil end
  local count, size = string.unpack(">I4I4", blob)
  if count > most_entries or 8 + count * entry_size + size > #blob then return nil end
  local data, package = blob:sub(9 + count * entry_size), {}
  for i = 0, count - 1 do
    local tag, kind, offset = string.unpack(">I4I4I4", blob, 9 + i * entry_size)
    if tags[tag] and offset < #data then package[tags[tag]] = value_at(data, kind, offset) end
  end
  return package
end

--- Names, versions, licences as the others have them.
local function finished(package)
  if not package or not package.name or not package.version then return nil end
  if package.release then package.version = package.version .. "-" .. package.release end
  package.source = package.source and package.source:match "^(.+)%-[^-]+%-[^-]+%.src%.rpm$" or nil
  return package.name ~= "gpg-pubkey" and package or nil -- a key that was imported, no package
end

--- The table must be rpm's own: a view, or a computed column, could keep us busy for ever.
local function is_plain(db)
  local row, err = db:row "select type, sql from sqlite_master where name = 'Packages'"
  if err then failure.check(nil, err) end
  return row and row.type == "table" and type(row.sql) == "string"
    and row.sql:lower():find "^create table" ~= nil
    and not row.sql:lower():find "%f[%w]as%f[%W]"
end

local function add(list, file, name)
  local db <close> = failure.check(database.open(file, { readonly = true, immutable = true }))
  if not is_plain(db) then return name .. ": it isn't as RPM makes it" end
  for _, row in ipairs(failure.check(db:rows "select blob from Packages order by hnum")) do
    local package = type(row.blob) == "string" and finished(parse(row.blob))
    if package then list[#list + 1] = package end
  end
end

--- `copy(path)` answers the path of a copy outside the root, and `exists(path)` whether there is
-- something. Answers why packages may be missing, where they may.
function rpm.collect(list, _, _, copy, exists)
  for _, name in ipairs(files) do
    local file = copy(name)
    if file then return add(list, file, name) end
  end
  for _, name in ipairs(others) do
    if exists(name) then
      return ("%s: this format of RPM's database isn't read"):format(name)
    end
  end
end

return rpm
