--- How an image was made, as SLSA 1.0 provenance (slsa.dev/spec/v1.0/provenance): what was asked
-- for, the plan, and the digests of what came from elsewhere.
--
-- Nothing in it depends on the clock: the same build says the same. With the mode "min" the values
-- of build arguments, the plan and the files of contexts stay out, as with BuildKit: only digests
-- of them are there. Secrets have no value in a plan.
local digest = require "lamina.core.digest"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local platform = require "lamina.image.platform"
local plan_encoding = require "lamina.plan.plan"
local reference = require "lamina.image.reference"
local version = require "lamina.util.version"

local provenance = {}

provenance.predicate_type = "https://slsa.dev/provenance/v1"

local build_type = "urn:lamina:build:1"

local function percent(text)
  return (text:gsub("[^%w._~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

--- A base image as a package URL.
local function image_uri(name, of)
  local ref = reference.parse(name)
  local tag = ref.tag and "@" .. ref.tag or ""
  return ("pkg:docker/%s%s?platform=%s"):format(
    reference.familiar { domain = ref.domain, path = ref.path }, tag, percent(of))
end

--- Base images: the digests of their manifests. Those of other platforms' parts are theirs.
local function add_images(list, part, options)
  local wanted = { [platform.format(part.state.platform)] = true,
    [platform.format(platform.host())] = true }
  for key, image in pairs(options.images) do
    local name, of = key:match("^(%S+) (%S+)$")
    if name and wanted[of] then
      list[#list + 1] = { uri = image_uri(name, of), digest = { sha256 = image.manifest:sub(8) } }
    end
  end
end

--- Files by URL and repositories.
local function add_remotes(list, part)
  for _, one in ipairs(part.remotes.list) do
    local identity = one:identity()
    if identity.git then
      list[#list + 1] = { uri = "git+" .. one.url,
        digest = { [#identity.git == 40 and "sha1" or "sha256"] = identity.git } }
    else
      list[#list + 1] = { uri = one.url, digest = { sha256 = identity.http:match("%x+$") } }
    end
  end
end

--- What steps have read of contexts: names, attributes and bytes, as their keys have had them.
local function add_contexts(list, part)
  for _, vertex in ipairs(part.vertices) do
    for _, use in ipairs(vertex.uses) do
      if use.source.is_context then
        list[#list + 1] = { uri = "context:" .. percent(use.source.dir),
          digest = { sha256 = digest.sha256(failure.check(json.encode(use.content))) } }
      end
    end
  end
end

--- Sorted, each once.
local function distinct(list)
  local by_text, texts, sorted = {}, {}, json.array {}
  for _, one in ipairs(list) do by_text[failure.check(json.encode(one))] = one end
  for text in pairs(by_text) do texts[#texts + 1] = text end
  table.sort(texts)
  for i, text in ipairs(texts) do sorted[i] = by_text[text] end
  return sorted
end

local function dependencies(part, options)
  local list = {}
  add_images(list, part, options)
  add_remotes(list, part)
  add_contexts(list, part)
  return distinct(list)
end

local function request(part, options, is_max)
  return { target = part.target.name, platform = platform.format(part.state.platform),
    args = is_max and next(options.args) and options.args or nil }
end

--- The predicate for one platform's part of a solved graph. how: mode ("min", "max"), builder_id.
function provenance.predicate(part, options, how)
  local is_max, plan = how.mode == "max", plan_encoding.encode(part.plan)
  return {
    buildDefinition = {
      buildType = build_type,
      externalParameters = { request = request(part, options, is_max) },
      internalParameters = {
        builderPlatform = platform.format(platform.host()), lamina = version,
        planDigest = { sha256 = digest.sha256(plan) },
        plan = is_max and failure.check(json.decode(plan, { depth = 128 })) or nil,
        sourceDateEpoch = options.epoch,
      },
      resolvedDependencies = dependencies(part, options),
    },
    runDetails = { builder = { id = how.builder_id or "urn:lamina" } },
  }
end

return provenance
