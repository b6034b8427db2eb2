--- Debian's packages: /var/lib/dpkg/status, and status.d where a tool wrote one file a package
-- (deb822(5), dpkg(1)).
local dpkg = { type = "deb" }

local status, folder = "var/lib/dpkg/status", "var/lib/dpkg/status.d"

--- The fields of a paragraph; what continues a line is left out, as nobody asks for it here.
local function fields_of(paragraph)
  local fields = {}
  for line in paragraph:gmatch "[^\n]+" do
    local name, value = line:match "^([%w-]+):[ \t]*(.*)$"
    -- turned round, so that blanks in a row are looked at once
    if name then fields[name:lower()] = value:reverse():match("^%s*(.*)$"):reverse() end
  end
  return fields
end

--- The source package, and its version where that is another: "gcc-defaults (1.203)".
local function source_of(fields)
  local name, version = (fields.source or ""):match "^(%S+)%s*%(?([^%s()]*)"
  return name and version ~= "" and name .. "@" .. version or name
end

local function package_of(fields)
  return { name = fields.package, version = fields.version, arch = fields.architecture,
    supplier = fields.maintainer, homepage = fields.homepage, source = source_of(fields) }
end

--- Whether it is there: what was removed keeps its paragraph while its settings stay. A file of
-- status.d says nothing of it.
local function is_installed(fields)
  return fields.package and fields.version
    and (not fields.status or fields.status:match " installed$" ~= nil)
end

local function add_all(add, text)
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n+" do
    local fields = fields_of(paragraph)
    if is_installed(fields) then add(package_of(fields)) end
  end
end

function dpkg.collect(files, add)
  local text = files:read(status)
  if text then add_all(add, text) end
  for _, name in ipairs(files:list(folder)) do
    local one = not name:find "%.md5sums$" and files:read(folder .. "/" .. name)
    if one then add_all(add, one) end
  end
end

return dpkg
