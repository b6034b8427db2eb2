--- -o type=local: the files of the stage in a directory, as they are.
--
-- Of an ordinary user's they belong to him, and no file has more rights than he gives: devices
-- are left out, and set-id bits. What is in the directory already stays, or is replaced.
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local output = require "lamina.archive.output"
local platform = require "lamina.image.platform"
local sched = require "lamina.util.sched"

local files = { options = { dest = "text", ["platform-split"] = "truth" } }

function files.check(to)
  if not to.dest or to.dest == "-" then
    failure.raise("usage", "output type=local: a directory is needed", { hint = "dest=DIR" })
  end
  output.check_folder(to.dest)
end

--- The folder of one of several platforms, as BuildKit calls it.
function files.folder_of(image)
  return (platform.format(image.platform):gsub("/", "_"))
end

--- Copies an image's whole tree into a directory; answers how many devices were left out.
function files.copy(store, image, dir, is_plain)
  local view <close> = exec.view(store, image.layers)
  if not view then return 0 end
  local to <close> = failure.check(fs.open(dir, "dir"))
  return sched.job(layer.copy, { from = view:fd(), sources = { { path = "", name = "" } },
    to = to:fd(), destination = "/", chown = is_plain and { 0, 0 } or nil,
    powerless = is_plain }).left_out
end

--- A directory that is made for it is open to others as far as its files are.
local function make_folder(dir)
  if fs.stat(dir) then return end
  failure.check(fs.mkdirs(dir, 493)) -- 0755
  failure.check(fs.chmod(dir, 493)) -- our umask is a narrow one
end

--- Whether each platform has a folder of its own: where there are several, or it is asked for.
function files.is_split(what, to)
  if to["platform-split"] ~= nil then return to["platform-split"] end
  return #what.images > 1
end

function files.write(what, to)
  local is_plain, left_out = what.store.home.rootless or false, 0
  for _, image in ipairs(what.images) do
    local dir = to.dest
    if files.is_split(what, to) then dir = dir .. "/" .. files.folder_of(image) end
    make_folder(dir)
    left_out = left_out + files.copy(what.store, image, dir, is_plain)
  end
  return { left_out = left_out }
end

return files
