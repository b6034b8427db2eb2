--- Packages of Fedora, openSUSE and their kin: RPM's database, which is a set of headers in one of
-- three formats.
local failure = require "lamina.util.failure"
local header = require "lamina.build.sbom.rpm.header"

local rpm = { type = "rpm" }

-- Where several are left from conversions, the first is the one that RPM looks into, too.
local formats = { { file = "rpmdb.sqlite", reader = "sqlite" },
  { file = "Packages.db", reader = "ndb" }, { file = "Packages", reader = "bdb" } }
local folders = { "var/lib/rpm/", "usr/lib/sysimage/rpm/" }

--- The package with its version as people write it.
local function finished(package)
  if package.release then package.version = package.version .. "-" .. package.release end
  return package
end

--- Adds what a database names; answers whether it is there, and why packages may be missing.
local function read(files, format, path, add)
  local reader = require("lamina.build.sbom.rpm." .. format.reader)
  local entries, broken = 0, 0
  local is_there = reader.each(files, path, function(blob)
    local package = blob and header.parse(blob)
    entries, broken = entries + 1, broken + (package and 0 or 1)
    if entries > header.most then
      failure.raise("corrupt", ("%s: more than %d entries"):format(path, header.most))
    end
    local is_key = package and package.name == "gpg-pubkey" -- that was imported: no package
    if package and not is_key then add(finished(package)) end
  end)
  return is_there, broken > 0 and ("%s: entries that can't be read: %d"):format(path, broken) or nil
end

function rpm.collect(files, add)
  for _, format in ipairs(formats) do
    for _, folder in ipairs(folders) do
      local is_there, note = read(files, format, folder .. format.file, add)
      if is_there then return note end
    end
  end
end

return rpm
