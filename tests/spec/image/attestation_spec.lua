local attestation = require "lamina.image.attestation"
local digest = require "lamina.core.digest"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"

local first, second = "sha256:" .. ("a"):rep(64), "sha256:" .. ("b"):rep(64)

local function of(bytes) return "sha256:" .. digest.sha256(bytes) end

describe("an attestation", function()
  local function make(subject)
    return attestation.make({ { type = "https://spdx.dev/Document", predicate = { a = 1 } },
      { type = "https://slsa.dev/provenance/v1",
        -- what a predicate says last must not be taken for the subject
        predicate = { z = '"subject":[{"digest":{"sha256":"00"},"name":"_"}]}' } } }, subject)
  end

  local function reader(made)
    local known = { [of(made.config)] = made.config, [of(made.manifest)] = made.manifest }
    for _, bytes in ipairs(made.blobs) do known[of(bytes)] = bytes end
    local function read(d) return known[d.digest] end
    return { manifest = read, blob = read }
  end

  it("is a manifest of statements about a manifest", function()
    local one = make(first)
    local document = manifest.parse(one.manifest)
    assert.equal(of(one.config), document.config.digest)
    assert.same({ "application/vnd.in-toto+json", of(one.blobs[1]), #one.blobs[1],
      { ["in-toto.io/predicate-type"] = "https://spdx.dev/Document" } },
      { document.layers[1].mediaType, document.layers[1].digest, document.layers[1].size,
        document.layers[1].annotations })
    local statement = json.decode(one.blobs[1])
    assert.same({ { name = "_", digest = { sha256 = ("a"):rep(64) } } }, statement.subject)
    assert.same({ a = 1 }, statement.predicate)
    assert.equal(document.layers[2].digest, json.decode(one.config).rootfs.diff_ids[2])
  end)

  it("has an entry in the index that says what it is about", function()
    local one = make(first)
    local entry = attestation.entry(one)
    assert.equal(of(one.manifest), entry.digest)
    assert.equal(first, attestation.subject_of(entry))
    assert.same({ os = "unknown", architecture = "unknown" }, entry.platform)
    assert.is_nil(attestation.subject_of { annotations = {
      ["vnd.docker.reference.digest"] = first } })
    assert.is_nil(attestation.subject_of {})
  end)

  it("follows the image where it was made here", function()
    local list, left_out = attestation.of_manifest({ make(first) }, second)
    assert.same({ make(second) }, list)
    assert.equal(0, left_out)
  end)

  it("from elsewhere is only true of what it names", function()
    local made = make(first)
    local came = attestation.read({ attestation.entry(made) }, reader(made), "x")
    assert.same({ came, 0 }, { attestation.of_manifest(came, first) })
    assert.same({ {}, 1 }, { attestation.of_manifest(came, second) })
  end)

  it("isn't read where there are too many, or too much", function()
    local made, list = make(first), {}
    for i = 1, 5 do list[i] = attestation.entry(made) end
    assert.has_error(function() attestation.read(list, reader(made), "x") end)
    local large = json.decode(made.manifest)
    large.layers[1].size = 1 << 40
    local bytes = json.encode(large)
    local entry = attestation.entry(made)
    entry.digest, entry.size = of(bytes), #bytes
    local ok, err = pcall(attestation.read, { entry }, { manifest = function() return bytes end,
      blob = function() error "asked for a blob" end }, "x")
    assert.is_false(ok)
    assert.matches("over the limit", tostring(err.message))
  end)
end)
