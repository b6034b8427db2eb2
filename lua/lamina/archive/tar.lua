--- A tar written entry by entry, for archives of blobs whose sizes are known beforehand.
--
--   local sink = tar.new(fd)
--   sink:file("index.json", bytes)
--   sink:stream("blobs/sha256/…", size, function(fd) … end)   -- writes exactly that many bytes
--   sink:finish()
--
-- Times are 0 and owners root, so that the same images give the same bytes.
local failure = require "lamina.util.failure"
local uv = require "luv"

local tar = {}

local block = 512
local largest_octal = 8 << 30 -- what eleven octal digits can't say any more

local Tar = {}
Tar.__index = Tar

function tar.new(fd)
  return setmetatable({ fd = fd, made = {} }, Tar)
end

function Tar:write(bytes)
  while bytes ~= "" do
    local n, message, name = uv.fs_write(self.fd, bytes, -1)
    if not n then failure.raise("system", "write the archive: " .. message, { errno = name }) end
    bytes = bytes:sub(n + 1)
  end
end

local function padding(size)
  return ("\0"):rep(-size % block)
end

--- A ustar header; names here are short.
local function header(name, size, mode, kind)
  local head = name .. ("\0"):rep(100 - #name)
    .. ("%07o\0%07o\0%07o\0%011o\0%011o\0"):format(mode, 0, 0, size, 0)
  local tail = kind .. ("\0"):rep(100) .. "ustar\00000" .. ("\0"):rep(block - 265)
  local sum = 8 * 32
  for byte in (head .. tail):gmatch(".") do sum = sum + byte:byte() end
  return head .. ("%06o\0 "):format(sum) .. tail
end

--- A PAX record counts its own length.
local function record(key, value)
  local rest = (" %s=%s\n"):format(key, value)
  local length = #rest + #tostring(#rest + 2)
  return length .. rest
end

function Tar:header(name, size, mode, kind)
  if size >= largest_octal then
    local pax = record("size", size)
    self:write(header("pax", #pax, 420, "x") .. pax .. padding(#pax))
    size = 0
  end
  self:write(header(name, size, mode, kind))
end

--- The directories that a name lies in, each once.
function Tar:parents(name)
  for at in name:gmatch("()/") do
    local dir = name:sub(1, at)
    if not self.made[dir] then self:header(dir, 0, 493, "5") end -- 0755
    self.made[dir] = true
  end
end

function Tar:stream(name, size, write)
  self:parents(name)
  self:header(name, size, 420, "0") -- 0644
  write(self.fd)
  self:write(padding(size))
end

function Tar:file(name, bytes)
  self:stream(name, #bytes, function() self:write(bytes) end)
end

function Tar:finish()
  self:write(("\0"):rep(2 * block))
end

return tar
