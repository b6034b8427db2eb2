--- Reads a file that a command names; "-" is standard input.
local config = require "lamina.config.config"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"

local input = {}

local function too_large(name, limit, setting)
  failure.raise("invalid-input", ("%s is larger than %d bytes"):format(name, limit),
    { hint = setting and setting .. " of the configuration allows more" })
end

local function read_stdin(limit, setting)
  local text = io.stdin:read(limit + 1) or ""
  if #text > limit then too_large("standard input", limit, setting) end
  return text
end

--- The text of a file, and the name that messages call it by. `setting` is the one that the limit
-- comes from, if any.
function input.read(file, limit, setting)
  if file == "-" then return read_stdin(limit, setting), "<stdin>" end
  local text, err = fs.read(file, { limit = limit })
  if text then return text, file end
  if err.errno == "EFBIG" then too_large(file, limit, setting) end
  failure.raise(err.errno == "ENOENT" and "not-found" or "system", err.message,
    { errno = err.errno })
end

--- What a recipe or Dockerfile may be, in bytes.
function input.recipe_limit()
  return config.get "limits.recipe-size"
end

--- A recipe or Dockerfile.
function input.recipe(file)
  return input.read(file, input.recipe_limit(), "limits.recipe-size")
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
