--- What is installed in an image: the packages that its package managers' databases name.
--
--   sbom.packages(root, scratch) -> {
--     packages = { { type = "deb", name =, version =, arch =, … } },   sorted
--     distro = { id = "debian", version = "12" },                      os-release(5)
--     notes = { text, … },      why packages may be missing
--   }
--
-- `root` is a descriptor of the image's root, whose files are anybody's: they are read beneath it
-- and up to a size, and what can't be understood is noted. `scratch` is a directory for copies.
local failure = require "lamina.util.failure"
local fs = require "lamina.core.fs"
local text = require "lamina.util.text"

local sbom = {}

local kinds = { "dpkg", "apk", "rpm" }

local limit = 64 << 20 -- bytes of one database; Debian's largest mirrors list less than this
local most = 100000 -- packages
local longest = 1000 -- characters of a field

--- A reader of regular files beneath the root: text, or nil where there is none.
local function reader(root, notes)
  return function(path)
    local bytes, err = fs.read(path, { root = root, limit = limit })
    if not bytes and err.errno ~= "ENOENT" and err.errno ~= "ENOTDIR" then
      notes[#notes + 1] = err.message
    end
    return bytes
  end
end

--- The distribution that the image says it is.
local function distribution(read)
  local said, distro = read "etc/os-release" or read "usr/lib/os-release" or "", {}
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

local function collect(kind, list, root, read, copy, notes)
  local manager, from = require("lamina.build.sbom." .. kind), #list
  local function exists(path) return fs.stat(path, { root = root }) ~= nil end
  local ok, note = pcall(manager.collect, list, root, read, copy, exists)
  if not ok and not failure.is(note) then error(note, 0) end
  if note then notes[#notes + 1] = ok and note or note.message end
  for i = from + 1, #list do
    for key, value in pairs(list[i]) do
      if type(value) == "string" then list[i][key] = text.shorten(text.escape(value), longest) end
    end
    list[i].type = manager.type
  end
end

function sbom.packages(root, scratch)
  local list, notes = {}, {}
  local read = reader(root, notes)
  local function copy(path)
    local bytes = read(path)
    if not bytes then return nil end
    failure.check(fs.write(scratch .. "/database", bytes))
    return scratch .. "/database"
  end
  for _, kind in ipairs(kinds) do collect(kind, list, root, read, copy, notes) end
  if #list > most then
    failure.raise("invalid-input", ("the image lists more than %d packages"):format(most))
  end
  table.sort(list, is_before)
  return { packages = list, distro = distribution(read), notes = notes }
end

return sbom
