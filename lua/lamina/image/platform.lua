--- Platforms: operating system, architecture, variant, normalised as containerd does
-- (SEMANTICS 91): x86_64 is amd64, aarch64 is arm64, arm is v7, arm64's v8 goes without saying.
local check = require "lamina.util.check"
local failure = require "lamina.util.failure"

local platform = {}

local other_names = {
  x86_64 = { "amd64" }, ["x86-64"] = { "amd64" }, aarch64 = { "arm64" }, armhf = { "arm", "v7" },
  armel = { "arm", "v6" }, armv7l = { "arm", "v7" }, armv6l = { "arm", "v6" },
  armv8l = { "arm", "v7" }, i386 = { "386" }, i486 = { "386" }, i586 = { "386" }, i686 = { "386" },
  x86 = { "386" }, loongarch64 = { "loong64" },
}

local architectures = { "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le",
  "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm" }
local systems = { "darwin", "freebsd", "linux", "netbsd", "openbsd", "wasi", "windows" }

local function has(list, word)
  for _, one in ipairs(list) do
    if one == word then return true end
  end
  return false
end

-- The variant that goes without saying.
local plain_variants = { arm64 = "v8", amd64 = "v1" }

local function normalise(os, architecture, variant)
  local known = other_names[architecture]
  if known then architecture, variant = known[1], variant or known[2] end
  if variant and variant:match("^%d+$") then variant = "v" .. variant end
  if architecture == "arm" and (variant or "") == "" then variant = "v7" end
  if variant == "" or variant == plain_variants[architecture] then variant = nil end
  return { os = os == "macos" and "darwin" or os, architecture = architecture, variant = variant }
end

local function refuse(text, hint)
  failure.raise("usage", ("invalid platform '%s'"):format(text),
    { hint = hint or "a platform looks like linux/amd64 or linux/arm64/v8" })
end

--- One word is an architecture, or a system on this machine's.
local function from_word(text, word)
  if has(systems, word) then return normalise(word, platform.host().architecture) end
  if has(architectures, word) or other_names[word] then return normalise("linux", word) end
  local near = check.suggest(word, architectures)
  refuse(text, near and ("did you mean '%s'?"):format(near))
end

--- Reads "linux/arm64/v8", "linux/amd64" or "arm64"; raises a failure "usage".
function platform.parse(text)
  local parts = {}
  for part in (text:lower() .. "/"):gmatch("(.-)/") do
    if not part:match("^[%w_][%w._-]*$") then refuse(text) end
    parts[#parts + 1] = part
  end
  if #parts == 1 then return from_word(text, parts[1]) end
  if #parts > 3 then refuse(text) end
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

--- How far a variant is below the one wanted: 0 the same, nil when it doesn't run there.
local function distance(wanted, variant)
  if wanted == variant then return 0 end
  local most, has_level = (wanted or "v1"):match("^v(%d+)$"), (variant or "v1"):match("^v(%d+)$")
  if not most or not has_level then return nil end
  local far = math.tointeger(tonumber(most)) - math.tointeger(tonumber(has_level))
  return far >= 0 and far or nil
end

-- Where a variant counts up, a machine runs what is made for the ones below its own.
local counted = { arm = true, amd64 = true, arm64 = true }

--- How well an image for `given` serves where `wanted` is asked for: 0 is best, nil not at all.
local function rank(wanted, given)
  local a = normalise(wanted.os, wanted.architecture, wanted.variant)
  local b = normalise(given.os, given.architecture, given.variant)
  if a.os ~= b.os or a.architecture ~= b.architecture then return nil end
  if a.architecture == "arm64" then a.variant, b.variant = a.variant or "v8", b.variant or "v8" end
  if counted[a.architecture] then return distance(a.variant, b.variant) end
  return (a.variant == nil or b.variant == nil or a.variant == b.variant) and 0 or nil
end

--- Whether an image for `given` serves where `wanted` is asked for.
function platform.matches(wanted, given)
  return rank(wanted, given) ~= nil
end

--- The index of the best of a list of platforms (the first of equals), nil if none serves.
function platform.best(wanted, list)
  local best, best_rank
  for i, given in ipairs(list) do
    local here = rank(wanted, given)
    if here and (not best_rank or here < best_rank) then best, best_rank = i, here end
  end
  return best
end

return platform
