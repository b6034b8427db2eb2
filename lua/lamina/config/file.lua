--- One configuration file: whether it is there, and whether it may be believed.
--
--   local settings = file.read("/etc/lamina/config.yaml")
--   settings["build.jobs"]                    -- { value = 4, from = "/etc/lamina/config.yaml:3" }
--   settings["registries.docker.io.mirrors"]
--
-- It says whom to trust and where everything is kept, so nobody but its reader and root may write
-- to it. What reads it is loaded where there is one: most have none.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local file = {}

local longest = 1 << 20

local function refuse(path, why, hint)
  failure.raise("invalid-input", why, { file = path, hint = hint })
end

--- Whoever may write to it decides what lamina does for us.
local function check_owner(path, opened)
  local stat = failure.check(fs.stat("/proc/self/fd/" .. opened:fd()))
  local _, euid = fs.getuid()
  if stat.uid ~= euid and stat.uid ~= 0 then
    refuse(path, ("belongs to somebody else (user %d)"):format(stat.uid),
      "a configuration file has to be yours or root's")
  elseif stat.mode & 18 ~= 0 then -- 022
    refuse(path, ("can be written to by others (mode %o)"):format(stat.mode),
      "chmod go-w " .. require("lamina.util.text").quote(path))
  end
end

--- Its text; nil where there is none.
local function text_of(path)
  local opened <close>, err = fs.open(path, "r", { regular = true })
  if not opened then
    if err.errno == "ENOENT" or err.errno == "ENOTDIR" then return nil end
    failure.raise("system", "configuration: " .. err.message, { errno = err.errno })
  end
  check_owner(path, opened)
  local parts, length = {}, 0
  repeat
    parts[#parts + 1] = failure.check(opened:read(longest))
    length = length + #parts[#parts]
    if length > longest then refuse(path, "is larger than 1 MiB") end
  until parts[#parts] == ""
  return table.concat(parts)
end

--- The settings of a file by name; nil where there is no such file.
function file.read(path)
  local words = text_of(path)
  return words and require("lamina.config.reader").read(path, words)
end

return file
