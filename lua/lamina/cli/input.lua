--- Reads a file that a command names; "-" is standard input.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local input = {}

local function read_stdin(limit)
  local text = io.stdin:read(limit + 1) or ""
  if #text > limit then
    failure.raise("invalid-input", ("standard input is larger than %d bytes"):format(limit))
  end
  return text
end

--- The text of a file, and the name that messages call it by.
function input.read(file, limit)
  if file == "-" then return read_stdin(limit), "<stdin>" end
  local text, err = fs.read(file, { limit = limit })
  if text then return text, file end
  if err.errno == "EFBIG" then
    failure.raise("invalid-input", ("%s is larger than %d bytes"):format(file, limit))
  end
  failure.raise(err.errno == "ENOENT" and "not-found" or "system", err.message,
    { errno = err.errno })
end

--- The first of some files in a folder that exists; the first name when none does.
function input.first(folder, names)
  for _, name in ipairs(names) do
    local path = folder == "." and name or folder .. "/" .. name
    if fs.stat(path) then return path end
  end
  return folder == "." and names[1] or folder .. "/" .. names[1]
end

return input
