local files = require "lamina.build.sbom.files"
local fs = require "lamina.core.fs"
local helper = require "support.helper"
local licence = require "lamina.build.sbom.licence"
local sbom = require "lamina.build.sbom"
local spdx = require "lamina.build.sbom.spdx"

describe("the list of packages", function()
  local root

  before_each(function() root = helper.tmpdir() end)

  teardown(helper.cleanup)

  local function write(path, text)
    helper.sh(("mkdir -p $(dirname %s/%s)"):format(root, path))
    helper.write(root .. "/" .. path, text)
  end

  local function read()
    local dir <close> = assert(fs.open(root, "dir"))
    return sbom.packages(dir:fd())
  end

  local function names(found)
    local list = {}
    for i, one in ipairs(found.packages) do list[i] = one.name .. " " .. one.version end
    return list
  end

  it("is empty where no package manager was at work", function()
    assert.same({ packages = {}, distro = {}, notes = {} }, read())
  end)

  it("takes no longer for lines that were made for it", function()
    local many = 150000
    write("etc/os-release", ("A"):rep(many) .. "\nID=debian\n")
    write("var/lib/dpkg/status", ("Package: a\nVersion: 1 \t\nStatus: x installed\nNote: b%sc\n")
      :format((" "):rep(many)))
    local began = os.clock()
    local found = read()
    assert.is_true(os.clock() - began < 3, "quadratic")
    assert.same({ "a 1" }, names(found))
    assert.equal("debian", found.distro.id)
  end)

  it("has what dpkg says is installed, and nothing that was removed", function()
    write("etc/os-release", 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n')
    write("var/lib/dpkg/status", [[
Package: zlib1g
Status: install ok installed
Maintainer: Mark Brown <broonie@debian.org>
Architecture: amd64
Source: zlib (1:1.2.13)
Version: 1:1.2.13.dfsg-1
Description: compression library
 Version: 9.9 of this line continues another

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: base-files
Status: install ok installed
Architecture: amd64
Version: 12.4+deb12u5
]])
    write("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a\nArchitecture: all\n")
    write("var/lib/dpkg/status.d/tzdata.md5sums", "Package: no\nVersion: 1\n")
    local found = read()
    assert.same({ "base-files 12.4+deb12u5", "tzdata 2024a", "zlib1g 1:1.2.13.dfsg-1" },
      names(found))
    assert.same({ id = "debian", version = "12" }, found.distro)
    assert.same({ type = "deb", name = "zlib1g", version = "1:1.2.13.dfsg-1", arch = "amd64",
      supplier = "Mark Brown <broonie@debian.org>", source = "zlib@1:1.2.13" }, found.packages[3])
  end)

  it("has apk's, once where both places are one", function()
    write("usr/lib/apk/db/installed", "C:Q1x\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\n"
      .. "m:Timo Teras <t@x>\nF:lib\nR:ld.so\n\nP:half\n\nP:busybox\nV:1.36\n")
    helper.sh(("ln -s usr/lib %s/lib"):format(root))
    local found = read()
    assert.same({ "busybox 1.36", "musl 1.2.4-r2" }, names(found))
    assert.equal("MIT", found.packages[2].licence)
  end)

  it("never leaves the root, and takes no FIFO for a file", function()
    write("var/lib/dpkg/.keep", "")
    helper.sh(("ln -s /etc/passwd %s/var/lib/dpkg/status; mkfifo %s/var/lib/dpkg/status.d")
      :format(root, root))
    assert.same({}, names(read()))
    helper.sh(("rm %s/var/lib/dpkg/status; mkfifo %s/var/lib/dpkg/status"):format(root, root))
    assert.equal(1, #read().notes)
  end)

  it("is of a bounded text, however many names that has", function()
    write("many/0", "x")
    helper.sh(("cd %s/many && truncate -s 63M 0 && for i in 1 2 3 4 5; do ln 0 $i; done")
      :format(root))
    local dir <close> = assert(fs.open(root, "dir"))
    local image, read_of = files.new(dir:fd()), {}
    for i = 0, 5 do read_of[#read_of + 1] = image:read("many/" .. i) and i end
    assert.same({ 0, 1, 2, 3 }, read_of)
    assert.equal(2, #image.notes)
  end)

  it("is an SPDX document that says the same for the same", function()
    write("etc/os-release", "ID=debian\nVERSION_ID=12\n")
    write("var/lib/dpkg/status", "Package: g++\nVersion: 4:12.2\nArchitecture: amd64\n"
      .. "Maintainer: Debian GCC <g@x.org>\nSource: gcc\n")
    local found = read()
    local document = spdx.document { packages = found.packages, distro = found.distro,
      id = "sha256:abc", created = 0, tool = "lamina-0" }
    assert.equal("SPDX-2.3", document.spdxVersion)
    assert.equal("urn:lamina:sbom:sha256:abc", document.documentNamespace)
    assert.equal("1970-01-01T00:00:00Z", document.creationInfo.created)
    local image, system, one = table.unpack(document.packages)
    assert.same({ "sha256:abc", "CONTAINER" }, { image.name, image.primaryPackagePurpose })
    assert.same({ "debian", "12", "OPERATING_SYSTEM" },
      { system.name, system.versionInfo, system.primaryPackagePurpose })
    assert.same({ "SPDXRef-deb-g---4-12.2", "Person: Debian GCC (g@x.org)", "NOASSERTION" },
      { one.SPDXID, one.supplier, one.licenseDeclared })
    assert.equal("pkg:deb/debian/g%2B%2B@4:12.2?arch=amd64&distro=debian-12&upstream=gcc",
      one.externalRefs[1].referenceLocator)
  end)

  --- What SPDX 2.3 demands of a document: its fields, names that are used once, and nothing said
  -- of what isn't in it.
  local function validate(document)
    local known = { ["SPDXRef-DOCUMENT"] = document }
    for _, name in ipairs { "spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace" } do
      assert.is_string(document[name], name)
    end
    assert.matches("^%a[%w+.-]*:[^#]+$", document.documentNamespace)
    for _, one in ipairs(document.packages) do
      assert.matches("^SPDXRef%-[%w.-]+$", one.SPDXID)
      assert.is_nil(known[one.SPDXID], one.SPDXID)
      assert.is_truthy(one.name ~= "" and one.downloadLocation == "NOASSERTION")
      known[one.SPDXID] = one
    end
    local has_document
    for _, one in ipairs(document.relationships) do
      assert.is_truthy(known[one.spdxElementId] and known[one.relatedSpdxElement])
      has_document = has_document or one.relationshipType == "DESCRIBES"
    end
    assert.is_true(has_document)
    assert.equal(#document.packages, #document.relationships)
  end

  local function document_of(packages, distro)
    return spdx.document { packages = packages, distro = distro, id = "sha256:abc", created = 0,
      tool = "lamina-0" }
  end

  it("is valid where nothing is installed, and where names are alike", function()
    validate(document_of({}, {}))
    local list = {}
    for i, version in ipairs { "1-2", "1", "1", "1:2", "1", "1-2-2" } do
      list[i] = { type = "deb", name = "a", version = version }
    end
    validate(document_of(list, { id = "debian" }))
  end)

  it("names packages as scanners look for them", function()
    local function locator(package, distro)
      local list = document_of({ package }, distro).packages
      local one = list[#list]
      return one.externalRefs[1].referenceLocator, one.sourceInfo, one.versionInfo
    end
    local bash = { type = "rpm", name = "bash", version = "5.1-2.el9", epoch = 1, arch = "x86_64",
      source = "bash-5.1-2.el9.src.rpm" }
    local url, source, version = locator(bash, { id = "rhel", version = "9.2" })
    assert.equal("pkg:rpm/redhat/bash@5.1-2.el9?arch=x86_64&distro=rhel-9.2&epoch=1"
      .. "&upstream=bash-5.1-2.el9.src.rpm", url)
    assert.same({ "built package from: bash 5.1-2.el9", "1:5.1-2.el9" }, { source, version })
    assert.equal("pkg:rpm/opensuse/a@1?distro=opensuse-tumbleweed",
      (locator({ type = "rpm", name = "a", version = "1" }, { id = "opensuse-tumbleweed" })))
    url, source = locator({ type = "apk", name = "musl-utils", version = "1.2.4-r2",
      arch = "x86_64", source = "musl" }, { id = "alpine", version = "3.18.4" })
    assert.equal("pkg:apk/alpine/musl-utils@1.2.4-r2?arch=x86_64&distro=alpine-3.18.4"
      .. "&upstream=musl", url)
    assert.equal("built package from: musl 1.2.4-r2", source)
    url, source = locator({ type = "deb", name = "g++", version = "4:12.2",
      source = "gcc-defaults@1.203" }, { id = "debian" })
    assert.equal("pkg:deb/debian/g%2B%2B@4:12.2?distro=debian&upstream=gcc-defaults%401.203", url)
    assert.equal("built package from: gcc-defaults 1.203", source)
    assert.equal("pkg:deb/a@1", (locator({ type = "deb", name = "a", version = "1" }, {})))
  end)

  it("names licences as SPDX does, or keeps their text", function()
    local own = {}
    assert.equal("MIT AND (GPL-2.0-only OR Zlib)",
      licence.declared("MIT AND (GPL-2.0-only OR Zlib)", own))
    for _, text in ipairs { "GPLv2+", "MIT AND", "(MIT", "MIT)", "MIT Zlib", "AND" } do
      assert.matches("^LicenseRef%-%d+$", licence.declared(text, own))
    end
    assert.equal(own["GPLv2+"], licence.declared("GPLv2+", own))
    assert.equal("NOASSERTION", licence.declared("", own))
    assert.equal(6, #own)
  end)
end)
