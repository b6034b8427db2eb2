--- What is installed in an image: the packages that its package managers' databases name.
--
--   sbom.packages(root) -> {
--     packages = { { type = "deb", name =, version =, … } },           sorted; with nil or
--       release, epoch (a number), arch, supplier, licence, homepage, and source: the package it
--       was built from, as syft calls it (deb: NAME or NAME@VERSION, rpm: the file's name)
--     distro = { id = "debian", version = "12" },                      os-release(5)
--     notes = { text, … },      why packages may be missing
--   }
--
-- `root` is a descriptor of the image's root, whose files are anybody's (sbom/files.lua): what
-- can't be understood is noted.
local failure = require "lamina.util.failure"
local files = require "lamina.build.sbom.files"
local text = require "lamina.util.text"

local sbom = {}

local kinds = { "dpkg", "apk", "rpm" }

local most = 100000 -- packages
local longest = 1000 -- characters of a field

--- The distribution that the image says it is.
local function distribution(image)
  local said = image:read "etc/os-release" or image:read "usr/lib/os-release" or ""
  local distro = {}
  for line in said:gmatch "[^\n]+" do
    local name, value = line:match "^([%u_]+)=(.*)$"
    value = (value or ""):gsub("^[\"']", ""):gsub("[\"']%s*$", "")
    if name == "ID" and value:find "^[%w._-]+$" then distro.id = value end
    if name == "VERSION_ID" and value:find "^[%w._-]+$" then distro.version = value end
  end
  return distro
end

local function is_before(a, b)
  for _, key in ipairs { "type", "name", "version", "arch" } do
    local left, right = a[key] or "", b[key] or ""
    if left ~= right then return left < right end
  end
  return false
end

--- What a reader gives its packages to; the one too many ends it.
local function adder(list, type_of_package)
  return function(package)
    for key, value in pairs(package) do
      if type(value) == "string" then package[key] = text.shorten(text.escape(value), longest) end
    end
    package.type = type_of_package
    list[#list + 1] = package
    if #list > most then
      failure.raise("invalid-input", ("the image lists more than %d packages"):format(most))
    end
  end
end

--- Adds what one package manager's database lists.
local function collect(kind, list, image)
  local manager = require("lamina.build.sbom." .. kind)
  local ok, note = pcall(manager.collect, image, adder(list, manager.type))
  if ok then return image:note(note) end
  if not failure.is(note) or #list > most then error(note, 0) end
  image:note(note.message)
end

function sbom.packages(root)
  local list, image = {}, files.new(root)
  local distro = distribution(image)
  for _, kind in ipairs(kinds) do collect(kind, list, image) end
  table.sort(list, is_before)
  return { packages = list, distro = distro, notes = image.notes }
end

return sbom
