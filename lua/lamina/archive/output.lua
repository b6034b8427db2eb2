--- Where an archive is written: standard output, or a file that is there only when it is whole.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local path = require "lamina.util.path"
local terminal = require "lamina.core.terminal"

local output = {}

--- An archive isn't for a terminal.
local function standard(what)
  if terminal.is_terminal(1) then
    failure.raise("usage", what .. ": an archive isn't written to a terminal",
      { hint = "use -o FILE, or a pipe", status = 1 })
  end
  return 1
end

--- Writes beside the final name, and renames when all is on disk.
local function whole(name, write)
  local dir = failure.check(fs.tmpdir(path.dirname(name), ".lamina-"))
  local _dir <close> = setmetatable({}, { __close = function() fs.remove(dir) end })
  local part = dir .. "/part"
  local file <close> = failure.check(fs.open(part, "w"))
  write(file:fd())
  failure.check(fs.fsync(part))
  failure.check(fs.rename(part, name))
end

--- Calls `write(fd)` with the descriptor of what `name` stands for; "-" or nil is standard output.
function output.to(name, what, write)
  if not name or name == "-" then return write(standard(what)) end
  local there = fs.stat(name)
  if not there or there.type == "file" then return whole(name, write) end
  local file <close> = failure.check(fs.open(name, "w"))
  write(file:fd())
end

return output
