--- The tables of an SQLite file, which are B-trees of pages (sqlite.org/fileformat2.html).
--
--   btree.open(database) -> tree             raises where it is no such file
--   tree:each(root, take)                    calls take(record) for each row below a page, with nil
--                                            for one that can't be read, until that answers true
--
-- SQLite itself isn't asked: of an image's file nobody knows that its pages are a tree, and where
-- each has hundreds of children that are one and the same it wouldn't come to an end. Here a page
-- is read once, and rows that are longer together than the file are refused.
--
-- All numbers are big-endian. The file: "SQLite format 3\0", 16 u16 page size (1 is 65536), 20 u8
-- bytes at each page's end that aren't used. A page, that of the number 1 after the file's first
-- 100 bytes: 0 u8 type, 3 u16 cells, 8 u32 the last child (of inner pages alone), then u16 offset
-- of each cell. A cell of an inner page begins with u32 child; one of a leaf is the length of the
-- record and the row's number as varints, and the record, of which the rest is in a chain of pages
-- that begin with u32 next page.
local failure = require "lamina.util.failure"
local header = require "lamina.build.sbom.rpm.header"

local btree = {}

local file_head = 100
local inner, leaf = 5, 13 -- types of pages
local inner_head, leaf_head = 12, 8

local Tree = {}
Tree.__index = Tree

local function refuse(self, why)
  failure.raise("corrupt", self.database.path .. ": " .. why)
end

function btree.open(database)
  local self = setmetatable({ database = database, taken = {}, left = database.size }, Tree)
  local magic, size, _, reserved = string.unpack(">c16I2c2B", database:at(0, file_head))
  if magic ~= "SQLite format 3\0" then refuse(self, "it isn't SQLite's format") end
  self.page_size = size == 1 and 65536 or size
  if self.page_size < 512 or self.page_size & (self.page_size - 1) ~= 0 then
    refuse(self, "no size of a page: " .. size)
  end
  self.usable = self.page_size - reserved
  if self.usable < 480 then refuse(self, "no use of a page: " .. self.usable) end
  self.last = database.size // self.page_size
  return self
end

--- Whether there is a page of that number that wasn't asked for yet; it is taken then.
local function take_page(self, number)
  if number < 1 or number > self.last or self.taken[number] then return false end
  self.taken[number] = true
  return true
end

local function page_at(self, number)
  return self.database:at((number - 1) * self.page_size, self.page_size)
end

--- A number of up to nine bytes, and where the next thing begins; nil where the text ends before.
function btree.varint(text, at)
  local value = 0
  for i = 0, 8 do
    local byte = text:byte(at + i)
    if not byte then return nil end
    if i == 8 then return value << 8 | byte, at + 9 end
    value = value << 7 | byte & 0x7F
    if byte < 0x80 then return value, at + i + 1 end
  end
end

--- How many bytes of a record are in its cell, not in a chain.
local function local_size(self, length)
  local most = self.usable - 35
  if length <= most then return length end
  local least = (self.usable - 12) * 32 // 255 - 23
  local size = least + (length - least) % (self.usable - 4)
  return size <= most and size or least
end

--- The record of a leaf's cell; nil where its parts aren't where they should be.
local function record_at(self, page, at)
  local length, after = btree.varint(page, at + 1)
  local _, from = btree.varint(page, after or #page + 1)
  if not from or length < 0 or length > header.largest then return nil end
  self.left = self.left - length
  if self.left < 0 then refuse(self, "two packages are in one place") end
  local here = local_size(self, length)
  local to = from + here - 1 + (here < length and 4 or 0)
  if to > self.usable then return nil end
  local parts, left = { page:sub(from, from + here - 1) }, length - here
  local following = left > 0 and string.unpack(">I4", page, from + here)
  while left > 0 do
    if not take_page(self, following) then return nil end
    local more = page_at(self, following)
    parts[#parts + 1] = more:sub(5, 4 + math.min(left, self.usable - 4))
    following, left = string.unpack(">I4", more), left - #parts[#parts]
  end
  return table.concat(parts)
end

--- Adds the children of an inner page to the pages to be read.
local function descend(self, page, head, offsets, pages)
  local children = { (string.unpack(">I4", page, head + 9)) }
  for i, at in ipairs(offsets) do
    if at + 4 > self.usable then refuse(self, "a cell is beyond its page") end
    children[i + 1] = string.unpack(">I4", page, at + 1)
  end
  for _, child in ipairs(children) do
    if not take_page(self, child) then refuse(self, "its pages are no tree") end
    pages[#pages + 1] = child
  end
end

--- The type of a page, where its head begins, and the offsets of its cells.
local function parse(self, page, number)
  local head, offsets = number == 1 and file_head or 0, {}
  local kind, _, cells = string.unpack(">BI2I2", page, head + 1)
  if kind ~= inner and kind ~= leaf then refuse(self, "a page is of no table") end
  local first = head + (kind == inner and inner_head or leaf_head)
  if first + 2 * cells > self.usable then refuse(self, "a page has more cells than room") end
  for i = 1, cells do offsets[i] = string.unpack(">I2", page, first + 2 * i - 1) end
  return kind, head, offsets
end

function Tree:each(root, take)
  if not take_page(self, root) then refuse(self, "its pages are no tree") end
  local pages = { root }
  while #pages > 0 do
    local number = table.remove(pages)
    local page = page_at(self, number)
    local kind, head, offsets = parse(self, page, number)
    if kind == inner then
      descend(self, page, head, offsets, pages)
    else
      for _, at in ipairs(offsets) do
        if take(record_at(self, page, at)) then return end
      end
    end
  end
end

return btree
