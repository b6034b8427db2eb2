--- What is said of an image and goes along with it: in-toto statements in a manifest of their own,
-- beside the image's in one index, as BuildKit has them (docs/attestations/attestation-storage.md).
--
--   local one = attestation.make(statements, "sha256:…")
--     -> { subject =, manifest = bytes, config = bytes, blobs = { bytes, … }, is_own = true }
--
-- The subject is the digest of the image's manifest. That one changes with the compression of its
-- layers; what was made here follows it, what came from elsewhere is only true of the one it names.
local descriptor = require "lamina.image.descriptor"
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"

local attestation = {}

attestation.most = 4 -- of one image; BuildKit makes one
attestation.limit = 32 << 20 -- bytes of one; a list of ten thousand packages has 10 MB

local statement_type = "application/vnd.in-toto+json"
local predicate_name = "in-toto.io/predicate-type"
local subject_name, kind_name = "vnd.docker.reference.digest", "vnd.docker.reference.type"

local function digest_of(bytes)
  return "sha256:" .. digest.sha256(bytes)
end

--- A statement's bytes. They end with the subject, since keys are sorted.
local function statement(predicate_type, predicate, subject)
  return failure.check(json.encode { _type = "https://in-toto.io/Statement/v0.1",
    predicateType = predicate_type, predicate = predicate,
    subject = { { name = "_", digest = { sha256 = descriptor.hex(subject) } } } })
end

local subject_pattern = '("subject":%[{"digest":{"sha256":")%x+("},"name":"_"}%]})$'

--- The manifest of statements { { type =, bytes = } }, and the configuration that it has to have.
local function assemble(statements, subject)
  local layers, diff_ids, blobs = {}, json.array {}, {}
  for i, one in ipairs(statements) do
    blobs[i], diff_ids[i] = one.bytes, digest_of(one.bytes)
    layers[i] = descriptor.new(statement_type, diff_ids[i], #one.bytes)
    layers[i].annotations = { [predicate_name] = one.type }
  end
  local config = failure.check(json.encode { architecture = "unknown", os = "unknown",
    config = {}, rootfs = { type = "layers", diff_ids = diff_ids } })
  return { subject = subject, config = config, blobs = blobs, is_own = true,
    manifest = manifest.encode { layers = layers,
      config = descriptor.new(media_type.config, digest_of(config), #config) } }
end

--- Makes one of predicates { { type = URI, predicate = table } }.
function attestation.make(predicates, subject)
  local statements = {}
  for i, one in ipairs(predicates) do
    statements[i] = { type = one.type, bytes = statement(one.type, one.predicate, subject) }
  end
  return assemble(statements, subject)
end

--- The same about another manifest; nil where it isn't ours to say.
local function about(one, subject)
  if one.subject == subject then return one end
  if not one.is_own then return nil end
  local known, statements = manifest.parse(one.manifest, "attestation"), {}
  for i, bytes in ipairs(one.blobs) do
    statements[i] = { type = known.layers[i].annotations[predicate_name],
      bytes = bytes:gsub(subject_pattern, "%1" .. descriptor.hex(subject) .. "%2") }
  end
  return assemble(statements, subject)
end

--- Those of an image that are true of its manifest `of`, and how many aren't.
function attestation.of_manifest(list, of)
  local fit, left_out = {}, 0
  for _, one in ipairs(list or {}) do
    local same = about(one, of)
    fit[#fit + 1] = same
    if not same then left_out = left_out + 1 end
  end
  return fit, left_out
end

--- The entry of an index for one.
function attestation.entry(one)
  local of = descriptor.new(media_type.manifest, digest_of(one.manifest), #one.manifest)
  of.platform = { os = "unknown", architecture = "unknown" }
  of.annotations = { [subject_name] = one.subject, [kind_name] = "attestation-manifest" }
  return of
end

--- Which manifest an entry of an index is about; nil for what is no attestation.
function attestation.subject_of(of)
  local annotations = of.annotations or {}
  local subject = annotations[subject_name]
  return annotations[kind_name] == "attestation-manifest" and descriptor.is_digest(subject)
    and subject or nil
end

--- The entries of a list that are about a manifest.
function attestation.about(list, subject)
  local found = {}
  for _, of in ipairs(list) do
    if attestation.subject_of(of) == subject then found[#found + 1] = of end
  end
  return found
end

local function refuse(what, format, ...)
  failure.raise("invalid-input", ("%s: %s"):format(what, format:format(...)))
end

--- One as it came.
local function read_one(of, read, what)
  local bytes = read.manifest(of)
  local known, blobs = manifest.parse(bytes, what, of.mediaType), {}
  if known.kind ~= "manifest" then refuse(what, "a manifest expected") end
  local size = known.config.size
  for _, blob in ipairs(known.layers) do size = size + blob.size end
  if size > attestation.limit then
    refuse(what, "%d bytes, over the limit of %d", size, attestation.limit)
  end
  for i, blob in ipairs(known.layers) do blobs[i] = read.blob(blob) end
  return { subject = attestation.subject_of(of), manifest = bytes, blobs = blobs,
    config = read.blob(known.config) }
end

--- Attestations as they came, by their entries; `read.manifest(of)` and `read.blob(of)` answer
-- bytes, verified. Who sends very many isn't believed.
function attestation.read(list, read, what)
  if #list > attestation.most then
    refuse(what, "more than %d attestations of one image", attestation.most)
  end
  local found = {}
  for i, of in ipairs(list) do found[i] = read_one(of, read, what .. ": attestation") end
  return found
end

return attestation
