--- What a build says of its images (image/attestation.lua): how they were made, what is in them.
local attestation = require "lamina.image.attestation"
local exec = require "lamina.exec.exec"
local failure = require "lamina.util.failure"
local provenance = require "lamina.build.provenance"
local sbom = require "lamina.build.sbom"
local spdx = require "lamina.build.sbom.spdx"
local version = require "lamina.util.version"

local attest = {}

-- The outputs in which something can be said of an image.
local carriers = { oci = true, registry = true, store = true }

--- Raises where no output would have what is asked for.
function attest.check(options)
  for _, output in ipairs(options.outputs) do
    if carriers[output.type] then return end
  end
  failure.raise("usage", "attestations need an output that has them",
    { hint = "-o type=store, type=registry or type=oci" })
end

local function list_of_packages(store, image)
  local view <close> = exec.view(store, image.layers)
  if not view then return { packages = {}, distro = {}, notes = {} } end
  return sbom.packages(view:fd())
end

--- What may be missing is said at once, and in the document itself.
local function document(store, image, bus)
  local found = list_of_packages(store, image)
  for _, note in ipairs(found.notes) do
    bus:emit("step.note", { id = "sbom", label = "sbom", message = note })
  end
  return spdx.document { packages = found.packages, distro = found.distro, id = image.id,
    created = image.created, tool = "lamina-" .. version,
    comment = #found.notes > 0 and table.concat(found.notes, "; ") or nil }
end

--- The subject until there is a manifest: what was made here follows it.
local nothing = "sha256:" .. ("0"):rep(64)

--- Gives the images of a solved graph what is to be said of them.
function attest.images(store, graph, images, options)
  for i, part in ipairs(graph.parts) do
    local predicates = {}
    if options.provenance then
      predicates[1] = { type = provenance.predicate_type,
        predicate = provenance.predicate(part, options, options.provenance) }
    end
    if options.sbom then
      predicates[#predicates + 1] = { type = spdx.predicate_type,
        predicate = document(store, images[i], options.bus) }
    end
    images[i].attestations = { attestation.make(predicates, nothing) }
  end
end

return attest
