--- Platforms: operating system, architecture, variant, normalised as containerd does
-- (SEMANTICS 91): x86_64 is amd64, aarch64 is arm64, arm is v7, arm64's v8 goes without saying.
local failure = require "lamina.util.failure"

local platform = {}

local architectures = {
  x86_64 = { "amd64" }, ["x86-64"] = { "amd64" }, aarch64 = { "arm64" }, armhf = { "arm", "v7" },
  armel = { "arm", "v6" }, i386 = { "386" }, i686 = { "386" }, x86 = { "386" },
}

local function normalise(os, architecture, variant)
  local known = architectures[architecture]
  if known then architecture, variant = known[1], variant or known[2] end
  if architecture == "arm" and not variant then variant = "v7" end
  if architecture == "arm64" and (variant == "v8" or variant == "8") then variant = nil end
  if architecture == "amd64" and variant == "v1" then variant = nil end
  return { os = os, architecture = architecture, variant = variant }
end

--- Reads "linux/arm64/v8", "linux/amd64" or "arm64"; raises a failure "usage".
function platform.parse(text)
  local parts = {}
  for part in text:lower():gmatch("[^/]+") do parts[#parts + 1] = part end
  for _, part in ipairs(parts) do
    if not part:match("^[%w._-]+$") then parts = {} end
  end
  if #parts == 1 then return normalise("linux", parts[1]) end
  if #parts < 2 or #parts > 3 then
    failure.raise("usage", ("invalid platform '%s'"):format(text),
      { hint = "a platform looks like linux/amd64 or linux/arm64/v8" })
  end
  return normalise(parts[1], parts[2], parts[3])
end

function platform.format(of)
  return of.os .. "/" .. of.architecture .. (of.variant and "/" .. of.variant or "")
end

local this

--- This machine's.
function platform.host()
  if not this then
    local uname = require("luv").os_uname()
    this = normalise("linux", uname.machine:lower())
  end
  return this
end

--- Whether an image for `has` serves where `wanted` is asked for.
function platform.matches(wanted, has)
  local a = normalise(wanted.os, wanted.architecture, wanted.variant)
  local b = normalise(has.os, has.architecture, has.variant)
  return a.os == b.os and a.architecture == b.architecture
    and (a.variant == nil or b.variant == nil or a.variant == b.variant)
end

return platform
