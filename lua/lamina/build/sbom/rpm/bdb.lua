--- Berkeley DB's hash format, which RPM kept its headers in before 4.16: Packages.
--
-- Source: Berkeley DB 5.3, src/dbinc/db_page.h, and the reader in RPM, lib/backend/bdb_ro.c. The
-- file is pages of one size, whose numbers are in the byte order of the machine that made them:
--
--   every page    8 u32 its number, 16 u32 the next page's, 20 u16 items, 22 u16 bytes of an
--                 overflow page, 25 u8 type; what is in it begins at 26
--   page 0        12 u32 magic number, 16 u32 version, 20 u32 page size, 24 u8 encryption,
--                 26 u8 flags, 32 u32 the last page's number
--   hash page     u16 offset of each item: key, value, key, value … The first ends where the page
--                 does, each other one where the one before it begins
--   item          u8 kind: 1 then its bytes, 3 then 3 bytes, u32 page and u32 length of what is
--                 in a chain of overflow pages
--
-- A key is a header's number; that of 0 has the largest one. Which bucket a page is of doesn't
-- matter where all are read: each page once, and each overflow page for one value.
local failure = require "lamina.util.failure"
local header = require "lamina.build.sbom.rpm.header"

local bdb = {}

local magic, meta_size, page_head = 0x00061561, 512, 26
local hash, unsorted_hash, overflow = 13, 2, 7 -- types of pages
local on_page, off_page = 1, 3 -- kinds of items
local off_page_size = 12
local with_checksums = 1
local counter = "\1\0\0\0\0" -- the item that is the key 0

local function refuse(database, why)
  failure.raise("corrupt", database.path .. ": " .. why)
end

local function order_of(database, meta)
  for _, order in ipairs { "<", ">" } do
    if string.unpack(order .. "I4", meta, 13) == magic then return order end
  end
  refuse(database, "it isn't Berkeley DB's hash format")
end

--- { database =, order =, page_size =, last =, taken = { [page] = true } }
local function start(database)
  local meta = database:at(0, meta_size)
  local order = order_of(database, meta)
  local version, size, encryption, _, flags = string.unpack(order .. "I4I4BBB", meta, 17)
  if version < 8 or version > 10 then refuse(database, "unknown version " .. version) end
  if size < meta_size or size > 65536 or size & (size - 1) ~= 0 then
    refuse(database, "no size of a page: " .. size)
  end
  if encryption ~= 0 or flags & with_checksums ~= 0 then
    refuse(database, "encrypted, or with checksums: RPM makes none such")
  end
  return { database = database, order = order, page_size = size,
    last = string.unpack(order .. "I4", meta, 33), taken = {} }
end

local function page_at(self, number)
  return self.database:at(number * self.page_size, self.page_size)
end

--- What a chain of overflow pages holds; nil where it isn't that much, or has a page of another.
local function chained(self, number, length)
  local parts = {}
  if length > header.largest then return nil end
  while length > 0 do
    if number < 1 or number > self.last or self.taken[number] then return nil end
    self.taken[number] = true
    local page = page_at(self, number)
    local following, _, used, _, kind = string.unpack(self.order .. "I4I2I2BB", page, 17)
    if kind ~= overflow or used > length or used > self.page_size - page_head then return nil end
    parts[#parts + 1] = page:sub(page_head + 1, page_head + used)
    number, length = following, length - used
  end
  return table.concat(parts)
end

--- The bytes of the item in a page from an offset to where another begins.
local function item(self, page, from, to)
  local kind = page:byte(from + 1)
  if kind == on_page then return page:sub(from + 2, to) end
  if kind ~= off_page or to - from ~= off_page_size then return nil end
  return chained(self, string.unpack(self.order .. "I4I4", page, from + 5))
end

local function each_of(self, page, visit)
  local items, to = string.unpack(self.order .. "I2", page, 21), self.page_size
  local first = page_head + 2 * items -- no item begins before
  for i = 1, items - 1, 2 do
    if page_head + 2 * i + 2 > self.page_size then return visit(nil) end
    local key, value = string.unpack(self.order .. "I2I2", page, page_head + 2 * i - 1)
    if not (first <= value and value < key and key < to) then return visit(nil) end
    if page:sub(key + 1, to) ~= counter then visit(item(self, page, value, key)) end
    to = value
  end
end

--- Calls `visit(blob)` for each header, with nil for one that can't be read. Answers whether there
-- is such a file; raises where it isn't in this format, or is cut.
function bdb.each(files, path, visit)
  local database <close> = files:open(path)
  if not database then return false end
  local self = start(database)
  for number = 1, self.last do
    local page = page_at(self, number)
    local kind = page:byte(page_head)
    if kind == hash or kind == unsorted_hash then each_of(self, page, visit) end
  end
  return true
end

return bdb
