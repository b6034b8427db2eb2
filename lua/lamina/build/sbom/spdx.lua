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

-- The namespaces of package URLs that aren't os-release's ID.
local function namespace_of(distro)
  if distro.id == "rhel" then return "redhat" end
  return distro.id:find "^opensuse" and "opensuse" or distro.id
end

--- A package URL (github.com/package-url/purl-spec). What a scanner looks for beside the package
-- itself is its source, under the name that syft gave to it: upstream.
local function purl(package, distro)
  local more = {}
  local function add(name, value)
    if value and value ~= "" then more[#more + 1] = name .. "=" .. encode(value) end
  end
  add("arch", package.arch)
  add("distro", distro.id and distro.id .. (distro.version and "-" .. distro.version or ""))
  add("epoch", package.epoch and package.epoch > 0 and tostring(package.epoch) or nil)
  add("upstream", package.source)
  return ("pkg:%s/%s%s@%s%s"):format(package.type,
    distro.id and encode(namespace_of(distro)) .. "/" or "",
    encode(package.name), encode(package.version),
    #more > 0 and "?" .. table.concat(more, "&") or "")
end

local function supplier(who)
  if not who or who == "" then return "NOASSERTION" end
  local name, mail = who:match "^(.-)%s*<([^<>]+)>$"
  if name and name ~= "" then return ("Person: %s (%s)"):format(name, mail) end
  return "Organization: " .. who
end

--- A name of its own for a package: several architectures may have one version.
local function id_of(package, used)
  local plain = ("SPDXRef-%s-%s-%s"):format(package.type, package.name, package.version)
    :gsub("[^%w.-]", "-")
  local id = plain
  while used[id] do
    used[plain] = used[plain] + 1
    id = ("%s-%d"):format(plain, used[plain])
  end
  used[id] = 1
  return id
end

--- What nobody asserts anything of but that it is there.
local function thing(id, name, version, purpose)
  return { SPDXID = id, name = name, versionInfo = version, primaryPackagePurpose = purpose,
    supplier = "NOASSERTION", downloadLocation = "NOASSERTION", filesAnalyzed = false,
    licenseConcluded = "NOASSERTION", licenseDeclared = "NOASSERTION",
    copyrightText = "NOASSERTION" }
end

--- The source package in the words that trivy looks for; advisories of Debian's are for these.
local function source_info(package)
  if not package.source then return nil end
  local name, version = package.source:match "^(.+)%-([^-]+%-[^-]+)%.n?o?src%.rpm$"
  if not name then name, version = package.source:match "^([^@]+)@?(.*)$" end
  if not name then return nil end
  return ("built package from: %s %s"):format(name, version ~= "" and version or package.version)
end

local function package_of(package, distro, own, used)
  local epoch = (package.epoch or 0) > 0 and package.epoch .. ":" or ""
  local made = thing(id_of(package, used), package.name, epoch .. package.version)
  made.supplier = supplier(package.supplier)
  made.sourceInfo = source_info(package)
  made.licenseDeclared = licence.declared(package.licence, own)
  made.homepage = package.homepage and package.homepage:match "^https?://%S+$" or nil
  made.externalRefs = { { referenceCategory = "PACKAGE-MANAGER", referenceType = "purl",
    referenceLocator = purl(package, distro) } }
  return made
end

local function relation(from, kind, to)
  return { spdxElementId = from, relationshipType = kind, relatedSpdxElement = to }
end

--- The image and all that is in it: the distribution first, then the packages.
local function elements(parts, own)
  local image = thing("SPDXRef-Image", parts.id, parts.id, "CONTAINER")
  local packages, relations, used = json.array { image }, json.array {}, {}
  relations[1] = relation("SPDXRef-DOCUMENT", "DESCRIBES", image.SPDXID)
  local function add(package)
    packages[#packages + 1] = package
    relations[#relations + 1] = relation(image.SPDXID, "CONTAINS", package.SPDXID)
  end
  local distro = parts.distro
  if distro.id then
    add(thing("SPDXRef-OperatingSystem", distro.id, distro.version, "OPERATING_SYSTEM"))
  end
  for _, package in ipairs(parts.packages) do add(package_of(package, distro, own, used)) end
  return packages, relations
end

--- The document as a table. parts: packages, distro (as sbom.packages answers them), id (the
-- image's), created (seconds), tool, comment (what isn't in it, or nil).
function spdx.document(parts)
  local own = {}
  local packages, relations = elements(parts, own)
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
