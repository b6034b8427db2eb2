--- -o type=oci: an archive or, with tar=false, a directory that is an OCI image layout.
local compression = require "lamina.image.compression"
local failure = require "lamina.util.failure"
local folder = require "lamina.archive.folder"
local output = require "lamina.archive.output"
local save = require "lamina.archive.save"
local tar = require "lamina.archive.tar"

local oci = { options = { dest = "text", name = "text", compression = "text",
  ["compression-level"] = "text", tar = "truth" } }

local function check_compression(to)
  to.compression, to.level = compression.read(to, function(why, hint)
    failure.raise("usage", ("output type=%s: %s"):format(to.type, why), { hint = hint })
  end)
end

--- What goes for every archive: where it is written, and how its layers are.
function oci.check_archive(to)
  check_compression(to)
  to.is_stream = not to.dest or to.dest == "-"
  output.check(to.dest, "build")
end

function oci.check(to)
  if to.tar ~= false then return oci.check_archive(to) end
  check_compression(to)
  if not to.dest or to.dest == "-" then
    failure.raise("usage", "output type=oci,tar=false: a layout is written to a directory",
      { hint = "dest=DIR names it" })
  end
  folder.check(to.dest)
end

--- Writes the images into an archive of a format that save knows.
function oci.write_as(what, to, format)
  local entry = { names = what.names_of(to), images = what.images }
  local plan <close> = save.plan(what.store, { entry },
    { format = format, compression = to.compression, level = to.level })
  if format == "oci-dir" then
    local sink <close> = folder.new(to.dest)
    plan:write(sink)
  else
    output.to(to.dest, "build", function(fd) plan:write(tar.new(fd)) end)
  end
  local of = plan.manifests[1]
  return { id = what.id or of.digest, is_index = what.id == nil or nil, digest = of.digest,
    size = of.size, media_type = of.mediaType, names = entry.names }
end

function oci.write(what, to)
  return oci.write_as(what, to, to.tar == false and "oci-dir" or "oci")
end

return oci
