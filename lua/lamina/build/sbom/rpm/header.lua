--- A package's header as RPM's databases have it: an index of tags, and their data (RPM,
-- lib/header.c; what files of packages have before it, the magic number, isn't there).
--
--   header.parse(blob) -> package | nil      nil: it is none
--
-- All numbers are big-endian: u32 entries, u32 bytes of data; for each entry u32 tag, type, offset
-- into the data and count.
local header = {}

header.most = 100000 -- of one database
header.largest = 64 << 20 -- bytes; a package of 100,000 files has a fifth of it

local tags = { [1000] = "name", [1001] = "version", [1002] = "release", [1003] = "epoch",
  [1011] = "supplier", [1014] = "licence", [1020] = "homepage", [1022] = "arch",
  [1044] = "source" }

local int32, text, many, translated = 4, 6, 8, 9
local preamble, entry_size, most_entries = 8, 16, 65535
local longest = 4096 -- bytes of a text that anybody wants to see

--- A value in the data, which ends at the byte `stop`; nil for a type that none of ours has.
local function value_at(blob, kind, at, stop)
  if kind == int32 then
    return at + 3 <= stop and string.unpack(">I4", blob, at) or nil
  elseif kind == text or kind == many or kind == translated then
    return blob:sub(at, math.min(at + longest - 1, stop)):match "^[^\0]*"
  end
end

function header.parse(blob)
  if #blob < preamble then return nil end
  local count, size = string.unpack(">I4I4", blob)
  local data = preamble + count * entry_size
  if count > most_entries or data + size > #blob then return nil end
  local package = {}
  for i = 0, count - 1 do
    local tag, kind, offset = string.unpack(">I4I4I4", blob, preamble + 1 + i * entry_size)
    local name = tags[tag]
    if name and package[name] == nil and offset < size then
      package[name] = value_at(blob, kind, data + offset + 1, data + size)
    end
  end
  return package.name and package.version and package or nil
end

return header
