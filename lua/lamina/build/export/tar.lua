--- -o type=tar: the files of the stage as one flat tar, a root file system.
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local files = require "lamina.build.export.local"
local fs = require "lamina.core.fs"
local layer = require "lamina.core.layer"
local output = require "lamina.archive.output"
local sched = require "lamina.util.sched"

local tar = { options = { dest = "text", ["platform-split"] = "truth" } }

function tar.check(to)
  to.is_stream = not to.dest or to.dest == "-"
  output.check(to.dest, "build")
end

local function pack(dir, root, fd)
  sched.job(layer.pack, dir, { form = "tree", root = root, output = fd, compression = "none" })
end

--- A tree of its own with a folder for each image.
local function gather(what)
  local dir = what.store:temp("tar")
  failure.check(fs.chmod(dir, 493)) -- 0755
  for _, image in ipairs(what.images) do
    local folder = dir .. "/" .. files.folder_of(image)
    failure.check(fs.mkdir(folder))
    failure.check(fs.chmod(folder, 493))
    files.copy(what.store, image, folder, false)
    failure.check(fs.utime(folder, 0))
  end
  return dir
end

function tar.write(what, to)
  if files.is_split(what, to) then
    local dir = gather(what)
    output.to(to.dest, "build", function(fd) pack(dir, nil, fd) end)
    failure.check(fs.remove(dir))
    return
  end
  local layers = what.images[1].layers
  local view <close> = exec.view(what.store, layers)
  local empty = not view and what.store:temp("empty")
  output.to(to.dest, "build", function(fd)
    if view then pack("/", view:fd(), fd) else pack(empty, nil, fd) end
  end)
end

return tar
