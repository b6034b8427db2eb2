--- Raw tars for the tests: headers are put together byte by byte, so that they can be wrong in
-- any way that a hostile archive is.
--
--   tar.of { { "d/", mode = 493 }, { "d/f", body = "text" }, { "l", link = "d" } }
--
-- An entry is a name, its fields, and bytes behind it; a string in the list is put in as it is.
local tar = {}

local function padded(text) return text .. ("\0"):rep(-#text % 512) end

--- A number as octal digits, base-256 where it doesn't fit, or a string as it is.
local function number(value, width)
  if type(value) == "string" then return value .. ("\0"):rep(width - #value) end
  if value >= 0 and value < 8 ^ (width - 1) then
    return (("%%0%do"):format(width - 1)):format(value) .. "\0"
  end
  local bytes = {}
  for i = width, 1, -1 do
    bytes[i] = string.char(value & 255)
    value = value // 256 -- the sign goes on
  end
  bytes[1] = string.char(bytes[1]:byte() | 128)
  return table.concat(bytes)
end

local magics = { ustar = "ustar\00000", gnu = "ustar  \0", v7 = ("\0"):rep(8) }

local function field(text, width)
  return #text > width and text:sub(1, width) or text .. ("\0"):rep(width - #text)
end

--- One block of 512 bytes. A field `sum` replaces the right checksum.
function tar.head(e)
  local before = field(e[1] or "", 100) .. number(e.mode or 420, 8) .. number(e.uid or 0, 8)
    .. number(e.gid or 0, 8) .. number(e.size or 0, 12) .. number(e.mtime or 1500000000, 12)
  local after = (e.type or "0") .. field(e.link or "", 100) .. magics[e.format or "ustar"]
    .. field(e.uname or "", 32) .. field(e.gname or "", 32) .. number(e.major or 0, 8)
    .. number(e.minor or 0, 8) .. (e.rest or field(e.prefix or "", 155))
  after = field(after, 356)
  local sum = 8 * 32
  for _, part in ipairs { before, after } do
    for i = 1, #part do sum = sum + part:byte(i) end
  end
  return before .. (e.sum or ("%06o\0 "):format(sum)) .. after
end

--- A PAX record, whose length counts itself.
function tar.record(key, value)
  local rest = #key + #value + 3
  local length = rest + #tostring(rest)
  if #tostring(length) > #tostring(rest) then length = rest + #tostring(length) end
  return ("%d %s=%s\n"):format(length, key, value)
end

local function special(type, name, text, format)
  return tar.head { name, type = type, size = #text, format = format } .. padded(text)
end

--- PAX records in front of an entry: a list of { key, value }, or text as it is; "g" for all.
function tar.pax(records, kind)
  if type(records) == "table" then
    local parts = {}
    for i, pair in ipairs(records) do parts[i] = tar.record(pair[1], pair[2]) end
    records = table.concat(parts)
  end
  return special(kind or "x", "PaxHeaders/x", records)
end

--- GNU's long name ("L") or long link target ("K") in front of an entry.
function tar.long(kind, text) return special(kind, "././@LongLink", text .. "\0", "gnu") end

local function type_of(e)
  if e.type then return e.type end
  if e.link then return "2" end
  return e[1]:sub(-1) == "/" and "5" or "0"
end

function tar.entry(e)
  local head = { size = e.body and #e.body or 0 }
  for key, value in pairs(e) do head[key] = value end
  head.type = type_of(e)
  if head.type == "5" and not e.mode then head.mode = 493 end -- 0755
  local front = e.pax and tar.pax(e.pax) or ""
  return front .. tar.head(head) .. padded(e.body or "")
end

tar.eof = ("\0"):rep(1024)

--- A whole archive; `list.eof` is what stands behind it instead of two empty blocks.
function tar.of(list)
  local parts = {}
  for i, e in ipairs(list) do parts[i] = type(e) == "string" and e or tar.entry(e) end
  return table.concat(parts) .. (list.eof or tar.eof)
end

local function text_field(head, from, width)
  return head:sub(from, from + width - 1):match "^%Z*"
end

local function pax_records(body)
  local records, at = {}, 1
  while at <= #body do
    local length, key, from = body:match("^(%d+) ([^=]+)=()", at)
    records[#records + 1] = { key, body:sub(from, at + length - 2) }
    records[key] = records[#records][2]
    at = at + length
  end
  return records
end

--- Takes a well-formed tar of ours apart: its entries in order, each with the name it ends up with,
-- its fields as numbers, the PAX records as a list that also has them by key, head and body.
function tar.list(bytes)
  local entries, pax, at = {}, {}, 1
  while bytes:sub(at, at) ~= "\0" do
    local head = bytes:sub(at, at + 511)
    local function octal(from, width) return tonumber(text_field(head, from, width), 8) end
    local size = tonumber(pax.size or octal(125, 12))
    local body = bytes:sub(at + 512, at + 511 + size)
    local kind = head:sub(157, 157)
    if kind == "x" then
      pax = pax_records(body)
    else
      entries[#entries + 1] = { pax.path or text_field(head, 1, 100), type = kind, head = head,
        body = body, pax = pax, mode = octal(101, 8), uid = tonumber(pax.uid or octal(109, 8)),
        gid = tonumber(pax.gid or octal(117, 8)), mtime = tonumber(pax.mtime or octal(137, 12)),
        link = pax.linkpath or text_field(head, 158, 100) }
      pax = {}
    end
    at = at + 512 + (size + 511) // 512 * 512
  end
  return entries, bytes:sub(at)
end

return tar
