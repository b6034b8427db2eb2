--- RPM's own format, as openSUSE and SLE have it: Packages.db.
--
-- Source: RPM, lib/backend/ndb/rpmpkg.c. All numbers are little-endian u32; a block is 16 bytes:
--
--   file      "RpmP", version 0, generation, pages of 4096 bytes that the slots are in, next index;
--             slots from the byte 32 to the end of these pages, then blobs
--   slot      "Slot", the package's index, its blob's first block (0: a free slot), its blocks
--   blob      "BlbS", index, time, length of the header; the header; zeros; in the last 12 bytes
--             a checksum, the length again, "BlbE"
--
-- A header is read once: two slots of one index, or more blocks than there are, aren't RPM's.
local failure = require "lamina.util.failure"
local header = require "lamina.build.sbom.rpm.header"

local ndb = {}

local block, page_size, file_head, slot_size = 16, 4096, 32, 16
local blob_head, blob_tail = 16, 12

local function refuse(database, why)
  failure.raise("corrupt", database.path .. ": " .. why)
end

--- How many pages of slots there are.
local function slot_pages(database)
  local magic, version, _, pages = string.unpack("<c4I4I4I4", database:at(0, file_head))
  if magic ~= "RpmP" then refuse(database, "it isn't RPM's ndb format") end
  if version ~= 0 then refuse(database, "unknown version " .. version) end
  return pages
end

--- The header in the blob of a slot; nil where it is none.
local function blob_at(database, index, first, blocks)
  local from, size = first * block, blocks * block
  if size < blob_head + blob_tail or from + size > database.size then return nil end
  local magic, own, _, length = string.unpack("<c4I4I4I4", database:at(from, blob_head))
  if magic ~= "BlbS" or own ~= index or length > header.largest then return nil end
  if (blob_head + length + blob_tail + block - 1) // block ~= blocks then return nil end
  local again, mark = string.unpack("<I4c4", database:at(from + size - 8, 8))
  if again ~= length or mark ~= "BlbE" then return nil end
  return database:at(from + blob_head, length)
end

--- Calls `take(index, first block, blocks)` for each slot of a page that is in use.
local function each_slot(database, number, take)
  local page = database:at(number * page_size, page_size)
  for at = number == 0 and file_head + 1 or 1, page_size, slot_size do
    local magic, index, first, blocks = string.unpack("<c4I4I4I4", page, at)
    if magic ~= "Slot" then refuse(database, "a slot is none") end
    if first ~= 0 then take(index, first, blocks) end
  end
end

--- Calls `visit(blob)` for each header, with nil for one that can't be read. Answers whether there
-- is such a file; raises where it isn't in this format, or is cut.
function ndb.each(files, path, visit)
  local database <close> = files:open(path)
  if not database then return false end
  local pages, seen, left = slot_pages(database), {}, database.size // block
  local function take(index, first, blocks)
    left = left - blocks
    if seen[index] or left < 0 or first * block < pages * page_size then
      refuse(database, "two packages are in one place")
    end
    seen[index] = true
    visit(blob_at(database, index, first, blocks))
  end
  for number = 0, pages - 1 do each_slot(database, number, take) end
  return true
end

return ndb
