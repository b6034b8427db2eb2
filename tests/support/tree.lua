--- A directory in overlay form as text, a line an entry, for comparing with what was expected.
--
--   d/ 755                        l -> target                  h = d/f (the same file)
--   d/f 644 "text" user.a=0x31    p fifo 644                   n char 1:3 644
--   gone whiteout                 o/ 755 opaque
--
-- Owners show where they aren't 0:0 (@1:2), times where they aren't 1500000000 (t=5). Names with
-- bytes that don't print are quoted as Lua quotes them.
local fs = require "lamina.core.fs"

local tree = {}

local usual_time = 1500000000

local function quoted(text)
  if not text:find "[^%w%p]" and not text:find "[\"\\]" then return text end
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("[^\32-\126]", function(c)
    return ("\\%03d"):format(c:byte())
  end) .. '"'
end

--- The xattrs of everything below the directory: path -> sorted list of "name=0xHEX".
local function xattrs_below(dir)
  local found, path = {}, nil
  local pipe <close> = assert(io.popen(
    ("cd '%s' && getfattr -R -P -h -d -m - -e hex . 2>/dev/null"):format(dir)))
  for line in pipe:lines() do
    local name = line:match "^# file: (.*)"
    if name then
      path = name:gsub("\\(%d%d%d)", function(d) return string.char(tonumber(d, 8)) end)
      found[path] = {}
    elseif line ~= "" then
      table.insert(found[path], line)
    end
  end
  return found
end

local function is_mark(xattr) return xattr:match "^%w+%.overlay%.opaque=" end

local function device_text(stat, xattrs)
  for _, xattr in ipairs(xattrs) do
    local hex = xattr:match "^user%.lamina%.device=0x(.*)"
    if hex then
      local text = hex:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)
      local kind, major, minor, mode = text:match "^(.):(%d+):(%d+):%d+:%d+:(%d+)$"
      return ("%s %s:%s %s"):format(kind == "b" and "block" or "char", major, minor, mode)
    end
  end
  if stat.type == "char" or stat.type == "block" then
    local major = stat.rdev >> 8 & 0xfff
    local minor = stat.rdev & 0xff | stat.rdev >> 12 & 0xfff00
    return ("%s %d:%d %o"):format(stat.type, major, minor, stat.mode)
  end
end

local function what(dir, path, stat, xattrs)
  local device = device_text(stat, xattrs)
  if device then return device:match "^char 0:0" and "whiteout" or device end
  if stat.type == "dir" then return ("%o"):format(stat.mode) end
  if stat.type == "link" then return "-> " .. quoted(assert(fs.readlink(dir .. "/" .. path))) end
  if stat.type == "file" then
    local text = stat.size > 100 and "*" .. stat.size or quoted(assert(fs.read(dir .. "/" .. path)))
    return ("%o%s"):format(stat.mode, text == "" and "" or " " .. text)
  end
  return ("%s %o"):format(stat.type, stat.mode)
end

local function extras(stat, xattrs, text)
  if text == "whiteout" then return "" end
  local list = {}
  if stat.uid ~= 0 or stat.gid ~= 0 then list[#list + 1] = ("@%d:%d"):format(stat.uid, stat.gid) end
  if stat.mtime ~= usual_time or stat.mtime_nsec ~= 0 then
    list[#list + 1] = ("t=%d"):format(stat.mtime)
    if stat.mtime_nsec ~= 0 then list[#list] = list[#list] .. "." .. stat.mtime_nsec end
  end
  for _, xattr in ipairs(xattrs) do
    if is_mark(xattr) then
      list[#list + 1] = "opaque"
    elseif not xattr:match "^user%.lamina%.device" then
      list[#list + 1] = (xattr:gsub("^user%.lamina%.xattr%.", "")) -- shown as what it stands for
    end
  end
  return #list > 0 and " " .. table.concat(list, " ") or ""
end

local function describe(dir, path, known, all, lines)
  local stat = assert(fs.stat(dir .. "/" .. path, { follow = false }))
  local key = stat.dev .. ":" .. stat.ino
  local shown = quoted(path) .. (stat.type == "dir" and "/ " or " ")
  local text = what(dir, path, stat, all[path] or {})
  if known[key] and text ~= "whiteout" then
    lines[#lines + 1] = shown .. "= " .. known[key]
    return
  end
  if stat.nlink > 1 and stat.type ~= "dir" then known[key] = quoted(path) end
  lines[#lines + 1] = shown .. text .. extras(stat, all[path] or {}, text)
  if stat.type ~= "dir" then return end
  for _, name in ipairs(assert(fs.list(dir .. "/" .. path))) do
    describe(dir, path .. "/" .. name, known, all, lines)
  end
end

--- The lines, sorted by path within each directory, joined by "; ".
function tree.describe(dir)
  local known, lines, all = {}, {}, xattrs_below(dir)
  for _, name in ipairs(assert(fs.list(dir))) do describe(dir, name, known, all, lines) end
  for _, xattr in ipairs(all["."] or {}) do
    if is_mark(xattr) then table.insert(lines, 1, "/ opaque") end
  end
  return table.concat(lines, "; ")
end

return tree
