--- Where an archive is written: standard output, or a file that is there only when it is whole.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local path = require "lamina.util.path"
local terminal = require "lamina.core.terminal"

local output = {}

-- How a command is told of a file.
local ways = { build = "-o type=KIND,dest=FILE" }

--- An archive isn't for a terminal.
local function check_standard(what)
  if terminal.is_terminal(1) then
    failure.raise("usage", what .. ": an archive isn't written to a terminal",
      { hint = ("use %s, or a pipe"):format(ways[what] or "-o FILE"), status = 1 })
  end
end

--- Raises, before any work is done, where a directory can't be made or isn't one.
function output.check_folder(name)
  local at = name:gsub("(.)/+$", "%1")
  while not fs.stat(at) do at = path.dirname(at) end
  if fs.stat(at).type == "dir" then return end
  failure.raise("invalid-input", ("%s is not a directory"):format(at))
end

--- The same for what `output.to` is going to write.
function output.check(name, what)
  if not name or name == "-" then return check_standard(what) end
  local there, above = fs.stat(name), fs.stat(path.dirname(name))
  if there and there.type == "dir" then
    failure.raise("invalid-input", ("%s is a directory, and an archive is a file"):format(name))
  elseif not above or above.type ~= "dir" then
    failure.raise("not-found", ("%s: there is no directory to write it in"):format(name))
  end
end

--- What `output.to` has to be given instead when a container's namespaces are entered before, which
-- have other mounts than the caller's, and not his working directory; and what must stay open till
-- then: its directory. Checks as `output.check` does.
function output.hold(name, what)
  output.check(name, what)
  if not name or name == "-" then return name end
  local dir = failure.check(fs.open(path.dirname(name), "path"))
  return ("/proc/self/fd/%d/%s"):format(dir:fd(), path.basename(name)), dir
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
  if not name or name == "-" then
    check_standard(what)
    return write(1)
  end
  local there = fs.stat(name)
  if not there or there.type == "file" then return whole(name, write) end
  local file <close> = failure.check(fs.open(name, "w"))
  write(file:fd())
end

return output
