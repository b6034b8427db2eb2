local build_cache = require "lamina.image.build_cache"
local descriptor = require "lamina.image.descriptor"
local failure = require "lamina.util.failure"
local json = require "lamina.core.json"
local manifest = require "lamina.image.manifest"
local media_type = require "lamina.image.media_type"
local platform = require "lamina.image.platform"

local function digest_of(letter) return "sha256:" .. letter:rep(64) end

local function record(more)
  local one = { keys = json.array { digest_of "1", digest_of "2" }, kind = "run",
    diff_id = digest_of "a", created = 1700000000, label = 'run "make"' }
  for key, value in pairs(more or {}) do one[key] = value end
  return one
end

local layer = descriptor.new(media_type.layer_gzip, digest_of "b", 10)

--- Reads a manifest with this configuration; answers what it holds, or nil and the failure.
local function read(text, layers)
  local bytes = build_cache.manifest(descriptor.new(build_cache.media_type, digest_of "c", #text),
    layers or { layer })
  local ok, result = pcall(build_cache.read, manifest.parse(bytes),
    { bytes = function() return text end }, { platform.host() }, "it")
  if ok then return result end
  assert.is_true(failure.is(result), tostring(result))
  return nil, result.message
end

describe("lamina.image.build_cache", function()
  it("finds a record by each of its keys, and its layer by its diff ID", function()
    local diff_ids, kept = build_cache.choose { record() }
    local known = read(build_cache.encode(diff_ids, kept))
    assert.equal("run", known.records[digest_of "2"].kind)
    assert.equal(known.records[digest_of "1"], known.records[digest_of "2"])
    assert.same({ [digest_of "a"] = layer }, known.layers)
  end)

  it("chooses each layer once, and records whose layers a manifest has room for", function()
    local records = { record(), record { kind = "copy" } }
    for i = 1, manifest.most_layers do
      records[#records + 1] = record { diff_id = ("sha256:%064x"):format(i) }
    end
    local diff_ids, kept = build_cache.choose(records)
    assert.equal(manifest.most_layers, #diff_ids)
    assert.equal(manifest.most_layers + 1, #kept)
  end)

  it("annotates an image with the records of its own layers, beside what it has", function()
    local other = record { diff_id = digest_of "f" }
    local had = { a = "b" }
    local annotations = build_cache.annotate(had, { record(), other }, { digest_of "a" })
    assert.same({ a = "b" }, had)
    assert.equal("b", annotations.a)
    local records = json.decode(annotations[build_cache.annotation]).records
    assert.same({ digest_of "a" }, { records[1].diff_id, records[2] })
  end)

  it("names OCI's media types only", function()
    local of = descriptor.new(media_type.docker_layer_gzip, digest_of "b", 10)
    local document = manifest.parse(build_cache.manifest(layer, { of }))
    assert.equal(media_type.layer_gzip, document.layers[1].mediaType)
  end)

  it("believes nothing that isn't a record of one of its layers", function()
    local function document(records, diff_ids)
      return json.encode { version = 1, diff_ids = json.array(diff_ids or { digest_of "a" }),
        records = json.array(records) }
    end
    for name, text in pairs {
      ["no JSON"] = "x", ["a list"] = "[]", ["another version"] = '{"version":2}',
      ["no records"] = '{"version":1,"diff_ids":["' .. digest_of "a" .. '"]}',
      ["too few diff IDs"] = document({}, {}), ["no diff ID"] = document({}, { "../x" }),
      ["another layer"] = document { record { diff_id = digest_of "f" } },
      ["no diff ID in a record"] = document { record { diff_id = 1 } },
      ["no key"] = document { record { keys = json.array { "previous:1" } } },
      ["no list of keys"] = document { record { keys = digest_of "1" } },
      ["no kind"] = document { record { kind = 1 } },
      ["no label"] = document { record { label = {} } },
      ["no whole second"] = document { record { created = 1.5 } },
      ["a time before 1970"] = document { record { created = -1 } },
      ["a time that has no text"] = document { record { created = math.maxinteger } },
    } do
      local known, why = read(text)
      assert.is_nil(known, name)
      assert.is_string(why, name)
    end
  end)

  it("refuses layers that aren't some, and manifests of something else", function()
    local text = json.encode { version = 1, diff_ids = { digest_of "a" }, records = json.array {} }
    local _, why = read(text, { descriptor.new("text/plain", digest_of "b", 1) })
    assert.equal("it: layer 1: unknown media type 'text/plain'", why)
    local other = manifest.parse(manifest.encode { layers = {},
      config = descriptor.new("text/plain", digest_of "c", 1) })
    local ok, err = pcall(build_cache.read, other, {}, { platform.host() }, "it")
    assert.same({ false, "it: it is no cache of lamina's, and has none in it" },
      { ok, err.message })
  end)
end)
