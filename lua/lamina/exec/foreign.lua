--- Programs for other machines: whether this one runs them, by itself or through an interpreter
-- that the kernel knows (binfmt_misc, most often qemu-user).
--
-- A handler without the flag F is opened anew for each program, in the step's own root, where the
-- interpreter isn't: it doesn't count.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local platform = require "lamina.image.platform"

local foreign = {}

local folder = "/proc/sys/fs/binfmt_misc"

-- What the head of a program for Linux says: 64 or 32 bits, little or big end first, and which
-- machine (elf(5)).
local machines = {
  amd64 = { 2, 1, 62 }, ["386"] = { 1, 1, 3 }, arm64 = { 2, 1, 183 }, arm = { 1, 1, 40 },
  ppc64le = { 2, 1, 21 }, ppc64 = { 2, 2, 21 }, s390x = { 2, 2, 22 }, riscv64 = { 2, 1, 243 },
  loong64 = { 2, 1, 258 }, mips = { 1, 2, 8 }, mipsle = { 1, 1, 8 }, mips64 = { 2, 2, 8 },
  mips64le = { 2, 1, 8 },
}

-- What a machine's kernel runs beside its own kind.
local natives = { amd64 = { ["386"] = true }, arm64 = { arm = true } }

--- The first bytes of a program.
local function head_of(architecture)
  local class, order, machine = table.unpack(machines[architecture])
  local pack = (order == 1 and "<" or ">") .. "I2I2I4"
  return "\127ELF" .. string.char(class, order, 1, 0) .. ("\0"):rep(8) .. pack:pack(2, machine, 1)
end

local function bytes(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

--- Whether a handler, as its file in binfmt_misc tells, takes a program that begins with `head`.
local function takes(text, head)
  local offset, magic = text:match("\noffset (%d+)"), text:match("\nmagic (%x+)")
  if not text:find("^enabled\n") or not magic then return false end
  magic = bytes(magic)
  local mask = text:match("\nmask (%x+)")
  mask = mask and bytes(mask) or ("\255"):rep(#magic)
  local part = head:sub(tonumber(offset) + 1)
  for i = 1, math.min(#magic, #part) do
    if (part:byte(i) ~ magic:byte(i)) & mask:byte(i) ~= 0 then return false end
  end
  return #part > 0
end

--- The interpreter for an architecture: its path, whether it stays open (F).
local function interpreter(head)
  local found
  for _, name in ipairs(fs.list(folder) or {}) do
    local text = name ~= "register" and name ~= "status" and fs.read(folder .. "/" .. name)
    if text and takes(text, head) then
      local path, stays = text:match("\ninterpreter ([^\n]+)"), text:find("\nflags: %a*F")
      if stays then return path, true end
      found = path
    end
  end
  return found, false
end

local install = "install qemu-user-static, which registers itself with binfmt_misc"

--- Why programs for a platform can't run here: a message and a hint; nil when they can, or when
-- nothing can be told.
function foreign.problem(wanted)
  local host = platform.host()
  if wanted.os ~= host.os then
    return ("programs for %s don't run on %s"):format(platform.format(wanted), host.os)
  end
  local architecture = wanted.architecture
  if architecture == host.architecture or (natives[host.architecture] or {})[architecture]
    or not machines[architecture] then return nil end
  if not fs.stat(folder .. "/status") then
    return ("this machine runs no programs for %s"):format(platform.format(wanted)), install
      .. "; binfmt_misc isn't mounted on " .. folder
  end
  local path, stays = interpreter(head_of(architecture))
  if path and stays then return nil end
  if path then
    return ("programs for %s need %s, which isn't there in a stage"):format(
      platform.format(wanted), path), "register it in binfmt_misc with the flag F"
  end
  return ("this machine runs no programs for %s"):format(platform.format(wanted)), install
end

--- Raises where a command for a platform can't run here.
function foreign.check(wanted)
  local message, hint = foreign.problem(wanted)
  if message then failure.raise("unsupported", message, { hint = hint }) end
end

return foreign
