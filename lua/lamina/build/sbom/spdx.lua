--- A list of packages as an SPDX 2.3 document in JSON.
--
-- The same packages give the same bytes: the order is the list's, the time the caller's, and the
-- namespace is named after the image.
local json = require "lamina.core.json"
local licence = require "lamina.build.sbom.licence"
local text = require "lamina.util.text"

local spdx = {}

spdx.predicate_type = "https://spdx.dev/Document"

--- Percent-encoding as package URLs have it.
local function encode(s)
  return (s:gsub("[^%w.~_:-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

--- A package URL (github.com/package-url/purl-spec).
local function purl(package, distro)
  local more = {}
  local function add(name, value)
    if value and value ~= "" then more[#more + 1] = name .. "=" .. encode(value) end
  end
  add("arch", package.arch)
  add("distro", distro.id and distro.version and distro.id .. "-" .. distro.version)
  add("epoch", package.epoch and package.epoch > 0 and tostring(package.epoch) or nil)
  add("upstream", package.source)
  return ("pkg:%s/%s%s@%s%s"):format(package.type, distro.id and encode(distro.id) .. "/" or "",
    encode(package.name), encode(package.version),
    #more > 0 and "?" .. table.concat(more, "&") or "")
end

local function supplier(who)
  if not who or who == "" then return "NOASSERTION" end
  local name, mail = who:match "^(.-)%s*<([^<>]+)>$"
  if name and name ~= "" then return ("Person: %s (%s)"):format(name, mail) end
  return "Organization: " .. who
end

local function package_of(package, distro, own, used)
  local id = ("SPDXRef-%s-%s-%s"):format(package.type, package.name, package.version)
    :gsub("[^%w.-]", "-")
  used[id] = (used[id] or 0) + 1
  if used[id] > 1 then id = ("%s-%d"):format(id, used[id]) end
  return {
    SPDXID = id, name = package.name, versionInfo = package.version,
    supplier = supplier(package.supplier), downloadLocation = "NOASSERTION",
    filesAnalyzed = false, licenseConcluded = "NOASSERTION",
    licenseDeclared = licence.declared(package.licence, own), copyrightText = "NOASSERTION",
    homepage = package.homepage and package.homepage:match "^https?://%S+$" or nil,
    externalRefs = { { referenceCategory = "PACKAGE-MANAGER", referenceType = "purl",
      referenceLocator = purl(package, distro) } },
  }
end

--- The document as a table. parts: packages, distro (as sbom.packages answers them), id (the
-- image's), created (seconds), tool, comment (what isn't in it, or nil).
function spdx.document(parts)
  local own, used, packages = {}, {}, json.array {}
  local relations = json.array {}
  for i, package in ipairs(parts.packages) do
    packages[i] = package_of(package, parts.distro, own, used)
    relations[i] = { spdxElementId = "SPDXRef-DOCUMENT", relationshipType = "DESCRIBES",
      relatedSpdxElement = packages[i].SPDXID }
  end
  local texts = json.array {}
  table.move(own, 1, #own, 1, texts)
  return {
    spdxVersion = "SPDX-2.3", dataLicense = "CC0-1.0", SPDXID = "SPDXRef-DOCUMENT",
    name = parts.id, documentNamespace = "urn:lamina:sbom:" .. parts.id,
    creationInfo = { created = text.rfc3339(parts.created), creators = { "Tool: " .. parts.tool } },
    comment = parts.comment, packages = packages, relationships = relations,
    hasExtractedLicensingInfos = #texts > 0 and texts or nil,
  }
end

return spdx
